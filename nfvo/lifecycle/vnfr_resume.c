/* A VNFR that FAILED, or was HELD since another one did, goes on: operations.md 2.4 (RESUME), 3.1.
 * Which step it is, and in which form it goes out, the operation's plan says; here it becomes a
 * request of the machine, which is answered, timed and released as that of a deployment. What was
 * done is not asked for again. */
#include "nfvo/lifecycle/vnfr.h"

#include <string.h>

bool vnfr_said_late(struct vnfr_member *v, const char *command, const char *room)
{
    bool is_its = !room || strcmp(v->row->key[VNFR_ROOM], room) == 0;
    if (v->row->phase != VNFR_FAILED || !v->st->may_run_yet || !is_its || !v->st->failed_command ||
        strcmp(v->st->failed_command, command) != 0)
        return false;
    v->st->may_run_yet = false;
    member_changed(v);
    return true;
}

/* --- the requests ------------------------------------------------------------------------------ */

static const struct deploy_request *deployment(struct vnfr_member *v, const char *text)
{
    struct deploy_request *req;
    struct err err = ERR_INIT;
    if (!text || proto_decode(&deploy_request_type, text, strlen(text), 0, v->m->d->arena, &req,
                              &err) != ERR_OK)
        return NULL;
    req->candidates = v->m->st->candidates; /* as when it was deployed */
    req->keys = v->m->st->keys;
    req->monitoring_ip = v->m->st->monitoring_ip;
    return req->nsd && req->nsd->vnfd.n ? req : NULL;
}

/* What could not be launched is deleted; ALLOCATE launches what has no server, unless launches of
 * the attempt before are under way. */
static void forget_resources(struct vnfr_member *v)
{
    for (uint32_t i = 0; i < v->m->n_instances; i++) {
        struct instance_member *x = &v->m->instances[i];
        if (strcmp(x->row->key[INSTANCE_VNFR], v->row->id) == 0 && x->row->phase == INSTANCE_FAILED)
            instance_delete(v->m, x);
    }
    v->st->launch_fault = NULL;
    v->st->refused = (struct proto_strmap){0};
    v->st->prepared = v->st->looked_at = (struct proto_strs){0};
    v->st->reply_to = v->st->correlation_id = v->st->reply_room = NULL;
}

/* Where an INSTANTIATE that is sent again meets the VNFM: a grant that was given is given again. */
static int phase_of_instantiate(const struct vnfr_member *v)
{
    int failed_in = vnfr_failed_in(v);
    if (!v->vnfr || failed_in == VNFR_GRANTING || failed_in == VNFR_INSTANTIATING)
        return VNFR_INSTANTIATING;
    if (launches_pending(v))
        return VNFR_ALLOCATING;
    return failed_in == VNFR_ALLOCATED ? VNFR_ALLOCATED : VNFR_GRANTED;
}

/* The same once more is the RESUME that it was: the request itself would begin anew at a VNFM that
 * never got the RESUME. One that failed before its grant has no record that a RESUME could name:
 * the request itself goes out. */
static bool is_as_resume(const struct vnfr_turn *t)
{
    const struct vnfr_resume *r = t->in->resume;
    return member_vnfr(t->v) &&
           (r->form == FORM_RESUME || (r->form == FORM_SAME && t->v->st->resumes && r->command));
}

static const char *resumed(const struct vnfr_turn *t)
{
    const struct vnfr_resume *r = t->in->resume;
    return r->form == FORM_RESUME ? r->command : t->v->st->resumes;
}

/* Of ours, one that was not answered and never asked for servers: it may be a VNFM that makes them itself,
 * and has done everything. The same request again: it gives its answer again. */
static bool is_asked_again(const struct vnfr_turn *t)
{
    const struct vnfr_member *v = t->v;
    const struct vnfr_resume *r = t->in->resume;
    return r->form == FORM_MESSAGE && r->kind == STEP_INSTANTIATE && v->st->correlates &&
           v->st->may_run_yet && v->st->failed_command && !v->st->launch_fault &&
           vnfr_failed_in(v) < VNFR_ALLOCATING;
}

/* By another id: its VNFM would do both, and run scripts twice. */
static void end_the_one_before(const struct vnfr_turn *t, bool is_same)
{
    struct vnfr_member *v = t->v;
    if (t->in->resume->form == FORM_MESSAGE && v->st->correlates && v->st->may_run_yet &&
        v->st->failed_command && !is_same)
        send_cancel_to_vnfm(v, v->st->failed_command);
    v->st->may_run_yet = false;
}

static int instantiate(const struct vnfr_turn *t, bool is_same)
{
    struct vnfr_member *v = t->v;
    const struct deploy_request *req = deployment(v, t->in->resume->deploy);
    int phase = phase_of_instantiate(v);
    if (is_as_resume(t)) {
        const struct resume_request r = {
            .kind = CMD_INSTANTIATE,
            .resumes = resumed(t),
            .package = req ? deployed_package(req, req->nsd->vnfd.at[0]) : NULL};
        send_resume(v, &r);
        return phase == VNFR_GRANTED ? VNFR_GRANTED : VNFR_ALLOCATED;
    }
    if (!req) /* refused before: operate_resume.c */
        return VNFR_FAILED;
    struct vnfd *vnfd = req->nsd->vnfd.at[0];
    if (v->vnfr && v->vnfr->configurations) /* those of the deployment */
        vnfd->configurations = v->vnfr->configurations;
    else if (v->st->configurations)
        vnfd->configurations = v->st->configurations;
    forget_resources(v);
    if (phase == VNFR_ALLOCATING) /* ALLOCATE only waits there */
        vnfr_launch_missing(v);
    end_the_one_before(t, is_same);
    send_instantiate(v, req, vnfd);
    return phase;
}

static int modify(const struct vnfr_turn *t)
{
    struct vnfr_member *v = t->v;
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    if (is_as_resume(t)) {
        const struct resume_request r = {.kind = CMD_MODIFY, .resumes = resumed(t)};
        send_resume(v, &r);
    } else {
        send_modify(v, dep);
    }
    return VNFR_MODIFYING;
}

static int start(const struct vnfr_turn *t)
{
    struct vnfr_member *v = t->v;
    if (is_as_resume(t)) {
        const struct resume_request r = {.kind = CMD_START, .resumes = resumed(t)};
        send_resume(v, &r);
    } else {
        send_start(v);
    }
    return VNFR_STARTING;
}

int on_resume(void *ctx)
{
    const struct vnfr_turn *t = ctx;
    const struct vnfr_resume *r = t->in->resume;
    struct vnfr_member *v = t->v;
    member_changed(v);
    v->st->is_resuming = is_as_resume(t);
    const char *same = r->form == FORM_SAME ? r->command
                       : is_asked_again(t)  ? v->st->failed_command
                                            : NULL;
    int phase = r->kind == STEP_INSTANTIATE ? instantiate(t, same != NULL)
                : r->kind == STEP_MODIFY    ? modify(t)
                                            : start(t);
    if (same && phase != v->row->phase)
        send_as(v, same);
    v->st->resumes = !is_as_resume(t) ? NULL : resumed(t) ? resumed(t) : "";
    return phase;
}
