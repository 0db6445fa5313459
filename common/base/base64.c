#include "common/base/base64.h"

#include <stdint.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void add(struct sbuf *out, const void *data, size_t len, const char *digits)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)at[i] << 16 | (left > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
                     (left > 2 ? at[i + 2] : 0);
        char quad[4] = {digits[v >> 18], digits[v >> 12 & 63], left > 1 ? digits[v >> 6 & 63] : '=',
                        left > 2 ? digits[v & 63] : '='};
        sbuf_add(out, quad, sizeof(quad));
    }
}

void base64_add(struct sbuf *out, const void *data, size_t len)
{
    add(out, data, len, LETTERS "+/");
}

void base64_add_url(struct sbuf *out, const void *data, size_t len)
{
    add(out, data, len, LETTERS "-_");
}
