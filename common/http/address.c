#include "common/http/http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err_code http_read_address(const char *where, char ret[HTTP_ADDRESS_SIZE], uint16_t *ret_port,
                                struct err *err)
{
    const char *colon = strrchr(where, ':');
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || colon == where || !colon[1] || *end || port > UINT16_MAX ||
        (size_t)(colon - where) >= HTTP_ADDRESS_SIZE) {
        err_set(err, ERR_INVALID, "'%.80s' is not ADDRESS:PORT", where);
        return err_hint(err, "write it as 127.0.0.1:9100");
    }
    bool has_brackets = where[0] == '[' && colon[-1] == ']';
    snprintf(ret, HTTP_ADDRESS_SIZE, "%.*s", (int)(colon - where) - 2 * has_brackets,
             where + has_brackets);
    *ret_port = (uint16_t)port;
    return ERR_OK;
}
