/* Logs of an instance: asked of its VNFM for a user who waits (rest-api.md 2.10, amqp-protocol.md
 * 8.4). Not a step of anybody's lifecycle: possible in any phase, beside whatever else the VNFM was
 * asked; the record stays as it is. */
#include "nfvo/lifecycle/nsr.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/sbuf.h"
#include "proto/topology.h"

static void finish(struct decision *d, struct command *c, int status, const char *body)
{
    struct finished_operation *o = arena_alloc(d->arena, sizeof(*o));
    *o = (struct finished_operation){c->subject, status, body};
    proto_list_add(&d->operations, o, d->arena);
    decision_close(c);
}

static void fail(struct decision *d, struct command *c, int status, const char *component,
                 const struct err *err, const struct vnfm_or *msg)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct fault *f = fault_from_err(err, component, NULL, d->arena);
    fault_add_peers(d, f, msg ? msg->fault : NULL);
    f->at = timestamp_executed(d->arena, d->now);
    proto_encode(&fault_type, f, PROTO_NO_SECRETS, &text);
    finish(d, c, status, arena_strndup(d->arena, text.s, text.len));
}

/* --- the question --- */

static bool has_host(struct vnfr_member *v, const char *hostname)
{
    const struct vnfr *vnfr = member_vnfr(v);
    for (uint32_t i = 0; i < v->m->n_instances; i++)
        if (strcmp(v->m->instances[i].row->key[INSTANCE_VNFR], v->row->id) == 0 &&
            strcmp(v->m->instances[i].row->key[INSTANCE_HOSTNAME], hostname) == 0)
            return true;
    for (uint32_t u = 0; vnfr && u < vnfr->vdu.n; u++) /* of VNFMs that allocate themselves */
        for (uint32_t i = 0; i < vnfr->vdu.at[u]->vnfc_instance.n; i++) {
            const char *host = vnfr->vdu.at[u]->vnfc_instance.at[i]->hostname;
            if (host && strcmp(host, hostname) == 0)
                return true;
        }
    return false;
}

static void send_log_request(struct vnfr_member *v, const struct logs_request *req)
{
    struct decision *d = v->m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    const char *data = arena_printf(d->arena, "%lld %d %s", (long long)req->lines, req->is_full,
                                    v->row->key[VNFR_ENDPOINT]);
    struct command *c = command_open(d, CMD_LOG_REQUEST, req->operation, data);
    sbuf_addf(&body, "{\"action\":\"%s\",\"vnfrName\":", action_word(ACTION_LOG_REQUEST));
    proto_quotes(&body, req->vnfr_name);
    sbuf_adds(&body, ",\"hostname\":");
    proto_quotes(&body, req->hostname);
    sbuf_addc(&body, '}');
    send_to_vnfm(v, c, &body)->policy = command_rows[CMD_LOG_REQUEST].again;
}

void logs_ask(struct nsr_model *m, const struct logs_request *req)
{
    struct decision *d = m->d;
    struct vnfr_member *v = model_vnfr_by_name(m, req->vnfr_name);
    if (!v)
        err_set(&d->err, ERR_NOT_FOUND, "Error something was not found: no VNFR '%s' in NSR %s",
                req->vnfr_name, d->root->id);
    else if (!has_host(v, req->hostname))
        err_set(&d->err, ERR_NOT_FOUND,
                "Error something was not found: no instance with hostname '%s' in VNFR '%s'",
                req->hostname, req->vnfr_name);
    else
        send_log_request(v, req);
}

/* --- the answer --- */

struct asked {
    int64_t lines; /* 0: all */
    bool is_full;
    const char *vnfm;
};

static struct asked asked_of(const struct command *c)
{
    char *end;
    struct asked a = {.lines = strtoll(c->data, &end, 10)};
    a.is_full = strtol(end, &end, 10) != 0;
    a.vnfm = *end ? end + 1 : end;
    return a;
}

static void add_lines(struct sbuf *out, const struct proto_strs *list, uint32_t from)
{
    sbuf_addc(out, '[');
    for (uint32_t i = from; i < list->n; i++) {
        sbuf_adds(out, i > from ? "," : "");
        proto_quotes(out, list->at[i] ? list->at[i] : "");
    }
    sbuf_addc(out, ']');
}

/* As the reference: the last lines of the output, or the whole error log if there is one. */
static const char *answer_of(struct decision *d, const struct asked *a, const struct vnfm_or *msg)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    uint32_t n = msg->output_log.n;
    uint32_t from = a->lines > 0 && a->lines < n ? n - (uint32_t)a->lines : 0;
    if (a->is_full) {
        sbuf_adds(&out, "{\"outputLog\":");
        add_lines(&out, &msg->output_log, from);
        sbuf_adds(&out, ",\"errorLog\":");
        add_lines(&out, &msg->error_log, 0);
        sbuf_addc(&out, '}');
    } else if (msg->error_log.n) {
        add_lines(&out, &msg->error_log, 0);
    } else {
        add_lines(&out, &msg->output_log, from);
    }
    return arena_strndup(d->arena, out.s, out.len);
}

void logs_answered(struct nsr_model *m, struct command *c, const struct vnfm_or *msg,
                   const struct err *bad)
{
    struct decision *d = m->d;
    struct asked a = asked_of(c);
    struct err err = ERR_INIT;
    enum action got = msg ? action_parse(msg->action) : ACTION_NONE;
    if (got == ACTION_LOG_REQUEST) {
        finish(d, c, 200, answer_of(d, &a, msg));
        return;
    }
    const char *component = arena_printf(d->arena, "vnfm:%s", a.vnfm);
    if (bad)
        err_set(&err, ERR_PEER, "VNFM '%s' answered LOG_REQUEST with something unreadable: %s",
                a.vnfm, bad->msg);
    else if (got == ACTION_ERROR)
        err_set(&err, ERR_PEER, "VNFM '%s' answered LOG_REQUEST with an error: %s", a.vnfm,
                vnfm_exception_text(msg->exception));
    else
        err_set(&err, ERR_PEER, "VNFM '%s' answered LOG_REQUEST with %s", a.vnfm,
                msg ? msg->action : "nothing");
    fail(d, c, 500, component, &err, msg);
}

void logs_late(struct nsr_model *m, struct command *c)
{
    struct asked a = asked_of(c);
    struct err err = ERR_INIT;
    err_set(&err, ERR_TIMEOUT, "VNFM '%s' did not answer LOG_REQUEST in time", a.vnfm);
    err_hint(&err,
             "is it there ('baton status'), and does it know logs? VNFMs of the Python and Go "
             "SDK do not, and answer nothing while they work");
    fail(m->d, c, 500, "nfvo", &err, NULL);
}

/* Nobody will answer any more. */
void logs_of_the_gone(struct nsr_model *m)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "Error something was not found: NSR %s was deleted meanwhile",
            m->d->root->id);
    for (uint32_t i = 0; i < m->d->commands.n; i++)
        if (m->d->commands.at[i]->kind == CMD_LOG_REQUEST && m->d->commands.at[i]->mark != ROW_GONE)
            fail(m->d, m->d->commands.at[i], 404, "nfvo", &err, NULL);
}

/* --- of what is released: into the history, where they are read when nobody can be asked --- */

enum { KEPT_HOSTS_MAX = 1000, KEPT_BYTES_MAX = 1024 * 1024, KEPT_LINE_MAX = 4096 };

void logs_keep(struct vnfr_member *v, const struct vnfm_or *msg)
{
    struct decision *d = v->m->d;
    size_t bytes = 0;
    for (uint32_t i = 0; msg && i < msg->host_logs.n && i < KEPT_HOSTS_MAX; i++) {
        const struct proto_strspair *host = &msg->host_logs.at[i];
        struct proto_strs lines = {0};
        if (!has_host(v, host->key))
            continue;
        for (uint32_t k = 0; k < host->value.n && bytes < KEPT_BYTES_MAX; k++) {
            const char *line = text_cut(d->arena, host->value.at[k], KEPT_LINE_MAX);
            bytes += strlen(line);
            proto_list_add(&lines, line, d->arena);
        }
        nsr_note_logs(v->m, v->row->key[VNFR_NAME], host->key, &lines);
    }
}
