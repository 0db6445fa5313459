/* VNF packages: archives made here, with the fault that each must give. */
#include "nfvo/catalogue/package.h"

#include "nfvo/catalogue/json_line.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "nfvo/catalogue/package_internal.h"

#define META    "name: p\nvendor: v\nnfvo_version: 6.0\nvim_types:\n  - test\n"
#define VDU_IMG "\"vdu\":[{\"vm_image\":[\"i\"],\"vnfc\":[{\"connection_point\":[]}]}]"
#define VNFD_OF(vdu, members)                                                                      \
    "{\"name\":\"p\",\n\"vendor\":\"v\",\n\"version\":\"1\",\n\"type\":\"t\",\n\"endpoint\":"      \
    "\"generic\",\"deployment_flavour\":[{\"flavour_key\":\"m1\"}],\n" vdu members "}"
#define VNFD VNFD_OF(VDU_IMG, "")
#define EVENTS                                                                                     \
    ",\n\"lifecycle_event\":[{\"event\":\"START\",\n\"lifecycle_events\":[\"start.sh -v\"]}]"

static const char *make_id(void *arg)
{
    static unsigned n;
    return arena_printf(arg, "id-%u", ++n);
}

/* --- archives --------------------------------------------------------------------------------- */

struct tar {
    struct sbuf out;
    struct archive *a;
};

#define TAR_MAX ((size_t)32 * 1024 * 1024)

static la_ssize_t append(struct archive *a, void *arg, const void *data, size_t n)
{
    struct sbuf *out = arg;
    (void)a;
    if (out->len < TAR_MAX) /* 4 GiB of zeros are refused by their announcement alone */
        sbuf_add(out, data, n);
    return (la_ssize_t)n;
}

static void tar_open(struct tar *t, bool is_gz)
{
    t->out = (struct sbuf)SBUF_INIT;
    t->a = archive_write_new();
    assert_int_equal(archive_write_set_format_pax_restricted(t->a), ARCHIVE_OK);
    if (is_gz)
        assert_true(archive_write_add_filter_gzip(t->a) >= ARCHIVE_WARN);
    assert_int_equal(archive_write_open(t->a, &t->out, NULL, append, NULL), ARCHIVE_OK);
}

/* type 'f' file, 'd' folder, 'l' symbolic link, 'h' hard link, 'p' pipe, 's' sparse file of 4 GiB.
 */
static void tar_add(struct tar *t, char type, const char *name, const char *text, size_t n)
{
    static const int types[128] = {['f'] = AE_IFREG, ['d'] = AE_IFDIR, ['l'] = AE_IFLNK,
                                   ['h'] = AE_IFREG, ['p'] = AE_IFIFO, ['s'] = AE_IFREG};
    struct archive_entry *e = archive_entry_new();
    archive_entry_copy_pathname(e, name);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_filetype(e, (unsigned)types[(int)type]);
    if (type == 'l')
        archive_entry_set_symlink(e, "/etc/passwd");
    if (type == 'h')
        archive_entry_set_hardlink(e, "vnfd.json");
    if (type == 's') {
        archive_entry_sparse_add_entry(e, 0, (la_int64_t)n);
        archive_entry_set_size(e, (la_int64_t)4 << 30);
    } else {
        archive_entry_set_size(e, type == 'f' ? (la_int64_t)n : 0);
    }
    archive_write_header(t->a, e);
    if (type == 'f' || type == 's')
        archive_write_data(t->a, text, n);
    archive_entry_free(e);
}

static void tar_text(struct tar *t, const char *name, const char *text)
{
    tar_add(t, 'f', name, text, strlen(text));
}

static void tar_close(struct tar *t)
{
    archive_write_close(t->a);
    archive_write_free(t->a);
}

static enum err_code read_bytes(const void *data, size_t n, struct arena *a, struct package *p,
                                struct err *err)
{
    const struct package_rules rules = {
        {"project", "now", false, make_id, a, NULL}, "6.0.1", false};
    const struct package_source source = {.data = data, .size = n, .fd = -1};
    *err = (struct err)ERR_INIT;
    return catalogue_package_read(&source, &rules, a, p, err);
}

static enum err_code read_tar(struct tar *t, struct arena *a, struct package *p, struct err *err)
{
    tar_close(t);
    enum err_code rc = read_bytes(t->out.s, t->out.len, a, p, err);
    sbuf_release(&t->out);
    return rc;
}

static void expect(const struct err *err, enum err_code rc, const char *where, const char *message)
{
    if (rc == ERR_OK || strcmp(err->where, where) != 0 || !strstr(err->msg, message))
        print_error("got %d '%s': %s (want '%s': %s)\n", rc, err->where, err->msg, where, message);
    assert_int_not_equal(rc, ERR_OK);
    assert_string_equal(err->where, where);
    assert_non_null(strstr(err->msg, message));
}

/* --- what is in it ------------------------------------------------------------------------------
 */

static void good_package(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_add(&t, 'd', "./", "", 0);
    tar_text(&t, "./metadata.YAML",
             META "version: 2\ntag: x\nrequirements:\n  ram: 5\nos-id: ubuntu\n");
    tar_text(&t, "./vnfd.json", VNFD_OF(VDU_IMG, EVENTS));
    tar_add(&t, 'd', "./scripts/", "", 0);
    tar_add(&t, 'f', "./scripts/start.sh", "a\0\xff", 3);
    tar_text(&t, "./scripts/b/\xc3\xa4.sh", "x");
    tar_text(&t, "./scripts/._start.sh", "macOS");
    tar_text(&t, "./README", "for people");
    assert_int_equal(read_tar(&t, &a, &p, &err), ERR_OK);
    assert_string_equal(p.record->name, "p");
    assert_string_equal(p.record->vnf_package_version, "2");
    assert_string_equal(p.record->vim_types.at[0], "test");
    assert_int_equal(p.record->scripts.n, 2);
    assert_string_equal(p.record->scripts.at[0]->name, "b/\xc3\xa4.sh");
    assert_string_equal(p.record->scripts.at[1]->name, "start.sh");
    assert_int_equal(p.record->scripts.at[1]->payload.n, 3);
    assert_memory_equal(p.record->scripts.at[1]->payload.at, "a\0\xff", 3);
    assert_non_null(p.record->scripts.at[1]->id);
    assert_string_equal(p.vnfd->vnf_package_location, p.record->id);
    assert_string_equal(p.vnfd->vdu.at[0]->name, "p-1");
    assert_string_equal(p.vnfd->project_id, "project");
    assert_string_equal(p.identity,
                        "[\"p\",\"v\",\"2\",\"6.0\",\"ubuntu\",\"\",\"\",\"x\",\"generic\"]");
    assert_non_null(strstr(p.record->vnf_package_metadata.at, "\"requirements\":{\"ram\":\"5\"}"));
    assert_int_equal(p.fault_n, 2); /* './', and the script that no event names */
    assert_true(p.faults[0].level == FINDING_NOTE && p.faults[1].level == FINDING_NOTE);
}

static void images_are_given_to_vdus_without(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml",
             META
             "images:\n  one: &c\n    diskFormat: raw\n    containerFormat: bare\n    minCPU: 1\n"
             "    minDisk: 1\n    minRam: 1\n    isPublic: true\n  two:\n    url: http://x\n    "
             "diskFormat: raw\n    containerFormat: bare\n    minCPU: 1\n    minDisk: 1\n    "
             "minRam: 1\n    isPublic: false\n");
    tar_text(&t, "v.json",
             VNFD_OF("\"vdu\":[{\"vm_image\":[\"\"],\"vnfc\":[{\"connection_point\":[]}]},"
                     "{\"vm_image\":[\"own\"],\"vnfc\":[{\"connection_point\":[]}]}]",
                     ""));
    tar_text(&t, "images/one", "large");
    assert_int_equal(read_tar(&t, &a, &p, &err), ERR_OK);
    assert_int_equal(p.vnfd->vdu.at[0]->vm_image.n, 2);
    assert_string_equal(p.vnfd->vdu.at[0]->vm_image.at[1], "two");
    assert_int_equal(p.vnfd->vdu.at[1]->vm_image.n, 1);
    assert_int_equal(p.images.n, 2);
    assert_string_equal(p.images.at[0]->name, "one");
    assert_string_equal(p.images.at[1]->url, "http://x");
}

static void fixed_hosts_are_asked_for_their_login(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", META);
    tar_text(&t, "v.json",
             "{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"
             "\"fixed-host\",\"virtual_link\":[{\"name\":\"net\"}],\"vdu\":[{\"vm_image\":[\"i\"],"
             "\"vnfc\":[{\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}]}]}");
    assert_int_equal(read_tar(&t, &a, &p, &err), ERR_OK);
    assert_int_equal(p.vnfd->configurations->parameters.n, 3);
    assert_string_equal(p.vnfd->configurations->parameters.at[0]->conf_key, "ssh_net_ip");
}

static void a_link_takes_the_place_of_scripts(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", META "scripts-link: https://x.invalid/y.git\n");
    tar_text(&t, "v.json", VNFD_OF(VDU_IMG, EVENTS));
    tar_text(&t, "scripts/other.sh", "dropped");
    assert_int_equal(read_tar(&t, &a, &p, &err), ERR_OK);
    assert_int_equal(p.record->scripts.n, 0);
    assert_string_equal(p.record->scripts_link, "https://x.invalid/y.git");
}

/* --- bad texts ----------------------------------------------------------------------------------
 */

#define BARE    "name: p\nvendor: v\nnfvo_version: 6.0\n"
#define M(text) text, VNFD
#define IMAGE6                                                                                     \
    "    diskFormat: raw\n    containerFormat: bare\n    minCPU: 1\n    minDisk: 1\n    minRam: "  \
    "1\n    isPublic: true\n"

/* clang-format off */
static const struct {
    const char *metadata, *vnfd; /* NULL: not there */
    const char *where, *message;
} bad[] = {
    { NULL, VNFD, "", "There is no Metadata.yaml in the VNF Package" },
    { META, NULL, "", "There is no VNF descriptor in the VNF Package" },
    { M("a: [b\nc: d\n"), "Metadata.yaml:2", "not well-formed YAML" },
    { M("- a\n"), "Metadata.yaml:1", "is not a map" },
    { M(""), "Metadata.yaml:1", "is not a map" },
    { M("vendor: v\nnfvo_version: 6.0\nvim_types: [a]\n"), "Metadata.yaml:1 name", "Not defined name of VNFPackage in Metadata.yaml, this is mandatory" },
    { M("# x\nname: p\nnfvo_version: 6.0\nvim_types: [a]\n"), "Metadata.yaml:2 vendor", "'vendor' is missing" },
    { M(META "provider: w\n"), "Metadata.yaml:6 provider", "'vendor' and 'provider' are both there (lines 2 and 6)" },
    { M(BARE), "Metadata.yaml:1 vim_types", "'vim_types' is missing" },
    { M(BARE "vim_types: []\n"), "Metadata.yaml:4 vim_types", "'vim_types' names no type" },
    { M(BARE "vim_types: a\n"), "Metadata.yaml:4 vim_types", "'vim_types' is not a list" },
    { M(META "vim-types: [b]\n"), "Metadata.yaml:6 vim-types", "'vim_types' and 'vim-types' are both there (lines 5 and 6)" },
    { M("name: p\nvendor: v\nvim_types: [a]\n"), "Metadata.yaml:1 nfvo_version", "'nfvo_version' is missing" },
    { M(META "nfvo-version: 6\n"), "Metadata.yaml:6 nfvo-version", "'nfvo_version' and 'nfvo-version' are both there (lines 3 and 6)" },
    { M("name: p\nvendor: v\nnfvo_version: 5.0\nvim_types: [a]\n"), "Metadata.yaml:3 nfvo_version", "The NFVO Version: 5.0 specified in the Metadata is not compatible with this NFVO version: 6.0.1." },
    { M(META "name: p\n"), "Metadata.yaml:6 name", "'name' is there twice" },
    { M(META "tag: [x]\n"), "Metadata.yaml:6 tag", "'tag' is not a text" },
    { M(META "scripts-link: repo\n"), "Metadata.yaml:6 scripts-link", "'repo' is not the URL of a git repository" },
    { M(META "version: \"1\\n2\"\n"), "Metadata.yaml:6 version", "'1?2' holds a line break" },
    { M(BARE "vim_types: [a b]\n"), "Metadata.yaml:4 vim_types", "'a b' is no driver's type" },
    { M(META "os-id: BeOS\n"), "Metadata.yaml:6 os-id", "os-id 'BeOS' is not supported" },
    { M(META "os-architecture: vax\n"), "Metadata.yaml:6 os-architecture", "is not supported" },
    { M(META "requirements: [a]\n"), "Metadata.yaml:6 requirements", "is not a text" },
    { M(META "image:\n  upload: check\n"), "Metadata.yaml:7 image.upload", "Option 'check' selected is not available use true or false" },
    { M(META "image:\n  names: [a]\n"), "Metadata.yaml:7 image.upload", "Not defined 'upload'" },
    { M(META "image:\n  upload: false\n"), "Metadata.yaml:7 image", "neither 'names' nor 'ids'" },
    { M(META "image:\n  upload: true\nimage-config:\n    name: x\n" IMAGE6), "Metadata.yaml:7 image.link", "Not defined 'link'" },
    { M(META "image:\n  upload: true\n  link: x\n"), "Metadata.yaml:7 image-config.name", "Not defined 'image-config'" },
    { M(META "image: {upload: false}\nimages:\n  a: b\n"), "Metadata.yaml:8 images", "exclude each other" },
    { M(META "images:\n  a:\n" IMAGE6), "Metadata.yaml:7 images.a", "neither a url nor a file images/a" },
    { M(META "images:\n  a:\n    url: x\n"), "Metadata.yaml:8 images.a.diskFormat", "Not defined 'diskFormat'" },
    { M(META "additional-repos:\n  - type: snap\n    configuration: [x]\n"), "Metadata.yaml:7 additional-repos[0]", "is rpm or deb" },
    { M(META "additional-repos:\n  - type: rpm\n"), "Metadata.yaml:7 additional-repos[0]", "needs a list 'configuration'" },
    { M("name: q\nvendor: v\nnfvo_version: 6.0\nvim_types: [a]\n"), "Metadata.yaml:1 name", "VNFD and VNF package has different 'name', it must be the same" },
    { M("name: p\nprovider: w\nnfvo_version: 6.0\nvim_types: [a]\n"), "Metadata.yaml:2 vendor", "VNFD and VNF package has different 'vendor', it must be the same" },
    { META, "name: p\nvendor: v\n", "vnfd.json:1", "this is YAML, JSON is expected" },
    { META, "\xef\xbb\xbf{\n\"name\":\"p\",\n]}", "vnfd.json:3 name", "expected the name of a member" },
    { META, "{\n\"name\":\"p\",\n]}", "vnfd.json:3 name", "The VNFPackage's VNFD file contains invalid Json syntax: " },
    { META, "{\n\"name\":\"p\",\n\"vdu\":[\n7]}", "vnfd.json:4 vdu[0]", "The VNFPackage's VNFD file contains invalid Json syntax: " },
    { META, "{\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\"}", "vnfd.json:1 name", "name: must not be empty" },
    { META, VNFD_OF("\"vdu\":[]", ""), "vnfd.json:6 vdu", "The VNFD defined in the file does not contain any VDUs." },
    { META, VNFD_OF(VDU_IMG, ",\n\"vnfPackageLocation\":\"x\""), "vnfd.json:7 vnfPackageLocation", "VnfPackageLocation must be empty" },
    { META, "{\"name\":\"p\",\"vendor\":\"v\",\n\"type\":\"t\"}", "vnfd.json:1 version", "version: must not be empty" },
    { META, VNFD_OF("\"vdu\":[{\"vnfc\":[{\"connection_point\":[]}]}]", ""), "vnfd.json:6 vdu[0].vm_image", "At least one VDU in the VNFD p does not contain an image." },
    { META, VNFD_OF(VDU_IMG, ",\n\"lifecycle_event\":[{\"event\":\"START\"},\n{\"event\":\"JUMP\"}]"), "vnfd.json:8 lifecycle_event[1].event", "Event in one LifecycleEvent of VNFD p does not exist" },
    { META, VNFD_OF(VDU_IMG, EVENTS), "vnfd.json:8 lifecycle_event[0].lifecycle_events[0]", "the script 'start.sh' is not in the package" },
    { META, VNFD_OF(VDU_IMG, ",\n\"lifecycle_event\":[{\"event\":\"START\",\"lifecycle_events\":[\"\"]}]"), "vnfd.json:7 lifecycle_event[0].lifecycle_events[0]", "a script without a name" },
};
/* clang-format on */

static void bad_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct package p;
        struct err err;
        struct tar t;
        tar_open(&t, false);
        if (bad[i].metadata)
            tar_text(&t, "Metadata.yaml", bad[i].metadata);
        if (bad[i].vnfd)
            tar_text(&t, "vnfd.json", bad[i].vnfd);
        enum err_code rc = read_tar(&t, &a, &p, &err);
        expect(&err, rc, bad[i].where, bad[i].message);
    }
}

/* Each took libyaml seconds to load, or would: the time goes with the square of the number. */
static void texts_that_cost_much(void **state)
{
    (void)state;
    static const struct {
        const char *head, *each, *message;
        size_t n;
    } costly[] = {
        {"name: p\na: ", "[", "nested deeper than 32 levels", 80000},
        {"name: p\na: ", "{a: ", "nested deeper than 32 levels", 80000},
        {"name: p\na:\n", "- ", "nested deeper than 32 levels", 80000},
        {"name: p\na:\n", "? ", "nested deeper than 32 levels", 80000},
        {"name: p\na: [", "x,", "more than 20000 values", 300000},
        {"name: p\na: [", "\n&a b,", "more than 100 anchors and aliases", 100000},
        {"name: &a p\na: [", "*a,", "more than 100 anchors and aliases", 100000},
    };
    for (size_t i = 0; i < ARRAY_LEN(costly); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct package p;
        struct err err;
        struct tar t;
        sbuf_adds(&text, costly[i].head);
        for (size_t n = 0; n < costly[i].n; n++)
            sbuf_adds(&text, costly[i].each);
        tar_open(&t, false);
        tar_text(&t, "Metadata.yaml", text.s);
        tar_text(&t, "vnfd.json", VNFD);
        clock_t before = clock();
        assert_int_equal(read_tar(&t, &a, &p, &err), ERR_LIMIT);
        if (clock() - before > CLOCKS_PER_SEC)
            fail_msg("'%s' many times took %g s", costly[i].each,
                     (double)(clock() - before) / CLOCKS_PER_SEC);
        assert_non_null(strstr(err.msg, costly[i].message));
    }
}

static void all_faults_are_told(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", "name: p\nsurprise: 1\n");
    tar_text(&t, "vnfd.json", VNFD_OF(VDU_IMG, EVENTS));
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "Metadata.yaml:1 vim_types", "'vim_types' is missing");
    assert_int_equal(p.fault_n, 5); /* unknown key, vim-types, vendor, nfvo_version, script */
    assert_int_equal(p.faults[0].level, FINDING_WARNING);
    assert_string_equal(catalogue_package_place(&p.faults[0], &a), "Metadata.yaml:2 surprise");
    assert_string_equal(
        err.hint, "add it, as in \"vim_types: [openstack]\"; 'vim-types' is another name for it");
}

/* Warnings do not crowd out what keeps the package out. */
static void many_warnings(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct package p;
    struct err err;
    struct tar t;
    for (int i = 0; i < 300; i++)
        sbuf_addf(&text, "x%d: 1\n", i);
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", text.s);
    tar_text(&t, "vnfd.json", VNFD_OF(VDU_IMG, ",\n\"Vm_images\":1"));
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "Metadata.yaml:1 vim_types", "'vim_types' is missing");
    assert_null(p.record);
    assert_int_equal(p.fault_n, PACKAGE_FAULTS_MAX / 2 + 4);
}

static void misspelled_members(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", META);
    tar_text(&t, "vnfd.json", VNFD_OF(VDU_IMG, ",\n\"virtual-links\":[]"));
    assert_int_equal(read_tar(&t, &a, &p, &err), ERR_OK);
    assert_int_equal(p.fault_n, 1);
    assert_string_equal(catalogue_package_place(&p.faults[0], &a), "vnfd.json:7 virtual-links");
    assert_string_equal(p.faults[0].message, "unknown member; is 'virtual_link' meant?");
}

/* --- bad archives -------------------------------------------------------------------------------
 */

/* clang-format off */
static const struct {
    char type;
    const char *name, *message;
} entries[] = {
    { 'f', "/etc/passwd",             "'/etc/passwd' is absolute" },
    { 'f', "../x",                    "'../x' leaves its folder" },
    { 'f', "scripts/../../x",         "leaves its folder" },
    { 'd', "scripts/..",              "leaves its folder" },
    { 'f', "scripts/./x",             "is not in its shortest form" },
    { 'f', "scripts//x",              "is not in its shortest form" },
    { 'f', "scripts/\xff.sh",         "is not UTF-8" },
    { 'f', "scripts/\xc0\xaf.sh",     "is not UTF-8" },
    { 'f', "scripts/a\nb",            "holds a control character" },
    { 'f', "scripts\\..\\x",          "holds a control character or a backslash" },
    { 'l', "scripts/link",            "is a link" },
    { 'h', "scripts/link",            "is a link" },
    { 'p', "scripts/pipe",            "is a special file" },
    { 'f', "vnfd.json",               "'vnfd.json' is there twice" },
    { 's', "scripts/large",           "makes the package larger than 2046 MiB" },
    { 's', "images/large",            "makes the package larger than 2046 MiB" },
};
/* clang-format on */

static void bad_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct package p;
        struct err err;
        struct tar t;
        tar_open(&t, false);
        tar_text(&t, "Metadata.yaml", META);
        tar_text(&t, "vnfd.json", VNFD);
        tar_add(&t, entries[i].type, entries[i].name, "x", 1);
        enum err_code rc = read_tar(&t, &a, &p, &err);
        expect(&err, rc, "", entries[i].message);
    }
}

static void expect_size(const char *name, size_t size, const char *message)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    char *text = calloc(1, size);
    tar_open(&t, false);
    tar_add(&t, 'f', name, text, size);
    free(text);
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "", message);
    assert_int_equal(rc, ERR_LIMIT);
    assert_true(a.used < 64 * 1024); /* looked at before memory was taken */
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    char name[32];
    expect_size("scripts/x", PACKAGE_SCRIPTS_MAX + 1,
                "of 8388609 bytes makes the scripts larger than 8 MiB together");
    expect_size("vnfd.json", PACKAGE_TEXT_SIZE_MAX + 1, "is larger than 1 MiB");
    expect_size("Metadata.yaml", PACKAGE_TEXT_SIZE_MAX + 1, "is larger than 1 MiB");
    tar_open(&t, false);
    for (int i = 0; i <= PACKAGE_ENTRIES_MAX; i++) {
        snprintf(name, sizeof(name), "d%d", i);
        tar_add(&t, 'd', name, "", 0);
    }
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "", "is one too many: 1000 are allowed");
}

static void what_is_no_tar(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    expect(&err, read_bytes("", 0, &a, &p, &err), "", "File is null or empty!");
    expect(&err, read_bytes("hello world", 11, &a, &p, &err), "", "Error opening the VNF package");
    tar_open(&t, true);
    tar_text(&t, "Metadata.yaml", META);
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "", "Error opening the VNF package"); /* the reference takes plain tar only */
}

/* Every prefix of a good archive: a fault or a whole package, never anything else. */
static void truncated_archives(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "Metadata.yaml", META);
    tar_text(&t, "vnfd.json", VNFD_OF(VDU_IMG, EVENTS));
    tar_text(&t, "scripts/start.sh", "#!/bin/bash\n");
    tar_close(&t);
    size_t end = 6 * 512; /* three headers, three blocks */
    for (size_t n = 1; n<t.out.len; n += n % 512> 2 && n % 512 < 500 ? 61 : 1) {
        arena_reset(&a);
        enum err_code rc = read_bytes(t.out.s, n, &a, &p, &err);
        assert_true(n >= end - 512 + 12 || rc != ERR_OK);
    }
    assert_int_equal(read_bytes(t.out.s, t.out.len, &a, &p, &err), ERR_OK);
    sbuf_release(&t.out);
}

static void packing_the_folder_is_explained(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct package p;
    struct err err;
    struct tar t;
    tar_open(&t, false);
    tar_text(&t, "p/Metadata.yaml", META);
    enum err_code rc = read_tar(&t, &a, &p, &err);
    expect(&err, rc, "", "There is no VNF descriptor in the VNF Package");
    assert_non_null(strstr(err.hint, "pack what is in the folder 'p'"));
}

static void what_we_write_we_read(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct package p;
    struct err err = ERR_INIT;
    struct package_writer *w = catalogue_package_writer_new(&out);
    assert_int_equal(catalogue_package_add(w, "Metadata.yaml", META, strlen(META), &err), ERR_OK);
    assert_int_equal(catalogue_package_add(w, "vnfd.json", VNFD, strlen(VNFD), &err), ERR_OK);
    assert_int_equal(catalogue_package_add(w, "scripts/a.sh", "", 0, &err), ERR_OK);
    assert_int_equal(catalogue_package_writer_end(w, &err), ERR_OK);
    assert_int_equal(read_bytes(out.s, out.len, &a, &p, &err), ERR_OK);
    assert_int_equal(p.record->scripts.n, 1);
}

/* --- lines --------------------------------------------------------------------------------------
 */

static void lines_of_paths(void **state)
{
    (void)state;
    static const char text[] = "{\n\"a\\\"b\": \"}\",\n\"a.b\": {\"c\":\n[1,[2,\n{\"d\":3}]]},\n"
                               "\"a\": [ ]\n}";
    static const struct {
        const char *path;
        uint32_t line;
    } rows[] = {{"", 1},         {"a.b", 3},         {"a.b.c", 3},
                {"a.b.c[0]", 4}, {"a.b.c[1][0]", 4}, {"a.b.c[1][1].d", 5},
                {"a", 6},        {"a[0]", 6},        {"a.b.c[9]", 3},
                {"none", 0},     {"a.b.none", 3}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(json_line_of_path(text, strlen(text), rows[i].path), rows[i].line);
    for (size_t n = 0; n < strlen(text); n++) /* of a text that ends anywhere */
        assert_true(json_line_of_path(text, n, "a.b.c[1][1].d") <= 6);
    assert_int_equal(json_line_of_path("\n{\"x\":[", 7, "x[0][0].y"), 2);
    assert_int_equal(json_line_of_path("\xef\xbb\xbf\n{\"x\":\n1}", 11, "x"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_package),
        cmocka_unit_test(images_are_given_to_vdus_without),
        cmocka_unit_test(fixed_hosts_are_asked_for_their_login),
        cmocka_unit_test(a_link_takes_the_place_of_scripts),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(texts_that_cost_much),
        cmocka_unit_test(all_faults_are_told),
        cmocka_unit_test(many_warnings),
        cmocka_unit_test(misspelled_members),
        cmocka_unit_test(bad_entries),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(what_is_no_tar),
        cmocka_unit_test(truncated_archives),
        cmocka_unit_test(packing_the_folder_is_explained),
        cmocka_unit_test(what_we_write_we_read),
        cmocka_unit_test(lines_of_paths),
    };
    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
