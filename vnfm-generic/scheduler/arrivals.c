/* What has arrived, and what the store knows of it. */
#include "vnfm-generic/scheduler/internal.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/log/log.h"
#include "common/sys/clock.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 64 };

static struct job *run_with_id(struct scheduler *c, const char *id)
{
    struct job *job = c->runs;
    while (job && strcmp(job->request.id, id) != 0)
        job = job->next;
    return job;
}

/* --- before planning: which run is it? --- */

static struct vnfc_instance *instance_on(const struct vnfr *vnfr, const char *hostname)
{
    for (uint32_t v = 0; v < vnfr->vdu.n; v++)
        for (uint32_t i = 0; i < vnfr->vdu.at[v]->vnfc_instance.n; i++) {
            struct vnfc_instance *instance = vnfr->vdu.at[v]->vnfc_instance.at[i];
            if (instance->hostname && strcmp(instance->hostname, hostname) == 0)
                return instance;
        }
    return NULL;
}

static bool installs(enum action action)
{
    return action == ACTION_INSTANTIATE || action == ACTION_SCALE_OUT;
}

static enum err_code take_package(struct job *job, const char *text, struct err *err)
{
    struct run_request *q = &job->request;
    if ((!installs(q->action) && !q->rebuilt_at) || q->package || !text)
        return ERR_OK;
    return proto_decode(&vnf_package_type, text, strlen(text), 0, &job->arena, &q->package, err);
}

/* What the request that failed was about; what the RESUME says itself counts more. */
static enum err_code take_subject(struct job *job, const struct rows_resumed *from, struct err *err)
{
    struct run_request *q = &job->request;
    if (!q->cause)
        q->cause = from->cause;
    q->is_standby |= from->is_standby;
    if (q->package && q->action == ACTION_INSTANTIATE)
        job_keep_package(job);
    if (!q->instance && from->instance && q->action != ACTION_SCALE_IN) {
        q->instance = instance_on(q->vnfr, from->instance);
        if (!q->instance)
            return err_set(err, ERR_NOT_FOUND, "%s of '%s' was about '%s', which is gone",
                           from->action, text_or_empty(q->vnfr->name), from->instance);
    }
    return take_package(job, from->package, err);
}

static enum err_code resume(struct scheduler *c, struct job *job, struct err *err)
{
    struct rows_resumed from;
    struct run_request *q = &job->request;
    bool has_action = job->resumed_action != ACTION_NONE;
    const struct rows_resumes what = {.id = job->resumes,
                                      .action = has_action ? action_word(job->resumed_action) : "",
                                      .instance = q->instance ? q->instance->hostname : NULL};
    enum err_code rc =
        rows_find_resumed(c->db, text_or_empty(q->vnfr->id), &what, &job->arena, &from, err);
    if (rc != ERR_OK)
        return rc;
    if (job->resumes && !from.id) {
        err_set(err, ERR_NOT_FOUND, "RESUME of '%s': nothing is known of the request '%.64s'",
                text_or_empty(q->vnfr->name), job->resumes);
        return err_hint(err, "was the VNFM's database lost? Send the request itself again");
    }
    q->is_resumed = true;
    q->action = from.id ? action_parse(from.action) : job->resumed_action;
    if (q->action == ACTION_NONE) /* it never came to us, or nothing of ours failed */
        q->action = job->resumed_action != ACTION_NONE ? job->resumed_action
                    : q->dependency                    ? ACTION_MODIFY
                                                       : ACTION_START;
    job->resumed_id = from.id;
    q->root = from.root;
    return from.id ? take_subject(job, &from, err) : ERR_OK;
}

/* A server that comes later, or is rebuilt, gets what the others have. */
static enum err_code complete(struct scheduler *c, struct job *job, struct err *err)
{
    struct run_request *q = &job->request;
    const char *package;
    bool is_later = q->action == ACTION_SCALE_OUT || q->rebuilt_at;
    if (!is_later || q->package)
        return ERR_OK;
    enum err_code rc =
        rows_find_package(c->db, text_or_empty(q->vnfr->id), &job->arena, &package, err);
    return rc == ERR_OK ? take_package(job, package, err) : rc;
}

static enum err_code identify(struct scheduler *c, struct job *job, struct err *err)
{
    const char *id = NULL;
    if (!job->is_anonymous)
        return ERR_OK;
    enum err_code rc = rows_find_anonymous(c->db, text_or_empty(job->request.vnfr->id),
                                           action_word(job->request.action), &job->arena, &id, err);
    if (rc == ERR_OK && id && run_with_id(c, id))
        return err_set(err, ERR_STATE, "%s of '%s' is in hand already",
                       action_word(job->request.action), text_or_empty(job->request.vnfr->name));
    if (rc == ERR_OK && id)
        job->request.id = id;
    return rc;
}

bool scheduler_waits_for(const struct err *err)
{
    return err->code == ERR_UNAVAIL || err->code == ERR_TIMEOUT || err->code == ERR_UNKNOWN ||
           db_is_retryable(err);
}

static struct rows_arrival arrival_of(const struct job *job)
{
    const struct run_request *q = &job->request;
    bool is_one = q->instance && (q->action == ACTION_SCALE_OUT || q->action == ACTION_HEAL ||
                                  q->action == ACTION_START || q->action == ACTION_STOP);
    return (struct rows_arrival){.id = q->id,
                                 .vnfr_id = text_or_empty(q->vnfr->id),
                                 .vnfr_name = text_or_empty(q->vnfr->name),
                                 .action = action_word(q->action),
                                 .package = job->package_text,
                                 .script = q->action == ACTION_UPDATE ? job->script_text : NULL,
                                 .resumed_id = job->resumed_id,
                                 .root = q->root ? q->root : q->id,
                                 .instance = is_one ? q->instance->hostname : NULL,
                                 .cause = q->cause,
                                 .is_standby = q->is_standby,
                                 .is_anonymous = job->is_anonymous,
                                 .is_instantiating = q->action == ACTION_INSTANTIATE,
                                 .is_releasing = q->action == ACTION_RELEASE_RESOURCES,
                                 .owns_hosts = installs(q->action),
                                 .run = job->run};
}

/* A package that lacks a script, say: when it is repaired the request is resumed as any other. */
static enum err_code note_refused(struct scheduler *c, const struct job *job, struct err *err)
{
    struct rows_arrival arrival = arrival_of(job);
    return rows_refused(c->db, &arrival, err);
}

/* ERR_OK also when the job was refused and is gone (*job NULL). */
static enum err_code prepare(struct scheduler *c, struct job **job, struct err *err)
{
    struct job *j = *job;
    enum err_code rc = ERR_OK;
    if (j->run)
        return ERR_OK;
    if (j->is_resume && !j->request.is_resumed)
        rc = resume(c, j, err);
    if (rc == ERR_OK)
        rc = complete(c, j, err);
    if (rc == ERR_OK)
        rc = identify(c, j, err);
    if (rc != ERR_OK && scheduler_waits_for(err))
        return rc;
    if (rc == ERR_OK)
        j->run = run_plan(&j->request, &c->o->limits, &j->arena, err);
    if (j->run)
        return ERR_OK;
    struct err failed = ERR_INIT;
    if (rc == ERR_OK && note_refused(c, j, &failed) != ERR_OK && scheduler_waits_for(&failed)) {
        *err = failed;
        return failed.code;
    }
    job_fail(c, j, err);
    *job = NULL;
    return ERR_OK;
}

static enum err_code prepare_all(struct scheduler *c, struct err *err)
{
    for (struct job **at = &c->arriving; *at;) {
        struct job *job = *at, *next = job->next;
        enum err_code rc = prepare(c, &job, err);
        if (rc != ERR_OK)
            return rc;
        if (!job)
            *at = next;
        else
            at = &job->next;
    }
    return ERR_OK;
}

/* --- the batch --- */

struct load {
    struct rows_batch batch;
    struct rows_arrival arrivals[BATCH_MAX];
    struct rows_hello hellos[BATCH_MAX];
    const char **run_ids;
    const char **hostnames;
    const char *cancels[BATCH_MAX];
    size_t n_jobs; /* of c->arriving, from the first */
    size_t n_hellos_taken;
    bool has_looks;
    struct arena arena;
};

/* A host that said hello twice is one row; one whose author is known counts more. */
static void add_hello(struct load *l, const struct hello *hello)
{
    struct rows_hello row = {.hostname = hello->said->hostname,
                             .boot = hello->said->boot,
                             .has_journal =
                                 proto_strs_has(&hello->said->capabilities, EMS_CAPABILITY_JOURNAL),
                             .is_vouched = hello->is_vouched};
    l->n_hellos_taken++;
    for (size_t i = 0; i < l->batch.n_hellos; i++)
        if (strcmp(l->hellos[i].hostname, row.hostname) == 0) {
            if (row.is_vouched || !l->hellos[i].is_vouched)
                l->hellos[i] = row;
            return;
        }
    l->hellos[l->batch.n_hellos++] = row;
}

static void add_looks(struct scheduler *c, struct load *l)
{
    size_t n_runs = 0, n_hosts = c->n_looks;
    for (const struct job *job = c->runs; job; job = job->next) {
        n_runs++;
        n_hosts += c->looks_at_all ? job->run->n_hosts : 0;
    }
    l->run_ids = arena_alloc(&l->arena, (n_runs + 1) * sizeof(char *));
    l->hostnames = arena_alloc(&l->arena, (n_hosts + 1) * sizeof(char *));
    for (uint32_t i = 0; i < c->n_looks; i++)
        l->hostnames[l->batch.n_hostnames++] = c->looks[i];
    for (const struct job *job = c->runs; job; job = job->next) {
        if (c->looks_for_cancelled || c->looks_at_all)
            l->run_ids[l->batch.n_run_ids++] = job->request.id;
        for (uint32_t i = 0; c->looks_at_all && i < job->run->n_hosts; i++)
            l->hostnames[l->batch.n_hostnames++] = job->run->hosts[i].hostname;
    }
    l->batch.run_ids = l->run_ids;
    l->batch.hostnames = l->hostnames;
}

static void collect(struct scheduler *c, struct load *l)
{
    size_t max = c->is_careful ? 1 : BATCH_MAX;
    l->batch = (struct rows_batch){.arrivals = l->arrivals,
                                   .hellos = l->hellos,
                                   .cancels = l->cancels,
                                   .are_hosts_alone = c->o->are_hosts_alone,
                                   .channel = c->o->schema,
                                   .sender = c->o->sender};
    for (const struct job *job = c->arriving; job && l->n_jobs < max; job = job->next, l->n_jobs++)
        l->arrivals[l->batch.n_arrivals++] = arrival_of(job);
    if (c->is_careful && l->n_jobs)
        return;
    for (const struct hello *h = c->hellos; h && l->n_hellos_taken < max; h = h->next)
        add_hello(l, h);
    for (const struct job *job = c->cancels; job && l->batch.n_cancels < max; job = job->next)
        l->cancels[l->batch.n_cancels++] = job->cancels;
    l->has_looks = !c->is_careful || !l->n_hellos_taken;
    if (l->has_looks)
        add_looks(c, l);
}

/* --- what came back --- */

static const char when_released[] = "the network service is being deleted";
static const char when_asked[] = "the NFVO gave it up";

static void read_agents(struct scheduler *c, const struct db_result *agents)
{
    for (int i = 0; i < db_rows(agents); i++)
        for (struct job *job = c->runs; job; job = job->next) {
            struct run_host *host = run_host_find(job->run, db_text(agents, i, 0));
            if (!host)
                continue;
            run_hello(job->run, host,
                      &(struct run_agent){.hello_n = db_int64(agents, i, 1),
                                          .boot_at = db_int64(agents, i, 5),
                                          .has_journal = db_bool(agents, i, 2)});
            host->may_be_unsaid = db_bool(agents, i, 3);
            if (db_bool(agents, i, 4) && !host->is_reached) {
                host->is_reached = true;
                c->o->reach(c->o->arg, host->hostname);
            }
            job->is_touched = true;
        }
}

static void read_unsaid(struct scheduler *c, const struct db_result *hosts)
{
    for (int i = 0; i < db_rows(hosts); i++)
        impostor_note(c, NULL, db_text(hosts, i, 0), true);
}

static void cancel(struct scheduler *c, const char *id, const char *why)
{
    struct job *job = run_with_id(c, id);
    if (!job || job->request.action == ACTION_RELEASE_RESOURCES ||
        job->request.action == ACTION_ERROR)
        return;
    run_cancel(job->run, why);
    job->is_touched = true;
}

static void read_runs(struct scheduler *c, const struct db_result *runs, int64_t now)
{
    for (int i = 0; i < db_rows(runs); i++) {
        struct job *job = run_with_id(c, db_text(runs, i, 0));
        if (job && !job->run->started_at)
            run_started(job->run, db_int64(runs, i, 1), now);
        if (job && db_bool(runs, i, 4))
            run_was_done(job->run);
        if (!db_is_null(runs, i, 2))
            cancel(c, db_text(runs, i, 0), db_bool(runs, i, 3) ? when_released : when_asked);
    }
}

static void read_vnfrs(struct scheduler *c, const struct db_result *vnfrs)
{
    for (int i = 0; i < db_rows(vnfrs); i++) {
        if (db_is_null(vnfrs, i, 1))
            continue;
        for (struct job *job = c->runs; job; job = job->next)
            if (job->request.vnfr->id && strcmp(job->request.vnfr->id, db_text(vnfrs, i, 0)) == 0)
                cancel(c, job->request.id, when_released);
    }
}

static void read_steps(struct scheduler *c, const struct db_result *steps)
{
    for (int i = 0; i < db_rows(steps); i++) {
        struct step_row row;
        const char *run_id = rows_step_read(steps, i, &row);
        struct job *job = run_with_id(c, run_id);
        if (job)
            run_adopt(job->run, &row);
    }
    for (int i = 0; i < db_rows(steps); i++) { /* then, where this run has nothing of its own */
        struct step_row row;
        const char *run_id = rows_step_read(steps, i, &row);
        for (struct job *job = c->runs; job; job = job->next)
            if (job->resumed_id && strcmp(job->resumed_id, run_id) == 0)
                run_inherit(job->run, &row);
    }
}

static void begin_runs(struct scheduler *c, size_t n)
{
    for (; n > 0; n--) {
        struct job *job = c->arriving;
        c->arriving = job->next;
        job->next = c->runs;
        job->is_touched = true;
        c->runs = job;
        log_info(LOG_LCM, "run_begins", KV_S("run", job->request.id),
                 KV_S("action", action_word(job->request.action)),
                 KV_S("vnfr", job->request.vnfr->name), KV_I("hosts", job->run->n_hosts));
    }
}

static void drop_hellos(struct scheduler *c, size_t n)
{
    for (; n > 0 && c->hellos; n--) {
        struct hello *h = c->hellos;
        c->hellos = h->next;
        if (h->is_vouched) /* else it may be one of thousands: impostors.c sums those up */
            log_info(LOG_EMS, "hello", KV_S("host", h->said->hostname),
                     KV_S("version", h->said->version));
        c->o->ack_hello(c->o->arg, h->tag, h->epoch);
        arena_release(&h->arena);
        free(h);
    }
}

static void answer_cancels(struct scheduler *c, size_t n)
{
    for (; n > 0; n--) {
        struct job *job = c->cancels;
        c->cancels = job->next;
        log_info(LOG_LCM, "run_cancelled", KV_S("run", job->cancels));
        ob_request_reply(job->handle);
        job_free(c, job);
    }
}

static void distribute(struct scheduler *c, const struct load *l,
                       const struct db_result res[static ROWS_RESULT_N])
{
    int64_t now = db_int64(&res[ROWS_NOW], 0, 0);
    c->offset_us = now - clock_mono_us();
    begin_runs(c, l->n_jobs);
    read_runs(c, &res[ROWS_RUNS], now);
    read_vnfrs(c, &res[ROWS_VNFRS]);
    for (int i = 0; i < db_rows(&res[ROWS_CANCELLED]); i++)
        cancel(c, db_text(&res[ROWS_CANCELLED], i, 0), when_released);
    read_agents(c, &res[ROWS_AGENTS]);
    read_unsaid(c, &res[ROWS_UNSAID]);
    read_steps(c, &res[ROWS_STEPS]);
    drop_hellos(c, l->n_hellos_taken);
    answer_cancels(c, l->batch.n_cancels);
    if (l->has_looks) {
        arena_release(&c->looks_arena);
        c->looks = NULL;
        c->n_looks = 0;
        c->looks_at_all = c->looks_for_cancelled = false;
    }
}

/* It was one that the database refuses: it must not hold up the others. */
static void give_up_first(struct scheduler *c, const struct load *l, const struct err *err)
{
    if (l->n_jobs) {
        struct job *job = c->arriving;
        c->arriving = job->next;
        job_fail(c, job, err);
    } else {
        drop_hellos(c, l->n_hellos_taken);
    }
}

static bool has_work(const struct scheduler *c)
{
    return c->arriving || c->cancels || c->hellos || c->n_looks || c->looks_at_all ||
           c->looks_for_cancelled;
}

bool arrivals_take(struct scheduler *c, struct err *err)
{
    while (has_work(c)) {
        struct db_result res[ROWS_RESULT_N] = {{0}};
        struct load l = {.arena = ARENA_INIT};
        if (prepare_all(c, err) != ERR_OK)
            return false;
        if (!has_work(c))
            break;
        collect(c, &l);
        enum err_code rc = rows_load(c->db, &l.batch, res, err);
        if (rc == ERR_OK)
            distribute(c, &l, res);
        db_results_clear(c->db);
        arena_release(&l.arena);
        if (rc == ERR_OK) {
            c->is_careful = c->is_careful && has_work(c);
            continue;
        }
        if (scheduler_waits_for(err))
            return false;
        log_error(LOG_DB, "batch_refused", KV_I("runs", l.n_jobs), KV_ERR(err));
        if (c->is_careful && (l.n_jobs || l.n_hellos_taken))
            give_up_first(c, &l, err);
        else if (!c->is_careful && (c->arriving || c->hellos))
            c->is_careful = true;
        else
            return false;
    }
    return true;
}
