/* A request of the NFVO on its way in and out: what the SDK gives us, and what we give it back. */
#include "vnfm-generic/conductor/internal.h"

#include "common/base/mem.h"
#include "common/log/log.h"
#include "vnfm-generic/ems/user_data.h"

#include <stdlib.h>
#include <string.h>

enum {
    USABLE_ID = 16
}; /* shorter ones are numbers that a foreign NFVO counts anew at each start */

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
    job->is_anonymous = !id || strlen(id) < USABLE_ID || strlen(id) > 200;
    if (job->is_anonymous)
        id_new(made);
    job->request.id = arena_strdup(&job->arena, job->is_anonymous ? made : id);
}

static enum err_code read_request(struct job *job, struct ob_request *r, struct err *err)
{
    struct run_request *q = &job->request;
    size_t len = 0;
    q->action = action_parse(ob_request_action(r));
    job->is_resume = q->action == ACTION_RESUME;
    choose_id(job, ob_request_id(r));
    q->cause = arena_strdup(&job->arena, ob_request_text(r, "cause"));
    q->guard = (struct proto_bytes){.at = (const uint8_t *)guard_script, .n = strlen(guard_script)};
    const char *package = ob_request_json(r, "package", &len);
    if (package && q->action == ACTION_INSTANTIATE)
        job->package_text = arena_strndup(&job->arena, package, len);
    enum err_code rc = decode(job, r, "vnfr", &vnfr_type, &q->vnfr, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "vnfc_instance", &vnfc_instance_type, &q->instance, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "dependency", &vnf_record_dependency_type, &q->dependency, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "package", &vnf_package_type, &q->package, err);
    if (rc == ERR_OK)
        rc = decode(job, r, "script", &script_type, &q->script, err);
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

enum err_code conductor_serve(void *arg, struct ob_request *r, struct err *err)
{
    struct conductor *c = arg;
    struct job *job = xcalloc(1, sizeof(*job));
    bool is_log = action_parse(ob_request_action(r)) == ACTION_LOG_REQUEST;
    enum err_code rc = is_log ? read_log_request(job, r, err) : read_request(job, r, err);
    if (rc != ERR_OK) {
        arena_release(&job->arena);
        free(job);
        return rc;
    }
    job->handle = r;
    ob_request_defer(r);
    event_give(c, EVENT_JOB, job, NULL, NULL, 0, 0, 0);
    return ERR_OK;
}

void job_free(struct conductor *c, struct job *job)
{
    for (struct sent *s = job->sent; s; s = s->next)
        table_remove(&c->sent, &s->by_command);
    arena_release(&job->arena);
    free(job);
}

void job_fail(struct conductor *c, struct job *job, const struct err *err)
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

void job_answer(struct conductor *c, struct job *job)
{
    const struct run *run = job->run;
    const struct run_end *end = &run->end;
    const char *word = action_word(job->request.action);
    int64_t ms = (conductor_now(c) - run->started_at) / 1000;
    run_finish_record(job->run);
    set_records(job);
    if (job->is_resume)
        ob_request_answer_as(job->handle, word);
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
        log_info(LOG_LCM, "run_done", KV_S("run", job->request.id), KV_S("action", word),
                 KV_S("vnfr", run->vnfr->name), KV_I("took_ms", ms));
        ob_request_reply(job->handle);
    }
    job_free(c, job);
}
