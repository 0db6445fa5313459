#include "nfvo/store/image_token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void image_token_make(const struct seal *s, const char *image_id, int64_t until_s, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf name = SBUF_INIT;
    sbuf_addf(&name, "%s %lld", image_id, (long long)until_s);
    sbuf_addf(out, "%lld.", (long long)until_s);
    seal_derive(s, SEAL_IMAGE, name.s, out);
}

bool image_token_is_good(const struct seal *s, const char *image_id, const char *token,
                         int64_t now_s)
{
    AUTO(sbuf_release) struct sbuf good = SBUF_INIT;
    size_t digits = strspn(token, "0123456789");
    if (digits == 0 || digits > 15 || token[digits] != '.')
        return false;
    long long until = strtoll(token, NULL, 10);
    image_token_make(s, image_id, until, &good);
    return until > now_s && strlen(token) == good.len &&
           sodium_memcmp(token, good.s, good.len) == 0;
}
