/* What the OpenStack driver reads: a PoP's authUrl, what a user puts into user data and keys, and what a cloud answers,
 * which may be none at all. Memory is bounded, and what is refused says why. */
#include "common/http/http.h"
#include "vim-drivers/openstack/records.h"
#include "vim-drivers/openstack/text.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (PROTO_ARENA_MAX + ((size_t)1 << 20))

static void must_say(enum err_code rc, const struct err *err)
{
    if (rc != ERR_OK && !err->msg[0])
        abort();
}

/* Nothing of it may end a line of a request. */
static void must_be_plain(const char *text, const char *not_in_it)
{
    if (strpbrk(text, not_in_it))
        abort();
}

static void urls(const char *text)
{
    char url[OS_URL_MAX];
    bool is_v2;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = os_auth_url(text, true, url, &is_v2, &err);
    must_say(rc, &err);
    if (rc == ERR_OK)
        must_be_plain(url, "\r\n @?#");
    for (int s = OS_IDENTITY; s < OS_SERVICE_N; s++) {
        err = (struct err)ERR_INIT;
        rc = os_endpoint_url((enum os_service)s, text, url, &err);
        must_say(rc, &err);
        if (rc == ERR_OK)
            must_be_plain(url, "\r\n @?#");
    }
    http_percent_encode(&out, text);
    must_be_plain(out.s, "\r\n /&?#");
    os_time(text);
    os_is_hex_id(text);
    if (os_marked(text) && !os_marked(text)[0])
        abort();
}

static void said(const char *text, size_t len)
{
    for (size_t size = 1; size < 300; size += 149) {
        char *words = malloc(size), *type = malloc(size);
        if (words && type) {
            os_words(text, len, words, size, type, size);
            must_be_plain(words, "\r\n");
            os_code((int)(len % 600), words, type);
        }
        free(words);
        free(type);
    }
}

static void answers(const char *text, size_t len)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(arena_release) struct arena b = ARENA_INIT;
    struct os_page *page;
    struct os_one *one;
    struct err err = ERR_INIT;
    char region[64];
    enum err_code rc = proto_decode(&os_page_type, text, len, 0, &a, &page, &err);
    must_say(rc, &err);
    if (rc == ERR_OK && !os_next_query(page, offsetof(struct os_page, server_links)))
        abort();
    if (rc == ERR_OK && !os_next_query(page, 0))
        abort();
    err = (struct err)ERR_INIT;
    rc = proto_decode(&os_one_type, text, len, 0, &b, &one, &err);
    must_say(rc, &err);
    if (rc == ERR_OK && one->token) {
        must_say(os_region_choose(one->token, "x", true, region, sizeof(region), &err), &err);
        os_endpoint_find(one->token, "compute", "public", "");
    }
    if (a.used > ARENA_MAX || b.used > ARENA_MAX)
        abort();
}

static void user_data(const char *text, size_t len)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf keys = SBUF_INIT;
    struct err err = ERR_INIT;
    must_say(os_user_data(text, "", &out, &err), &err);
    sbuf_addf(&keys, "%s\n", text);
    err = (struct err)ERR_INIT;
    must_say(os_user_data(text, keys.s, &out, &err), &err);
    os_disk_format((const unsigned char *)text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    urls(text);
    said(text, size);
    answers(text, size);
    user_data(text, size);
    free(text);
    return 0;
}
