/* What the Docker driver reads: a PoP's address, an image's name, a client token, and what an engine
 * answers, which may be none at all. Memory is bounded, and what is refused says why. */
#include "common/http/http.h"
#include "vim-drivers/docker/records.h"
#include "vim-drivers/docker/text.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (PROTO_ARENA_MAX + ((size_t)1 << 20))

static void must_say(enum err_code rc, const struct err *err)
{
    if (rc != ERR_OK && !err->msg[0])
        abort();
}

/* Nothing of it may end a URL's part, or a line of a header. */
static void must_be_plain(const char *text, const char *not_in_it)
{
    if (strpbrk(text, not_in_it))
        abort();
}

static void names(const char *text)
{
    struct dk_address at;
    char repository[DK_NAME_MAX], tag[DK_NAME_MAX], registry[DK_NAME_MAX], name[DK_NAME_MAX];
    char host[64], version[DK_VERSION_MAX];
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct err err = ERR_INIT;
    enum err_code rc = dk_address_read(text, true, &at, &err);
    must_say(rc, &err);
    if (rc == ERR_OK)
        must_be_plain(at.url, "\r\n @?#");
    err = (struct err)ERR_INIT;
    rc = dk_reference_read(text, repository, tag, &err);
    must_say(rc, &err);
    if (rc == ERR_OK) {
        must_be_plain(repository, "\r\n &?#%");
        must_be_plain(tag, "\r\n &?#%");
        dk_registry_of(repository, registry);
        if (!registry[0])
            abort();
    }
    err = (struct err)ERR_INIT;
    rc = dk_name_of_token(text, name, &err);
    must_say(rc, &err);
    if (rc == ERR_OK)
        must_be_plain(name, "\r\n /&?#%");
    dk_hostname(text, host);
    err = (struct err)ERR_INIT;
    must_say(dk_version_choose(text, NULL, version, &err), &err);
    http_percent_encode(&out, text);
    must_be_plain(out.s, "\r\n /&?#");
}

static void answers(const char *text, size_t len)
{
    static const struct proto_type *const one[] = {&dk_image_inspect_type, &dk_network_type,
                                                   &dk_info_type, &dk_message_type,
                                                   &dk_version_type},
                                          *const many[] = {&dk_container_type, &dk_image_type,
                                                           &dk_network_type};
    for (size_t i = 0; i < ARRAY_LEN(one) + ARRAY_LEN(many); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct err err = ERR_INIT;
        struct proto_list list = {0};
        void *rec;
        must_say(i < ARRAY_LEN(one)
                     ? proto_decode(one[i], text, len, 0, &a, &rec, &err)
                     : proto_decode_list(many[i - ARRAY_LEN(one)], text, len, &a, &list, &err),
                 &err);
        if (a.used > ARENA_MAX)
            abort();
    }
}

static void stream(const char *text, size_t len)
{
    struct dk_stream s = DK_STREAM_INIT;
    struct err err = ERR_INIT;
    size_t half = len / 2;
    if (dk_stream_take(&s, text, half))
        dk_stream_take(&s, text + half, len - half);
    must_say(dk_stream_end(&s, &err), &err);
    dk_stream_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    names(text);
    answers(text, size);
    stream(text, size);
    free(text);
    return 0;
}
