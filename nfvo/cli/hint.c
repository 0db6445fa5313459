#include "nfvo/cli/hint.h"

#include "common/base/macros.h"

#include <stdbool.h>
#include <string.h>

/* '*' is an id, or the word in braces or capitals that stands for one; the same in the command. The
 * first row that fits is taken: longer ones stand before their beginnings. */
static const struct {
    const char *call, *command;
} rows[] = {
    /* clang-format off */
    {"POST /oauth/token, then send Authorization: Bearer <token>", "baton login"},
    {"POST /oauth/token for a new one",                            "baton login"},
    {"POST, DELETE /api/v1/ns-records/*/vnfcinstances",            "baton nsr scale-out NSR VNF:VDU=N..."},
    {"DELETE /api/v1/ns-records/*?plan=true",                      "baton nsr delete * --plan"},
    {"DELETE /api/v1/ns-records/*",                                "baton nsr delete *"},
    {"GET /api/v1/ns-records/*",                                   "baton nsr show *"},
    {"DELETE /api/v1/ns-descriptors/*",                            "baton nsd delete *"},
    {"GET /api/v1/baton/operations/*",                             "baton op show *"},
    {"GET /api/v1/operations/*",                                   "baton status"},
    {"GET /api/v1/vnfmanagers",                                    "baton status"},
    {"GET /api/v1/datacenters",                                    "baton pop list"},
    {"POST /api/v1/datacenters",                                   "baton pop create FILE"},
    {"POST /api/v1/vnf-packages",                                  "baton package upload TAR"},
    {"POST /api/v1/keys",                                          "baton key import NAME FILE"},
    {"GET /api/v1/history/20",                                     "baton audit --limit 20"},
    {"GET /api/v1/openapi.json",                                   "baton help"},
    {"?queue=true",                                                "--queued"},
    {"?plan=true",                                                 "--plan"},
    /* clang-format on */
};

static bool is_id(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-_.{}", c);
}

/* Bytes of text that call covers; 0: it is another one. ret_id: what stands for its '*'. */
static size_t covers(const char *call, const char *text, const char **ret_id, size_t *ret_n)
{
    const char *at = text;
    *ret_id = NULL;
    *ret_n = 0;
    for (; *call; call++)
        if (*call != '*') {
            if (*at++ != *call)
                return 0;
        } else {
            *ret_id = at;
            while (*at && is_id(*at))
                at++;
            *ret_n = (size_t)(at - *ret_id);
            if (*ret_n == 0)
                return 0;
        }
    /* "GET /api/v1/datacenters/x" is not the list */
    return (*at && is_id(*at)) || *at == '/' ? 0 : (size_t)(at - text);
}

static void put_command(struct sbuf *out, const char *command, const char *id, size_t n)
{
    const char *star = strchr(command, '*');
    if (!star) {
        sbuf_adds(out, command);
        return;
    }
    sbuf_add(out, command, (size_t)(star - command));
    if (n > 0 && id[0] == '{')
        sbuf_adds(out, "ID");
    else
        sbuf_add(out, id, n);
    sbuf_adds(out, star + 1);
}

void cli_put_hint(struct sbuf *out, const char *hint)
{
    while (*hint) {
        const char *id;
        size_t n, len = 0, i = 0;
        for (; i < ARRAY_LEN(rows); i++) {
            len = covers(rows[i].call, hint, &id, &n);
            if (len > 0)
                break;
        }
        if (len > 0) {
            put_command(out, rows[i].command, id, n);
            hint += len;
        } else {
            sbuf_add(out, hint++, 1);
        }
    }
}
