#include "common/sys/ids.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <uuid/uuid.h>

void id_new(char out[ID_SIZE])
{
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, out);
}

bool id_is_valid(const char *s)
{
    uuid_t id;
    return s && uuid_parse(s, id) == 0;
}

void id_random(void *buf, size_t n)
{
    char *at = buf;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* going on with predictable keys would be worse */
        }
        at += got;
        n -= (size_t)got;
    }
}

void id_token(char *out, size_t size)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const unsigned base = sizeof(digits) - 1, fair = 256 - 256 % base;
    unsigned char pool[64];
    size_t left = 0, at = 0;
    while (at + 1 < size) {
        if (left == 0) {
            id_random(pool, sizeof(pool));
            left = sizeof(pool);
        }
        unsigned byte = pool[--left];
        if (byte < fair) /* the rest would make the first digits likelier */
            out[at++] = digits[byte % base];
    }
    if (size > 0)
        out[at] = '\0';
}
