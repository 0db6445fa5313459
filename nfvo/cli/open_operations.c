#include "nfvo/cli/open_operations.h"

#include "nfvo/cli/operation.h"
#include "nfvo/cli/table.h"
#include "nfvo/cli/words.h"

#include <string.h>

void cli_put_open_what(struct sbuf *out, const json_t *op, int64_t now_us)
{
    const char *host = cli_json_str(op, "instance.name"), *vnf = cli_json_str(op, "vnfr.name");
    int64_t asked = cli_operation_time(op, "askedAt");
    sbuf_adds(out, cli_json_str(op, "kind"));
    if (*host || *vnf)
        sbuf_addf(out, " of %s", *host ? host : vnf);
    sbuf_addf(out, " (%s), asked by %s at ", cli_json_str(op, "id"), cli_json_str(op, "askedBy"));
    cli_put_clock(out, asked, now_us);
    sbuf_adds(out, ", ");
    cli_put_span(out, now_us - asked);
    sbuf_adds(out, " ago");
}

static bool is_state(const json_t *op, const char *state)
{
    return strcmp(cli_json_str(op, "state"), state) == 0;
}

static void put_step(struct sbuf *out, const json_t *op, int64_t now_us)
{
    const json_t *step = json_object_get(op, "current");
    const char *host = cli_json_str(step, "instance"), *peer = cli_json_str(step, "peer"),
               *state = cli_json_str(step, "state"), *why = cli_json_str(step, "fault.message");
    int64_t sent = cli_operation_time(step, "sentAt");
    if (!step)
        return;
    sbuf_addf(out, ": step %s of %s, %s of %s, ", cli_json_str(step, "n"),
              cli_json_str(op, "progress.of"), cli_json_str(step, "kind"),
              *host ? host : cli_json_str(step, "of"));
    if (strcmp(state, "SENT") == 0 || strcmp(state, "UNDOING") == 0) {
        sbuf_addf(out, "waits for the %s", *peer ? peer : "nfvo");
        if (sent) {
            sbuf_adds(out, " since ");
            cli_put_clock(out, sent, now_us);
            sbuf_adds(out, " (");
            cli_put_span(out, now_us - sent);
            sbuf_addc(out, ')');
        }
    } else {
        sbuf_adds(out, state);
    }
    if (!*why)
        why = cli_json_str(step, "note");
    if (*why)
        sbuf_addf(out, ": %s", why);
}

void cli_put_open_state(struct sbuf *out, const json_t *op, int64_t now_us)
{
    sbuf_adds(out, cli_json_str(op, "state"));
    if (is_state(op, "STARTING")) {
        sbuf_adds(out, ": waits for operations before it, until ");
        cli_put_clock(out, cli_operation_time(op, "queuedUntil"), now_us);
        return;
    }
    put_step(out, op, now_us);
}

/* Those that the server says; it offers no wait. */
void cli_put_open_next(struct sbuf *out, const json_t *op, const char *before)
{
    size_t i;
    const json_t *next;
    if (!cli_is_undecided(op))
        sbuf_addf(out, "%sbaton op wait %s", before, cli_json_str(op, "id"));
    json_array_foreach(json_object_get(op, "next"), i, next) if (json_is_string(next))
        sbuf_addf(out, "%s%s", before, json_string_value(next));
}

bool cli_is_undecided(const json_t *op)
{
    return is_state(op, "FAILED_TEMP");
}

bool cli_is_open_of(const json_t *op, const char *vnfr)
{
    const char *name = cli_json_str(op, "vnfr.name");
    return !vnfr || !*name || strcmp(name, vnfr) == 0;
}

void cli_print_open_operations(struct cli *c, const json_t *operations, int64_t now_us)
{
    static const char *const headings[] = {"OPERATION", "ID", "NSR", "BY", "AGE", "STATE", NULL};
    const json_t *op;
    size_t i;
    if (json_array_size(operations) == 0)
        return;
    fputc('\n', c->out);
    struct cli_table *t = cli_table_new(c, headings, false);
    json_array_foreach(operations, i, op)
    {
        AUTO(sbuf_release) struct sbuf age = SBUF_INIT, state = SBUF_INIT;
        cli_put_span(&age, now_us - cli_operation_time(op, "askedAt"));
        cli_put_open_state(&state, op, now_us);
        const char *cells[] = {cli_json_str(op, "kind"),
                               cli_json_str(op, "id"),
                               cli_json_str(op, "nsr.name"),
                               cli_json_str(op, "askedBy"),
                               age.s,
                               state.s};
        cli_table_add(t, NULL, cells);
    }
    cli_table_print(t);
}
