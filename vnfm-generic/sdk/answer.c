/* What goes out: one row per action. amqp-protocol.md 3.4. */
#include "vnfm-generic/sdk/internal.h"

#include "common/sys/clock.h"
#include "proto/codec/path.h"

#include <stdio.h>
#include <string.h>

enum { RECORD = 1, INSTANCE = 2, NOTHING = 4, LOGS = 8 };

#define ROW(action_, handler_, what_, answer_)                                                     \
    [ACTION_##action_] = {offsetof(struct ob_vnfm_handlers, handler_), what_, ACTION_##answer_}

/* NOTHING is the body "null": "acknowledged, nothing to do". An empty body would make the Python
 * SDK's twin loop. */
/* clang-format off */
static const struct {
    size_t handler_at;
    int what; /* 0: not an action of a VNFM */
    enum action answer;
} rows[ACTION_N] = {
    ROW(INSTANTIATE,       instantiate, RECORD,            INSTANTIATE),
    ROW(MODIFY,            modify,      RECORD,            MODIFY),
    ROW(START,             start,       RECORD | INSTANCE, START),
    ROW(STOP,              stop,        RECORD | INSTANCE, STOP),
    ROW(SCALE_OUT,         scale_out,   RECORD | INSTANCE, SCALED),
    ROW(SCALE_IN,          scale_in,    NOTHING,           NONE),
    ROW(HEAL,              heal,        RECORD | INSTANCE, HEAL),
    ROW(RELEASE_RESOURCES, terminate,   RECORD,            RELEASE_RESOURCES),
    ROW(UPDATE,            update,      RECORD,            UPDATE),
    ROW(EXECUTE,           execute,     RECORD,            EXECUTE),
    ROW(RESUME,            resume,      RECORD,            RESUME),
    ROW(CONFIGURE,         configure,   RECORD,            CONFIGURE),
    ROW(ERROR,             error,       NOTHING,           NONE),
    ROW(LOG_REQUEST,       log,         LOGS,              LOG_REQUEST),
    ROW(CANCEL,            cancel,      NOTHING,           NONE),
};
/* clang-format on */

size_t answer_handler_at(enum action action)
{
    return action < ACTION_N && rows[action].what ? rows[action].handler_at : SIZE_MAX;
}

void answer_member(struct sbuf *out, const char *name, struct proto_raw text)
{
    if (!text.n)
        return;
    sbuf_addf(out, ",\"%s\":", name);
    sbuf_add(out, text.at, text.n);
}

/* The NFVO has no handler for RESUME: the answer names the step that was resumed (3.2), as that
 * step itself would be answered. Ours says which one it is. */
static const char *resumed_word(struct ob_request *r)
{
    err_ignore(request_decode(r, NULL), "was decoded before");
    enum action said = action_parse(r->msg ? r->msg->resumed_action : NULL);
    if (said != ACTION_NONE)
        return action_word(said);
    return r->msg && r->msg->dependency.n ? "MODIFY" : "START";
}

struct shape {
    const char *word;
    int what;
};

static struct shape shape_of(struct ob_request *r)
{
    struct shape own = {action_word(rows[r->action].answer), rows[r->action].what};
    const char *word = r->answer_as[0]              ? r->answer_as
                       : r->action == ACTION_RESUME ? resumed_word(r)
                                                    : NULL;
    enum action as = action_parse(word);
    if (!word)
        return own;
    if (!rows[as].what || rows[as].what & LOGS)
        return (struct shape){word, own.what};
    if (rows[as].what & NOTHING) /* "null" would say that nothing was resumed */
        return (struct shape){word, RECORD};
    return (struct shape){action_word(rows[as].answer), rows[as].what};
}

void answer_ok(struct ob_request *r, struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf changed = SBUF_INIT;
    struct shape shape = shape_of(r);
    int what = shape.what;
    if (what & NOTHING) {
        sbuf_adds(out, "null");
        return;
    }
    sbuf_addf(out, "{\"action\":\"%s\"", shape.word);
    if (what & RECORD)
        answer_member(out, "virtualNetworkFunctionRecord", request_text(r, RECORD_VNFR, &changed));
    sbuf_clear(&changed);
    if (what & INSTANCE)
        answer_member(out, "vnfcInstance", request_text(r, RECORD_VNFC_INSTANCE, &changed));
    if (what & LOGS)
        sbuf_addf(out, ",\"outputLog\":[%s],\"errorLog\":[%s]", r->log[0].s, r->log[1].s);
    if (r->note.len)
        sbuf_add(out, r->note.s, r->note.len);
    if (r->host_logs.len)
        sbuf_addf(out, ",\"hostLogs\":{%s]}", r->host_logs.s);
    sbuf_addc(out, '}');
}

static const char *nsr_id(struct ob_request *r)
{
    const char *id = r->msg ? proto_strmap_get(&r->msg->extension, "nsr-id") : NULL;
    return id ? id : ob_get_str(ob_request_vnfr(r, NULL), "parent_ns_id");
}

static void add_place(struct fault *f, const struct ob_fault_place *place)
{
    f->host = place->host;
    f->script = place->script;
    f->output_tail = place->output_tail;
    if (place->script)
        f->exit_code = place->exit_code;
}

static void add_fault(struct ob_request *r, const struct err *err,
                      const struct ob_fault_place *place, struct sbuf *out)
{
    char now[CLOCK_TEXT_SIZE];
    const char *vnfr = ob_get_str(ob_request_vnfr(r, NULL), "id");
    clock_text(clock_wall_us(), now);
    struct fault *f =
        fault_from_err(err, arena_printf(&r->arena, "vnfm:%s", r->vnfm->type),
                       vnfr ? arena_printf(&r->arena, "vnfr %s", vnfr) : NULL, &r->arena);
    f->at = now;
    if (place)
        add_place(f, place);
    sbuf_adds(out, ",\"fault\":");
    proto_encode(&fault_type, f, 0, out);
}

void answer_error(struct ob_request *r, const struct err *err, const struct ob_fault_place *place,
                  struct sbuf *out)
{
    AUTO(sbuf_release) struct sbuf changed = SBUF_INIT;
    struct proto_raw record = request_text(r, RECORD_VNFR, &changed);
    const char *text = err->msg[0] ? err->msg : err_text(err->code);
    const char *id = nsr_id(r);
    sbuf_adds(out, "{\"action\":\"ERROR\"");
    if (id) {
        sbuf_adds(out, ",\"nsrId\":");
        proto_quotes(out, id);
    }
    answer_member(out, "virtualNetworkFunctionRecord", record);
    sbuf_adds(out, ",\"exception\":{\"detailMessage\":");
    proto_quotes(out, text);
    sbuf_addc(out, '}');
    add_fault(r, err, place, out);
    sbuf_addc(out, '}');
}

void ob_request_note(struct ob_request *r, const struct err *err,
                     const struct ob_fault_place *place)
{
    sbuf_clear(&r->note);
    add_fault(r, err, place, &r->note);
}

void ob_request_add_host_log(struct ob_request *r, const char *hostname, const char *line)
{
    struct sbuf *out = &r->host_logs;
    if (!out->len || strncmp(r->log_host, hostname, sizeof(r->log_host) - 1) != 0) {
        sbuf_adds(out, out->len ? "]," : "");
        proto_quotes(out, hostname);
        sbuf_adds(out, ":[");
        snprintf(r->log_host, sizeof(r->log_host), "%s", hostname);
    } else {
        sbuf_addc(out, ',');
    }
    proto_quotes(out, line);
}

void ob_request_answer_as(struct ob_request *r, const char *action)
{
    snprintf(r->answer_as, sizeof(r->answer_as), "%s", action);
}

void ob_request_add_log(struct ob_request *r, const char *line, bool is_error)
{
    struct sbuf *log = &r->log[is_error];
    if (log->len)
        sbuf_addc(log, ',');
    proto_quotes(log, line);
}

const char *ob_request_text(const struct ob_request *r, const char *name)
{
    return r->msg ? proto_path_str(&envelope_type, r->msg, name) : NULL;
}
