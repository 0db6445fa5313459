/* What a client says of itself before anything is known of it: the header Authorization (bearer
 * tokens of any form, Basic), and the forms of /oauth/token. The first byte says which. Nothing is
 * read behind its end, what is found is part of what was sent, and only the right client is let
 * in. */
#include "nfvo/api/auth/credentials.h"

#include "common/base/arena.h"

#include <stdlib.h>
#include <string.h>

static void check_bearer(const char *text)
{
    const char *token = credentials_bearer(text);
    if (token && (token < text || token > text + strlen(text) || !*token))
        abort();
}

/* "Basic " and the one base64 text, whatever else is in it. */
static void check_basic(const char *text)
{
    static const char right[] = "b3BlbmJhdG9uT1NDbGllbnQ6c2VjcmV0";
    if (credentials_basic(text, "openbatonOSClient", "secret") && !strstr(text, right))
        abort();
}

static void check_form(const char *text)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct credentials_form form;
    credentials_form(text, &a, &form);
    const char *const values[] = {form.grant_type, form.username, form.password, form.raw_password,
                                  form.refresh_token};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i] && strlen(values[i]) > strlen(text))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] % 3 == 0)
        check_bearer(text);
    else if (data[0] % 3 == 1)
        check_basic(text);
    else
        check_form(text);
    free(text);
    return 0;
}
