#include "common/base/secret.h"

#include <stdlib.h>
#include <string.h>

bool secret_equal(const char *a, const char *b)
{
    size_t n = strlen(a);
    unsigned char differs = 0;
    if (strlen(b) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(a[i] ^ b[i]);
    return differs == 0;
}

void secret_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}
