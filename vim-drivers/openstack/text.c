#include "vim-drivers/openstack/text.h"

#include "common/base/base64.h"
#include "common/base/text.h"
#include "common/http/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* --- URLs --- */

static size_t without_slashes(const char *url)
{
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    return n;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(text + len - n, end, n) == 0;
}

static bool is_url(const char *url)
{
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '?' || *c == '#' || *c == '@')
            return false;
    return (strncmp(url, "http://", 7) == 0 && url[7] && url[7] != '/') ||
           (strncmp(url, "https://", 8) == 0 && url[8] && url[8] != '/');
}

enum err_code os_auth_url(const char *auth_url, bool may_be_plain, char ret[OS_URL_MAX],
                          bool *ret_is_v2, struct err *err)
{
    static const char *const versions[] = {"/v3.0", "/v3", "/v2.0", "/v2"};
    const char *url = auth_url ? auth_url : "";
    if (!is_url(url) || strlen(url) > OS_URL_MAX - 8) {
        err_set(err, ERR_INVALID, "authUrl '%.100s' is no URL of a keystone", url);
        return err_hint(err, "e.g. https://cloud.example.org:5000/v3");
    }
    if (!may_be_plain && strncmp(url, "https:", 6) != 0) {
        err_set(err, ERR_DENIED, "authUrl '%.100s' has no TLS", url);
        return err_hint(err, "write https://, or set the driver's option plain-http");
    }
    size_t n = without_slashes(url);
    *ret_is_v2 = ends_with(url, n, "/v2.0") || ends_with(url, n, "/v2");
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (ends_with(url, n, versions[i])) {
            n -= strlen(versions[i]);
            break;
        }
    snprintf(ret, OS_URL_MAX, "%.*s/v3", (int)n, url);
    return ERR_OK;
}

bool os_is_hex_id(const char *text)
{
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (!isxdigit((unsigned char)*text))
            return false;
        digits++;
    }
    return digits == 32;
}

enum err_code os_endpoint_url(enum os_service service, const char *url, char ret[OS_URL_MAX],
                              struct err *err)
{
    static const char *const versions[OS_SERVICE_N] = {
        [OS_IDENTITY] = "", [OS_COMPUTE] = "", [OS_NETWORK] = "/v2.0", [OS_IMAGE] = "/v2"};
    if (!is_url(url) || strlen(url) > OS_URL_MAX - 8)
        return err_set(err, ERR_PEER, "the catalogue's endpoint '%.100s' is no URL", url);
    size_t n = without_slashes(url);
    const char *version = ends_with(url, n, versions[service]) ? "" : versions[service];
    snprintf(ret, OS_URL_MAX, "%.*s%s", (int)n, url, version);
    return ERR_OK;
}

/* --- the catalogue --- */

static const char *region_of(const struct os_endpoint *e)
{
    return e->region_id ? e->region_id : e->region ? e->region : "";
}

const char *os_endpoint_find(const struct os_token *t, const char *type, const char *interface,
                             const char *region)
{
    for (uint32_t i = 0; i < t->catalogue.n; i++) {
        const struct os_catalogue *c = t->catalogue.at[i];
        for (uint32_t k = 0; text_matches(c->type, type) && k < c->endpoints.n; k++) {
            const struct os_endpoint *e = c->endpoints.at[k];
            if (text_matches(e->interface, interface) && e->url &&
                (!region[0] || strcmp(region_of(e), region) == 0))
                return e->url;
        }
    }
    return NULL;
}

static bool add_region(struct sbuf *known, const char *name)
{
    AUTO(sbuf_release) struct sbuf one = SBUF_INIT;
    sbuf_addf(&one, "'%.60s' ", name);
    if (!name[0] || strstr(known->s ? known->s : "", one.s) || known->len > 1000)
        return false;
    sbuf_adds(known, one.s);
    return true;
}

enum err_code os_region_choose(const struct os_token *t, const char *wanted, bool is_said,
                               char *ret, size_t size, struct err *err)
{
    AUTO(sbuf_release) struct sbuf known = SBUF_INIT;
    const char *only = "";
    unsigned n = 0;
    wanted = wanted ? wanted : "";
    for (uint32_t i = 0; i < t->catalogue.n; i++)
        for (uint32_t k = 0; k < t->catalogue.at[i]->endpoints.n; k++) {
            const char *name = region_of(t->catalogue.at[i]->endpoints.at[k]);
            if (wanted[0] && strcmp(name, wanted) == 0) {
                snprintf(ret, size, "%s", name);
                return ERR_OK;
            }
            if (add_region(&known, name)) {
                only = name;
                n++;
            }
        }
    if (n <= 1 && !(is_said && wanted[0])) {
        snprintf(ret, size, "%s", only);
        return ERR_OK;
    }
    if (wanted[0])
        err_set(err, ERR_INVALID, "the cloud has no region '%.60s'", wanted);
    else
        err_set(err, ERR_INVALID, "the cloud has several regions, and the PoP names none");
    return err_hint(err, "its location's name, or its member region; there are %.120s",
                    known.len ? known.s : "none");
}

/* --- times --- */

int64_t os_time(const char *text)
{
    struct tm t = {0};
    int n = 0;
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday,
                        &t.tm_hour, &t.tm_min, &t.tm_sec, &n) != 6)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon--;
    return (int64_t)timegm(&t);
}

/* --- errors --- */

static void plain(const char *body, size_t len, char *ret, size_t size)
{
    static const struct {
        const char *name, *is;
    } entities[] = {{"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
                    {"&#39;", "'"}, {"&#x27;", "'"}, {"&amp;", "&"}};
    size_t n = 0;
    bool in_tag = false;
    const char *head = memmem(body, len, "<body", 5);
    const char *end = body + len;
    for (const char *c = head ? head : body; c < end && n + 1 < size; c++) {
        char is = *c;
        if (*c == '<' || *c == '>') {
            in_tag = *c == '<';
            is = ' ';
        } else if (in_tag)
            continue;
        for (size_t i = 0; *c == '&' && i < ARRAY_LEN(entities); i++) {
            size_t k = strlen(entities[i].name);
            if ((size_t)(end - c) >= k && memcmp(c, entities[i].name, k) == 0) {
                is = entities[i].is[0];
                c += k - 1;
                break;
            }
        }
        if ((unsigned char)is <= ' ')
            is = ' ';
        if (is != ' ' || (n > 0 && ret[n - 1] != ' '))
            ret[n++] = is;
    }
    while (n > 0 && ret[n - 1] == ' ')
        n--;
    ret[n] = '\0';
}

void os_words(const char *body, size_t len, char *ret, size_t size, char *ret_type,
              size_t type_size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct os_faults *f = NULL;
    ret_type[0] = '\0';
    if (len > 65536)
        len = 65536;
    sbuf_adds(&text, "{\"of\":");
    sbuf_add(&text, body, len);
    sbuf_addc(&text, '}');
    if (proto_decode(&os_faults_type, text.s, text.len, 0, &a, &f, NULL) == ERR_OK)
        for (uint32_t i = 0; i < f->of.n; i++) {
            const struct os_fault *one = f->of.at[i].value;
            if (!one->message)
                continue;
            plain(one->message, strlen(one->message), ret, size);
            snprintf(ret_type, type_size, "%s", one->type ? one->type : "");
            return;
        }
    plain(body, len, ret, size);
}

enum err_code os_code(int status, const char *words, const char *type)
{
    bool is_quota = strcmp(type, "OverQuota") == 0 || strncasecmp(words, "Quota exceeded", 14) == 0;
    if ((status == 403 || status == 409 || status == 413) && is_quota)
        return ERR_LIMIT;
    switch (status) {
    case 400:
        return ERR_INVALID;
    case 401:
        return ERR_AUTH;
    case 403:
        return ERR_DENIED;
    case 404:
    case 410:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_STATE;
    case 413:
        return ERR_LIMIT;
    case 429:
        return ERR_UNAVAIL;
    default:
        return status >= 500 ? ERR_UNAVAIL : ERR_PEER;
    }
}

const char *os_next_query(const struct os_page *page, size_t links_at)
{
    const char *href = links_at ? NULL : page->next;
    if (links_at) {
        struct os_link_list links;
        memcpy(&links, (const char *)page + links_at, sizeof(links));
        for (uint32_t i = 0; i < links.n && !href; i++)
            if (text_matches(links.at[i]->rel, "next"))
                href = links.at[i]->href;
    }
    const char *query = href ? strchr(href, '?') : NULL;
    return query ? query + 1 : "";
}

/* --- pieces --- */

const char *os_path(struct arena *a, const char *folder, const char *id, const char *rest)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/", folder);
    http_percent_encode(&path, id);
    sbuf_adds(&path, rest);
    return arena_strdup(a, path.s);
}

void os_add_pair(struct sbuf *out, const char *key, const char *value)
{
    if (out->len && !strchr("{[", out->s[out->len - 1]))
        sbuf_addc(out, ',');
    proto_quotes(out, key);
    sbuf_addc(out, ':');
    proto_quotes(out, value ? value : "");
}

#define MARK "baton:"

void os_mark(struct sbuf *out, const char *token)
{
    sbuf_addf(out, MARK "%s", token);
}

const char *os_marked(const char *description)
{
    if (!description || strncmp(description, MARK, strlen(MARK)) != 0)
        return NULL;
    return description[strlen(MARK)] ? description + strlen(MARK) : NULL;
}

/* --- user data --- */

/* As the reference's driver does it: for each user of the image, and root. A key holds no quote of a
 * here-document's: its lines were checked. */
static void add_keys(struct sbuf *out, const char *keys)
{
    sbuf_adds(out, "for home in /root /home/*; do\n"
                   "    [ -d \"$home\" ] || continue\n"
                   "    mkdir -p \"$home/.ssh\"\n"
                   "    cat >>\"$home/.ssh/authorized_keys\" <<'BATON_KEYS'\n");
    sbuf_adds(out, keys);
    sbuf_adds(out, "BATON_KEYS\n"
                   "    chown -R \"$(stat -c %u:%g \"$home\")\" \"$home/.ssh\"\n"
                   "    chmod -R go= \"$home/.ssh\"\n"
                   "done\n");
}

#define BOUNDARY "==baton-user-data=="

static void add_part(struct sbuf *out, const char *type, const char *text)
{
    sbuf_addf(out, "--" BOUNDARY "\nContent-Type: %s; charset=\"utf-8\"\n\n%s\n", type, text);
}

static void add_parts(struct sbuf *out, const char *user_data, const char *keys)
{
    AUTO(sbuf_release) struct sbuf script = SBUF_INIT;
    sbuf_adds(&script, "#!/bin/sh\n");
    add_keys(&script, keys);
    sbuf_adds(out, "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\n"
                   "MIME-Version: 1.0\n\n");
    add_part(out, "text/x-shellscript", script.s);
    add_part(out, "text/cloud-config", user_data);
    sbuf_adds(out, "--" BOUNDARY "--\n");
}

/* Keys go in front: a script may end by itself, or never. */
static void add_to_script(struct sbuf *out, const char *user_data, const char *keys)
{
    const char *line = user_data[0] ? strchr(user_data, '\n') : NULL;
    if (user_data[0])
        sbuf_add(out, user_data, line ? (size_t)(line - user_data) : strlen(user_data));
    else
        sbuf_adds(out, "#!/bin/sh");
    sbuf_addc(out, '\n');
    add_keys(out, keys);
    sbuf_adds(out, line ? line + 1 : "");
}

/* Only shells read the lines in front of a script's own. */
static bool is_shell(const char *user_data)
{
    size_t n = strcspn(user_data, "\n");
    return strncmp(user_data, "#!", 2) == 0 && n >= 4 &&
           (memmem(user_data, n, "/sh", 3) || memmem(user_data, n, "bash", 4) ||
            memmem(user_data, n, "dash", 4));
}

enum err_code os_user_data(const char *user_data, const char *keys, struct sbuf *out,
                           struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    user_data = user_data ? user_data : "";
    keys = keys ? keys : "";
    if (strstr(keys, "BATON_KEYS"))
        return err_set(err, ERR_INVALID, "a key holds the word BATON_KEYS");
    if (!keys[0])
        sbuf_adds(&text, user_data);
    else if (!user_data[0] || is_shell(user_data))
        add_to_script(&text, user_data, keys);
    else if (strncmp(user_data, "#cloud-config", 13) == 0)
        add_parts(&text, user_data, keys);
    else {
        err_set(err, ERR_INVALID, "ssh keys cannot be added to user data of this kind");
        return err_hint(err, "begin it with #!/bin/sh or #cloud-config, or name no keys");
    }
    base64_add(out, text.s, text.len);
    if (out->len <= OS_USER_DATA_MAX)
        return ERR_OK;
    err_set(err, ERR_LIMIT,
            "the user data has %zu bytes in base64, more than the %d that nova takes", out->len,
            OS_USER_DATA_MAX);
    return err_hint(err, "let it fetch what is large, or put that into the image");
}

const char *os_disk_format(const unsigned char *head, size_t len)
{
    static const struct {
        const char *mark;
        size_t n, at;
        const char *format;
    } kinds[] = {{"QFI\xfb", 4, 0, "qcow2"},         {"KDMV", 4, 0, "vmdk"},
                 {"conectix", 8, 0, "vhd"},          {"vhdxfile", 8, 0, "vhdx"},
                 {"\x7f\x10\xda\xbe", 4, 64, "vdi"}, {"CD001", 5, 32769, "iso"}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (len >= kinds[i].at + kinds[i].n &&
            memcmp(head + kinds[i].at, kinds[i].mark, kinds[i].n) == 0)
            return kinds[i].format;
    return "raw";
}
