/* baton audit, baton session list|delete. */
#include "common/http/http.h"
#include "common/sys/clock.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/table.h"
#include "nfvo/cli/words.h"

#include <string.h>

#define SHOWN "50" /* the newest */

static void print_times(const json_t *record, struct sbuf *cell)
{
    int64_t n = json_integer_value(json_object_get(record, "times"));
    if (n > 1)
        sbuf_addf(cell, "%lld", (long long)n);
}

static const struct cli_column audit_columns[] = {
    {.heading = "TIME", .path = "at"},
    {.heading = "WHO", .path = "who"},
    {.heading = "FROM", .path = "from"},
    {.heading = "KIND", .path = "kind", .is_wide = true},
    {.heading = "WHAT", .path = "what"},
    {.heading = "OBJECT", .path = "object"},
    {.heading = "OUTCOME", .path = "outcome"},
    {.heading = "STATUS", .path = "status", .is_wide = true},
    {.heading = "TIMES", .print = print_times},
    {.heading = "WHY", .path = "detail"},
    {0}};

int cli_cmd_audit(struct cli *c)
{
    static const struct cli_kind record = {"audit record", "/api/v1/audit", audit_columns, NULL,
                                           false};
    for (int i = 0; i < c->arg_n; i++)
        if (!strchr(c->args[i], '='))
            return cli_fail(c, CLI_USAGE, NULL,
                            "'%s' is no filter: write who=%s, object=/api/*, ..", c->args[i],
                            c->args[i]);
    if (!c->option[CLI_OPT_LIMIT] && cli_is_for_people(c))
        c->option[CLI_OPT_LIMIT] = SHOWN;
    return cli_list(c, &record);
}

static void print_ms(const json_t *session, const char *name, struct sbuf *cell)
{
    char text[CLOCK_TEXT_SIZE];
    clock_text(json_integer_value(json_object_get(session, name)) * USEC_PER_MS, text);
    sbuf_adds(cell, text);
}

static void print_created(const json_t *session, struct sbuf *cell)
{
    print_ms(session, "createdAt", cell);
}

static void print_expires(const json_t *session, struct sbuf *cell)
{
    print_ms(session, "expiresAt", cell);
}

static const struct cli_column session_columns[] = {
    {.heading = "ID", .path = "id"},
    {.heading = "USER", .path = "username"},
    {.heading = "FROM", .path = "from"},
    {.heading = "SINCE", .print = print_created},
    {.heading = "TOKEN UNTIL", .print = print_expires},
    {0}};

int cli_cmd_session_list(struct cli *c)
{
    static const struct cli_kind session = {"session", "/api/v1/sessions", session_columns, NULL,
                                            false};
    return cli_list(c, &session);
}

int cli_cmd_session_delete(struct cli *c)
{
    for (int i = 0; i < c->arg_n; i++) {
        AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        sbuf_adds(&path, "/api/v1/sessions/");
        http_percent_encode(&path, c->args[i]);
        if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
            return cli_report(c, &a, "end session '%s'", c->args[i]);
        fprintf(c->errors, "session '%s' is ended\n", c->args[i]);
    }
    return CLI_OK;
}
