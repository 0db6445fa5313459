/* Metadata.yaml: rest-api.md 4.1. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "common/base/text.h"
#include "nfvo/catalogue/package_internal.h"

/* The reference's classes have more; these are all that it reads. */
static const char *const known_keys[] = {"name",
                                         "vendor",
                                         "provider",
                                         "vim_types",
                                         "vim-types",
                                         "nfvo_version",
                                         "version",
                                         "nfvo-version",
                                         "description",
                                         "requirements",
                                         "tag",
                                         "os-id",
                                         "os-version",
                                         "os-architecture",
                                         "scripts-link",
                                         "image",
                                         "images",
                                         "image-config",
                                         "additional-repos",
                                         "shared"}; /* of older releases, without effect */

struct yaml {
    struct package_reader *r;
    struct package_metadata *m;
    yaml_document_t *doc;
    yaml_node_t *root;
};

static uint32_t line_of(const yaml_node_t *n)
{
    return n ? (uint32_t)n->start_mark.line + 1 : 1;
}

static struct package_fault *fault(struct yaml *y, const yaml_node_t *n, const char *path,
                                   const char *fmt, ...) PRINTF_LIKE(4, 5);
static struct package_fault *fault(struct yaml *y, const yaml_node_t *n, const char *path,
                                   const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(y->r->a, fmt, ap);
    va_end(ap);
    return package_fault(y->r, ERR_INVALID, y->m->file, line_of(n), path, "%s", text);
}

/* --- reading nodes ---------------------------------------------------------------------------- */

static bool is_text(const yaml_node_t *n, const char *text)
{
    return n && n->type == YAML_SCALAR_NODE && strlen(text) == n->data.scalar.length &&
           memcmp(n->data.scalar.value, text, n->data.scalar.length) == 0;
}

static yaml_node_t *get(struct yaml *y, const yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++)
        if (is_text(yaml_document_get_node(y->doc, p->key), key))
            return yaml_document_get_node(y->doc, p->value);
    return NULL;
}

/* "" and ~ are absent. A scalar is taken as it is written: 1.0 is "1.0". */
static const char *scalar(struct yaml *y, const yaml_node_t *n, const char *path)
{
    if (!n)
        return NULL;
    if (n->type != YAML_SCALAR_NODE) {
        fault(y, n, path, "'%s' is not a text", path);
        return NULL;
    }
    const char *text =
        arena_strndup(y->r->a, (const char *)n->data.scalar.value, n->data.scalar.length);
    bool is_plain = n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != n->data.scalar.length) {
        fault(y, n, path, "'%s' holds a character that cannot be kept", path);
        return NULL;
    }
    return !*text || (is_plain && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0)) ? NULL
                                                                                         : text;
}

/* The same, and it has this form. */
static const char *formed(struct yaml *y, const yaml_node_t *n, const char *path,
                          const struct proto_form *form)
{
    char shown[TEXT_SHOWN_SIZE];
    const char *text = scalar(y, n, path), *wrong = text ? form->wrong(text) : NULL;
    if (!wrong)
        return text;
    text_show(text, strlen(text), shown);
    fault(y, n, path, "%s %s", shown, wrong);
    return NULL;
}

static const char *text_of(struct yaml *y, const yaml_node_t *map, const char *key)
{
    return scalar(y, get(y, map, key), key);
}

static void strings(struct yaml *y, const yaml_node_t *n, const char *path, struct proto_strs *ret)
{
    if (!n)
        return;
    if (n->type != YAML_SEQUENCE_NODE) {
        struct package_fault *f = fault(y, n, path, "'%s' is not a list", path);
        package_hint(y->r, f, "write:  %s:\\n  - one\\n  - another", path);
        return;
    }
    for (const yaml_node_item_t *i = n->data.sequence.items.start;
         i < n->data.sequence.items.top && ret->n < PACKAGE_ENTRIES_MAX; i++) {
        const char *text = scalar(y, yaml_document_get_node(y->doc, *i), path);
        if (text)
            proto_list_add(ret, text, y->r->a);
    }
}

/* One of two spellings. The reference has one message for both and none; people need to know which.
 */
static yaml_node_t *one_of(struct yaml *y, const char *a, const char *b, const char *example)
{
    yaml_node_t *first = get(y, y->root, a), *second = get(y, y->root, b);
    if (first && second) {
        uint32_t line = line_of(first), other = line_of(second);
        struct package_fault *f =
            fault(y, line > other ? first : second, line > other ? a : b,
                  "'%s' and '%s' are both there (lines %u and %u), and mean the same", a, b,
                  line < other ? line : other, line < other ? other : line);
        package_hint(y->r, f, "keep one of them");
    } else if (!first && !second) {
        struct package_fault *f = fault(y, y->root, a, "'%s' is missing", a);
        package_hint(y->r, f, "add it, as in \"%s: %s\"; '%s' is another name for it", a, example,
                     b);
    }
    return first ? first : second;
}

/* --- the parts -------------------------------------------------------------------------------- */

static void read_version(struct yaml *y)
{
    const yaml_node_t *n = one_of(y, "nfvo_version", "nfvo-version", "6.0");
    const char *wanted = y->m->nfvo_version = scalar(y, n, "nfvo_version");
    const char *ours = y->r->rules->nfvo_version;
    if (!wanted || !ours)
        return;
    size_t a = strcspn(wanted, "."), b = strcspn(ours, ".");
    if (a == b && memcmp(wanted, ours, a) == 0)
        return;
    if (y->r->rules->is_version_only_warned)
        package_tell(y->r, FINDING_WARNING, y->m->file, line_of(n), "nfvo_version",
                     "made for release %s: servers of release %s refuse it unless they run with "
                     "package-version-check = no",
                     wanted, ours);
    else
        fault(y, n, "nfvo_version",
              "The NFVO Version: %s specified in the Metadata is not compatible with this NFVO "
              "version: %s. The first digit of the version must be the same.",
              wanted, ours);
}

static void one_word_of(struct yaml *y, const char *key, const char *value,
                        const char *const *words, const char *list)
{
    for (; value && *words; words++)
        if (strcasecmp(value, *words) == 0)
            return;
    if (value)
        fault(y, get(y, y->root, key), key, "%s '%s' is not supported: use %s", key, value, list);
}

static void read_system(struct yaml *y)
{
    static const char *const ids[] = {"Ubuntu", "CentOS", NULL};
    static const char *const architectures[] = {"x86", "x64", "x86_64", NULL};
    y->m->os_id = text_of(y, y->root, "os-id");
    y->m->os_version = text_of(y, y->root, "os-version");
    y->m->os_architecture = text_of(y, y->root, "os-architecture");
    one_word_of(y, "os-id", y->m->os_id, ids, "Ubuntu or CentOS");
    one_word_of(y, "os-architecture", y->m->os_architecture, architectures, "x86, x64 or x86_64");
}

static void read_requirements(struct yaml *y)
{
    const yaml_node_t *map = get(y, y->root, "requirements");
    if (!map)
        return;
    if (map->type != YAML_MAPPING_NODE) {
        if (scalar(y, map, "requirements"))
            fault(y, map, "requirements", "'requirements' is not a map");
        return;
    }
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top && y->m->requirements.n < PACKAGE_ENTRIES_MAX; p++) {
        const char *key = scalar(y, yaml_document_get_node(y->doc, p->key), "requirements");
        const char *value = scalar(y, yaml_document_get_node(y->doc, p->value), "requirements");
        if (key)
            proto_strmap_set(&y->m->requirements, key, value ? value : "", y->r->a);
    }
}

/* --- images ----------------------------------------------------------------------------------- */

static int64_t number(struct yaml *y, const yaml_node_t *n, const char *path)
{
    const char *text = scalar(y, n, path);
    char *end = NULL;
    int64_t value = text ? strtoll(text, &end, 10) : 0;
    if (text && (*end || value < 0 || value > INT32_MAX))
        fault(y, n, path, "'%s' is not a number", path);
    return value;
}

static struct image *read_image(struct yaml *y, const yaml_node_t *map, const char *at)
{
    static const char *const needed[] = {"diskFormat", "containerFormat", "minCPU",
                                         "minDisk",    "minRam",          "isPublic"};
    struct image *image = proto_new(&image_type, y->r->a);
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        const char *path = arena_printf(y->r->a, "%s.%s", at, needed[i]);
        if (!scalar(y, get(y, map, needed[i]), path))
            fault(y, map, path, "Not defined '%s' in '%s'", needed[i], at);
    }
    image->disk_format = text_of(y, map, "diskFormat");
    image->container_format = text_of(y, map, "containerFormat");
    image->min_cpu = text_of(y, map, "minCPU");
    image->min_disk_space = number(y, get(y, map, "minDisk"), "minDisk");
    image->min_ram = number(y, get(y, map, "minRam"), "minRam");
    const char *is_public = text_of(y, map, "isPublic");
    if (is_public && strcasecmp(is_public, "true") != 0 && strcasecmp(is_public, "false") != 0)
        fault(y, get(y, map, "isPublic"), arena_printf(y->r->a, "%s.isPublic", at),
              "'%s' is neither true nor false", is_public);
    image->is_public = is_public && strcasecmp(is_public, "true") == 0;
    image->url = text_of(y, map, "url");
    return image;
}

static void read_images(struct yaml *y, const yaml_node_t *map)
{
    if (map->type != YAML_MAPPING_NODE) {
        fault(y, map, "images", "'images' is not a map of names");
        return;
    }
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top && y->m->image_names.n < PACKAGE_ENTRIES_MAX; p++) {
        const yaml_node_t *key = yaml_document_get_node(y->doc, p->key);
        const char *name = scalar(y, key, "images");
        if (!name)
            continue;
        const char *at = arena_printf(y->r->a, "images.%s", name);
        struct image *image = read_image(y, yaml_document_get_node(y->doc, p->value), at);
        if (!image->url && !package_find(y->r, arena_printf(y->r->a, "images/%s", name)))
            fault(y, key, at, "The image '%s' has neither a url nor a file images/%s", name, name);
        image->name = name;
        proto_list_add(&y->m->images, image, y->r->a);
        proto_list_add(&y->m->image_names, name, y->r->a);
    }
}

/* The old form. */
static void read_old_image(struct yaml *y, const yaml_node_t *map)
{
    const char *upload = text_of(y, map, "upload");
    const char *link = text_of(y, map, "link");
    y->m->images_are_added = true;
    y->m->image_link = link;
    if (!upload) {
        fault(y, map, "image.upload", "Not defined 'upload' in 'image'");
    } else if (strcmp(upload, "check") == 0) {
        fault(y, get(y, map, "upload"), "image.upload",
              "Option 'check' selected is not available use true or false");
    } else if (strcmp(upload, "true") == 0) {
        const yaml_node_t *config = get(y, y->root, "image-config");
        const char *name = text_of(y, config, "name");
        if (!link)
            fault(y, map, "image.link", "Not defined 'link' in 'image', needed for upload: true");
        if (!name)
            fault(y, config ? config : map, "image-config.name",
                  "Not defined 'image-config' with a 'name', needed for upload: true");
        y->m->image = read_image(y, config, "image-config");
        y->m->image->name = name;
        if (name && link) {
            struct image *added = proto_dup(&image_type, y->m->image, y->r->a);
            added->url = link;
            proto_list_add(&y->m->images, added, y->r->a);
        }
        if (name)
            proto_list_add(&y->m->image_names, name, y->r->a);
    } else {
        strings(y, get(y, map, "names"), "image.names", &y->m->image_names);
        strings(y, get(y, map, "ids"), "image.ids", &y->m->image_names);
        if (y->m->image_names.n == 0)
            fault(y, map, "image",
                  "'image' has neither 'names' nor 'ids', one is needed unless "
                  "upload is true");
    }
}

static void read_any_images(struct yaml *y)
{
    const yaml_node_t *old = get(y, y->root, "image"), *images = get(y, y->root, "images");
    if (old && images)
        fault(y, images, "images", "'image' and 'images' exclude each other");
    else if (images)
        read_images(y, images);
    else if (old)
        read_old_image(y, old);
}

static void read_repositories(struct yaml *y)
{
    const yaml_node_t *list = get(y, y->root, "additional-repos");
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    if (!list)
        return;
    if (list->type != YAML_SEQUENCE_NODE) {
        fault(y, list, "additional-repos", "'additional-repos' is not a list");
        return;
    }
    uint32_t n = 0;
    for (const yaml_node_item_t *i = list->data.sequence.items.start;
         i < list->data.sequence.items.top && n < PACKAGE_ENTRIES_MAX; i++, n++) {
        const yaml_node_t *row = yaml_document_get_node(y->doc, *i);
        const char *at = arena_printf(y->r->a, "additional-repos[%u]", n);
        const char *type = text_of(y, row, "type"), *key_url = text_of(y, row, "key-url");
        struct proto_strs lines = {0};
        strings(y, get(y, row, "configuration"), "configuration", &lines);
        if (!type || (strcasecmp(type, "rpm") != 0 && strcasecmp(type, "deb") != 0))
            fault(y, row, at, "'type' of a repository is rpm or deb");
        if (lines.n == 0)
            fault(y, row, at, "a repository needs a list 'configuration'");
        sbuf_addf(&out, "%s{\"packageType\":\"%s\"", n ? "," : "[",
                  type && strcasecmp(type, "rpm") == 0 ? "RPM" : "DEB");
        if (key_url) {
            sbuf_adds(&out, ",\"keyUrl\":");
            proto_quotes(&out, key_url);
        }
        sbuf_adds(&out, ",\"configuration\":[");
        for (uint32_t k = 0; k < lines.n; k++) {
            sbuf_adds(&out, k ? "," : "");
            proto_quotes(&out, lines.at[k]);
        }
        sbuf_adds(&out, "]}");
    }
    sbuf_adds(&out, n ? "]" : "[]");
    y->m->repositories = arena_strdup(y->r->a, out.s);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void check_keys(struct yaml *y)
{
    const yaml_node_pair_t *start = y->root->data.mapping.pairs.start,
                           *top = y->root->data.mapping.pairs.top;
    if (top - start > PACKAGE_ENTRIES_MAX) {
        fault(y, y->root, "", "more than %d keys", PACKAGE_ENTRIES_MAX);
        return;
    }
    for (const yaml_node_pair_t *p = start; p < top; p++) {
        const yaml_node_t *node = yaml_document_get_node(y->doc, p->key);
        const char *key = scalar(y, node, "");
        bool is_known = false;
        for (size_t i = 0; key && i < ARRAY_LEN(known_keys); i++)
            is_known |= strcmp(key, known_keys[i]) == 0;
        if (!is_known)
            package_tell(y->r, FINDING_WARNING, y->m->file, line_of(node), key ? key : "",
                         "unknown key");
        for (const yaml_node_pair_t *q = start; key && q < p; q++)
            if (is_text(yaml_document_get_node(y->doc, q->key), key)) {
                fault(y, node, key, "'%s' is there twice", key);
                break;
            }
    }
}

static void read_names(struct yaml *y)
{
    struct package_metadata *m = y->m;
    const yaml_node_t *name = get(y, y->root, "name");
    m->name_line = line_of(name ? name : y->root);
    uint32_t before = y->r->error_n;
    m->name = formed(y, name, "name", &form_name);
    if (!m->name && y->r->error_n == before)
        fault(y, name ? name : y->root, "name",
              "Not defined name of VNFPackage in Metadata.yaml, this is mandatory");
    const yaml_node_t *vendor = one_of(y, "vendor", "provider", "example");
    m->vendor_line = line_of(vendor ? vendor : y->root);
    m->vendor = formed(y, vendor, "vendor", &form_name);
    const char *version = formed(y, get(y, y->root, "version"), "version", &form_name);
    m->version = version ? version : "1.0";
    m->description = text_of(y, y->root, "description");
    if (m->description && strlen(m->description) > 1000)
        fault(y, get(y, y->root, "description"), "description",
              "'description' is longer than 1000 bytes");
    m->tag = formed(y, get(y, y->root, "tag"), "tag", &form_name);
    m->scripts_link = formed(y, get(y, y->root, "scripts-link"), "scripts-link", &form_git_url);
}

static void read_root(struct yaml *y)
{
    if (!y->root || y->root->type != YAML_MAPPING_NODE) {
        struct package_fault *f = fault(y, y->root, "", "%s is not a map of keys", y->m->file);
        package_hint(y->r, f, "write a line for each key, as in \"name: my-vnf\"");
        return;
    }
    check_keys(y);
    const yaml_node_t *types = one_of(y, "vim_types", "vim-types", "[openstack]");
    strings(y, types, "vim_types", &y->m->vim_types);
    for (uint32_t i = 0; i < y->m->vim_types.n; i++)
        if (form_pop_type.wrong(y->m->vim_types.at[i]))
            fault(y, types, "vim_types", "'%s' %s", y->m->vim_types.at[i],
                  form_pop_type.wrong(y->m->vim_types.at[i]));
    if (types && y->m->vim_types.n == 0)
        fault(y, types, "vim_types", "'vim_types' names no type");
    read_names(y);
    read_version(y);
    read_system(y);
    read_requirements(y);
    read_any_images(y);
    read_repositories(y);
}

void package_read_metadata(struct package_reader *r, const struct package_file *file)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    struct yaml y = {.r = r, .m = &r->metadata, .doc = &doc};
    uint32_t line = 0;
    const char *excess = package_yaml_excess(r, file, &line);
    r->metadata.file = file->name;
    if (excess) {
        package_hint(r, package_fault(r, ERR_LIMIT, file->name, line, "", "%s", excess),
                     "no key that is read needs that");
        return;
    }
    if (!yaml_parser_initialize(&parser))
        abort(); /* out of memory */
    yaml_parser_set_input_string(&parser, (const unsigned char *)file->at, file->n);
    if (yaml_parser_load(&parser, &doc)) {
        y.root = yaml_document_get_root_node(&doc);
        read_root(&y);
        yaml_document_delete(&doc);
    } else {
        package_fault(r, ERR_INVALID, file->name, (uint32_t)parser.problem_mark.line + 1, "",
                      "not well-formed YAML: %s", parser.problem ? parser.problem : "");
    }
    yaml_parser_delete(&parser);
}
