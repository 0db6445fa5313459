/* A request of the NFVO on its way in and out: what the SDK gives us, and what we give it back. */
#include "vnfm-generic/scheduler/internal.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "proto/messages/or_vnfm.h"
#include "vnfm-generic/ems/user_data.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    USABLE_ID = 16, /* shorter ones are numbers that a foreign NFVO counts anew at each start */
    ID_MAX = 200
};

static enum err_code decode(struct job *job, struct ob_request *r, const char *name,
                            const struct proto_type *type, void *ret, struct err *err)
{
    size_t len;
    const char *text = ob_request_json(r, name, &len);
    if (!text)
        return ERR_OK;
    if (proto_decode(type, text, len, 0, &job->arena, ret, err) != ERR_OK)
        return err_add(err, "%s of %s", name, ob_request_action(r));
    return ERR_OK;
}

static void choose_id(struct job *job, const char *id)
{
    char made[ID_SIZE];
    job->is_anonymous = !id || strlen(id) < USABLE_ID || strlen(id) > ID_MAX;
    if (job->is_anonymous)
        id_new(made);
    job->request.id = arena_strdup(&job->arena, job->is_anonymous ? made : id);
}

/* For a RESUME: its scripts in base64, a third of what they are on the wire. */
void job_keep_package(struct job *job)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&vnf_package_type, job->request.package, PROTO_COMPLETE | PROTO_BASE64, &text);
    job->package_text = arena_strndup(&job->arena, text.s, text.len);
}

/* As the package is kept; only that of an UPDATE is used. */
static void keep_script(struct job *job)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&script_type, job->request.script, PROTO_COMPLETE | PROTO_BASE64, &text);
    job->script_text = arena_strndup(&job->arena, text.s, text.len);
}

static enum err_code read_rebuilt(struct job *job, const struct ob_request *r, struct err *err)
{
    const char *text = ob_request_text(r, "extension[" OR_VNFM_REBUILT "]");
    char *end;
    if (!text)
        return ERR_OK;
    job->request.rebuilt_at = strtoll(text, &end, 10);
    if (*end || job->request.rebuilt_at <= 0)
        return err_set(err, ERR_INVALID, "extension." OR_VNFM_REBUILT " '%.40s' is no time", text);
    return ERR_OK;
}

static enum err_code read_texts(struct job *job, const struct ob_request *r, struct err *err)
{
    struct run_request *q = &job->request;
    const char *mode = ob_request_text(r, "mode");
    job->is_resume = q->action == ACTION_RESUME;
    job->resumes = arena_strdup(&job->arena, ob_request_text(r, "resumes"));
    job->resumed_action = action_parse(ob_request_text(r, "resumedAction"));
    q->cause = arena_strdup(&job->arena, ob_request_text(r, "cause"));
    q->is_standby = mode && strcasecmp(mode, "standby") == 0;
    return read_rebuilt(job, r, err);
}

static enum err_code read_request(struct job *job, struct ob_request *r, struct err *err)
{
    struct run_request *q = &job->request;
    q->action = action_parse(ob_request_action(r));
    choose_id(job, ob_request_id(r));
    q->guard = (struct proto_bytes){.at = (const uint8_t *)guard_script, .n = strlen(guard_script)};
    enum err_code rc = read_texts(job, r, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "vnfr", &vnfr_type, &q->vnfr, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "vnfc_instance", &vnfc_instance_type, &q->instance, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "dependency", &vnf_record_dependency_type, &q->dependency, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "package", &vnf_package_type, &q->package, err);
    if (rc == ERR_OK && q->package && q->action == ACTION_INSTANTIATE)
        job_keep_package(job);
    if (rc == ERR_OK)
        rc = decode(job, r, "script", &script_type, &q->script, err);
    if (rc == ERR_OK && q->script)
        keep_script(job);
    if (rc == ERR_OK && !q->vnfr)
        rc = err_set(err, ERR_INVALID, "%s has no record", ob_request_action(r));
    return rc;
}

static enum err_code read_log_request(struct job *job, struct ob_request *r, struct err *err)
{
    job->is_log = true;
    job->hostname = arena_strdup(&job->arena, ob_request_text(r, "hostname"));
    job->vnfr_name = arena_strdup(&job->arena, ob_request_text(r, "vnfrName"));
    return job->hostname ? ERR_OK : err_set(err, ERR_INVALID, "LOG_REQUEST names no hostname");
}

static enum err_code read_cancel(struct job *job, struct ob_request *r, struct err *err)
{
    job->cancels = arena_strdup(&job->arena, ob_request_text(r, "cancels"));
    size_t len = job->cancels ? strlen(job->cancels) : 0;
    if (len < USABLE_ID || len > ID_MAX)
        return err_set(err, ERR_INVALID, "CANCEL names no request");
    for (const char *at = job->cancels; *at; at++)
        if (!isgraph((unsigned char)*at))
            return err_set(err, ERR_INVALID, "CANCEL: that is no id of a request");
    return ERR_OK;
}

enum err_code scheduler_serve(void *arg, struct ob_request *r, struct err *err)
{
    struct scheduler *c = arg;
    struct job *job = xcalloc(1, sizeof(*job));
    enum action action = action_parse(ob_request_action(r));
    enum err_code rc = action == ACTION_LOG_REQUEST ? read_log_request(job, r, err)
                       : action == ACTION_CANCEL    ? read_cancel(job, r, err)
                                                    : read_request(job, r, err);
    if (rc != ERR_OK) {
        arena_release(&job->arena);
        free(job);
        return rc;
    }
    job->handle = r;
    ob_request_defer(r);
    event_give(c, EVENT_JOB, job, NULL);
    return ERR_OK;
}

void job_free(struct scheduler *c, struct job *job)
{
    for (struct sent *s = job->sent; s; s = s->next)
        table_remove(&c->sent, &s->by_command);
    for (uint32_t i = 0; job->run && i < job->run->n_hosts; i++)
        if (job->run->hosts[i].is_reached)
            c->o->leave(c->o->arg, job->run->hosts[i].hostname);
    arena_release(&job->arena);
    free(job);
}

void job_fail(struct scheduler *c, struct job *job, const struct err *err)
{
    log_warn(LOG_LCM, "request_refused", KV_S("run", job->request.id),
             KV_S("action", action_word(job->request.action)), KV_ERR(err));
    ob_request_fail(job->handle, err);
    job_free(c, job);
}

static void set_records(struct job *job)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&vnfr_type, job->run->vnfr, PROTO_COMPLETE, &text);
    err_ignore(ob_request_set_json(job->handle, "vnfr", text.s, text.len, NULL), "is a known name");
    if (!job->request.instance)
        return;
    sbuf_clear(&text);
    proto_encode(&vnfc_instance_type, job->request.instance, PROTO_COMPLETE, &text);
    err_ignore(ob_request_set_json(job->handle, "vnfc_instance", text.s, text.len, NULL),
               "is a known name");
}

void job_answer(struct scheduler *c, struct job *job)
{
    const struct run *run = job->run;
    const struct run_end *end = &run->end;
    const char *word = action_word(job->request.action);
    int64_t ms = (scheduler_now(c) - run->started_at) / 1000;
    run_finish_record(job->run);
    set_records(job);
    if (job->is_resume)
        ob_request_answer_as(job->handle, word);
    if (run->noted.has_failed)
        ob_request_note(job->handle, &run->noted.err,
                        &(struct ob_fault_place){.host = run->noted.host,
                                                 .script = run->noted.script,
                                                 .output_tail = run->noted.output_tail,
                                                 .exit_code = run->noted.exit_code});
    if (end->has_failed) {
        log_warn(LOG_LCM, "run_failed", KV_S("run", job->request.id), KV_S("action", word),
                 KV_S("vnfr", run->vnfr->name), KV_S("host", end->host),
                 KV_S("script", end->script), KV_I("took_ms", ms), KV_ERR(&end->err));
        ob_request_fail_at(job->handle, &end->err,
                           &(struct ob_fault_place){.host = end->host,
                                                    .script = end->script,
                                                    .output_tail = end->output_tail,
                                                    .exit_code = end->exit_code});
    } else {
        if (run->noted.has_failed)
            log_warn(LOG_LCM, "run_went_on", KV_S("run", job->request.id), KV_S("action", word),
                     KV_S("vnfr", run->vnfr->name), KV_S("host", run->noted.host),
                     KV_S("script", run->noted.script), KV_ERR(&run->noted.err));
        log_info(LOG_LCM, "run_done", KV_S("run", job->request.id), KV_S("action", word),
                 KV_S("vnfr", run->vnfr->name), KV_I("took_ms", ms));
        ob_request_reply(job->handle);
    }
    job_free(c, job);
}
