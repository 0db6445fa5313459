#include "tests/support/fake_engine.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "nfvo/api/jobs.h"
#include "nfvo/catalogue/plan.h"
#include "nfvo/store/store_misc.h"

struct fake_engine {
    struct api_commands commands;
    struct jobs *thread;
    struct db *db;
    enum fake_mood mood;
    char *password;
};

enum what { DEPLOY, RELEASE, POP_SET, POP_REFRESH, POP_DELETE, LOGS };

struct task {
    struct fake_engine *e;
    enum what what;
    enum fake_mood mood;
    int status;
    char *id, *operation, *project, *name, *type, *doc;
    api_done_fn *done;
    void *arg;
};

static void task_free(struct task *t)
{
    free(t->id);
    free(t->operation);
    free(t->project);
    free(t->name);
    free(t->type);
    free(t->doc);
    free(t);
}

static enum err_code apply(struct task *t, struct err *err)
{
    static const struct db_statement deploy = {
        "fake_deploy",
        "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, state) "
        "VALUES ($1, $1, 0, 1, $2, $3, $4, '', $5, '{}')"};
    static const struct db_statement release = {"fake_release",
                                                "UPDATE nsr SET phase = 100 WHERE id = $1"};
    static const struct db_statement pop = {
        "fake_pop", "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) "
                    "VALUES ($1, $1, 1, 1, $2, $3, $4, $5, '{}') ON CONFLICT (id) DO UPDATE SET "
                    "name = excluded.name, doc = excluded.doc"};
    static const struct db_statement pop_gone = {"fake_pop_gone", "DELETE FROM pop WHERE id = $1"};
    struct db *db = t->e->db;
    switch (t->what) {
    case DEPLOY:
        return db_query(db, &deploy,
                        DB_PARAMS(db_param_text(t->id), db_param_text(t->project),
                                  db_param_text(t->name), db_param_text(t->type),
                                  db_param_text(t->doc)),
                        NULL, err);
    case RELEASE:
        return db_query(db, &release, DB_PARAMS(db_param_text(t->id)), NULL, err);
    case POP_SET:
        return db_query(db, &pop,
                        DB_PARAMS(db_param_text(t->id), db_param_text(t->project),
                                  db_param_text(t->name), db_param_text(t->type),
                                  db_param_text(t->doc)),
                        NULL, err);
    case POP_DELETE:
        return db_query(db, &pop_gone, DB_PARAMS(db_param_text(t->id)), NULL, err);
    case POP_REFRESH:
    case LOGS:
        break;
    }
    return ERR_OK;
}

static void work(void *arg, bool is_stopping)
{
    struct task *t = arg;
    struct err err = ERR_INIT;
    enum err_code rc = ERR_OK;
    if (is_stopping)
        rc = err_set(&err, ERR_UNAVAIL, "stopping");
    else if (t->mood == FAKE_REFUSES)
        rc = err_set(&err, ERR_STATE, "the engine refuses");
    else if (t->mood == FAKE_WORKS)
        rc = apply(t, &err);
    t->done(t->arg, rc == ERR_OK ? NULL : &err, t->doc);
    if (rc == ERR_OK && t->operation && t->mood == FAKE_WORKS)
        rc = store_operation_finish(t->e->db, t->operation, 200, t->what == LOGS ? t->doc : "",
                                    &err);
    if (rc == ERR_OK && t->operation && t->mood == FAKE_FAILS)
        rc = store_operation_finish(
            t->e->db, t->operation, 422,
            "{\"code\":\"ERR_PEER\",\"message\":\"the driver says no\",\"hint\":\"h\"}", &err);
    db_results_clear(t->e->db);
    task_free(t);
}

static struct task *task_new(void *ctx, enum what what, const char *id, api_done_fn *done,
                             void *arg)
{
    struct fake_engine *e = ctx;
    struct task *t = xcalloc(1, sizeof(*t));
    t->e = e;
    t->what = what;
    t->mood = e->mood;
    t->id = xstrdup(id);
    t->done = done;
    t->arg = arg;
    return t;
}

static void push(struct task *t)
{
    if (!jobs_push(t->e->thread, work, t))
        abort();
}

static void deploy(void *ctx, const char *id, const struct deploy_plan *plan, api_done_fn *done,
                   void *arg)
{
    struct task *t = task_new(ctx, DEPLOY, id, done, arg);
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "{\"id\":\"%s\",\"name\":\"%s\",\"status\":\"NULL\",\"vnf_dependency\":[]}", id,
              plan->nsd->name);
    t->project = xstrdup(plan->project_id);
    t->name = xstrdup(plan->nsd->name);
    t->type = xstrdup(plan->nsd->id);
    t->doc = sbuf_take(&doc);
    push(t);
}

static void release(void *ctx, const char *id, const char *project, api_done_fn *done, void *arg)
{
    (void)project;
    push(task_new(ctx, RELEASE, id, done, arg));
}

static void pop_set(void *ctx, const char *operation, const struct vim_instance *pop,
                    api_done_fn *done, void *arg)
{
    struct task *t = task_new(ctx, POP_SET, pop->id, done, arg);
    struct sbuf doc = SBUF_INIT;
    proto_encode(&vim_instance_type, pop, PROTO_COMPLETE | PROTO_NO_SECRETS, &doc);
    t->operation = xstrdup(operation);
    t->project = xstrdup(pop->project_id);
    t->name = xstrdup(pop->name);
    t->type = xstrdup(pop->type);
    t->doc = sbuf_take(&doc);
    free(t->e->password);
    t->e->password = pop->password ? xstrdup(pop->password) : NULL;
    push(t);
}

static void pop_refresh(void *ctx, const char *operation, const char *pop_id, api_done_fn *done,
                        void *arg)
{
    struct task *t = task_new(ctx, POP_REFRESH, pop_id, done, arg);
    t->operation = xstrdup(operation);
    push(t);
}

static void pop_delete(void *ctx, const char *pop_id, api_done_fn *done, void *arg)
{
    push(task_new(ctx, POP_DELETE, pop_id, done, arg));
}

/* The answer repeats the question. */
static void logs(void *ctx, const char *operation, const char *nsr_id, const struct api_logs *what,
                 api_done_fn *done, void *arg)
{
    struct task *t = task_new(ctx, LOGS, nsr_id, done, arg);
    struct sbuf doc = SBUF_INIT;
    sbuf_addf(&doc, "[\"%s\",\"%s\",\"%d\",\"%d\"]", what->vnfr_name, what->hostname,
              (int)what->lines, what->is_full);
    t->operation = xstrdup(operation);
    t->doc = sbuf_take(&doc);
    push(t);
}

struct fake_engine *fake_engine_new(const struct test_schema *schema)
{
    struct fake_engine *e = xcalloc(1, sizeof(*e));
    e->commands =
        (struct api_commands){e, deploy, release, pop_set, pop_refresh, pop_set, pop_delete, logs};
    e->thread = jobs_new(64);
    e->db = test_schema_open(schema);
    return e;
}

void fake_engine_free(struct fake_engine *e)
{
    jobs_free(e->thread);
    db_free(e->db);
    free(e->password);
    free(e);
}

const struct api_commands *fake_engine_commands(struct fake_engine *e)
{
    return &e->commands;
}

void fake_engine_set(struct fake_engine *e, enum fake_mood mood)
{
    e->mood = mood;
}

const char *fake_engine_password(struct fake_engine *e)
{
    return e->password;
}
