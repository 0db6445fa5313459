/* A VNFM at work: takes a request, asks back for INSTANTIATE, runs its scripts, answers. Or not. */
#include "tests/sim/cloud.h"

#include "proto/topology.h"
#include "tests/sim/knowledge.h"
#include "tests/sim/watch.h"

#include <stdio.h>
#include <string.h>

#define C_PATIENCE    (600 * SEC)
#define JAVA_PATIENCE (1000 * SEC) /* vnfm.rabbitmq.sar.timeout */
#define DEADLINE      (1800 * SEC)

struct job {
    struct vnfm *v;
    int incarnation, number;
    struct bconsumer *consumer; /* to be acknowledged at the end; NULL: was acknowledged first */
    struct bmsg *m;
    struct or_vnfm *rq;
    enum action action;
    const struct vnfr *record;
    const struct or_vnfm *grant;
    enum action asked; /* GRANT_OPERATION or ALLOCATE_RESOURCES: whose answer is awaited */
    const char *reply_queue, *correlation;
    const char *command;
    struct fate fate;
    struct publish question;
    struct job *older;
    bool is_done, is_resume;
};

static void finish(struct job *j, const char *body);
static void work(struct sim *s, void *arg, uint64_t tag);

static bool is_current(const struct job *j)
{
    return j->v->is_alive && j->v->incarnation == j->incarnation;
}

/* --- coming and going --- */
static void take(void *ctx, struct bconsumer *c, struct bmsg *m);
static const struct bconn_events events = {.delivery = take};

void vnfm_start(struct vnfm *v)
{
    struct sim *s = v->s;
    v->is_alive = true;
    v->incarnation++;
    v->conn = broker_connect(s, v->type, &events, v);
    /* Foreign VNFMs' queues go with their last consumer; ours stay. */
    broker_declare(s, v->queue, NULL, v->manner != MANNER_C);
    broker_consume(v->conn, v->queue, v->manner == MANNER_C ? 4 : 1000, v->manner != MANNER_C);
    sim_tell(s, v->queue, "", "started");
}

static void come_back(struct sim *s, void *arg, uint64_t tag)
{
    (void)s, (void)tag;
    vnfm_start(arg);
}

void vnfm_crash(struct vnfm *v)
{
    struct sim *s = v->s;
    if (!v->is_alive)
        return;
    sim_tell(s, v->queue, "", "CRASHED");
    v->is_alive = false;
    broker_drop(v->conn, sim_between(s, 0, 50 * MSEC));
    sim_at(s, s->now + sim_between(s, SEC, 60 * SEC), come_back, v, 0);
}

static const char *nsr_of(const struct job *j)
{
    if (j->record && j->record->parent_ns_id)
        return j->record->parent_ns_id;
    return j->rq ? proto_strmap_get(&j->rq->extension, "nsr-id") : NULL;
}

/* --- what it did --- */
/* Ids of commands: "<aggregate>:<kind>.<kind of command>.<n>", in reply queues, too. An operation may
 * do the same again and again, by another command. */
static bool is_a_steps(const char *command)
{
    const char *p = strrchr(command, ':');
    int kind = 0;
    return p && sscanf(p, ":%*d.%d", &kind) == 1 && kind >= 64;
}

static const char *unnamed(struct sim *s, const char *nsr, const char *name)
{
    return arena_printf(&s->arena, "%s/%s", nsr, name);
}

static const char *record_of(const struct job *j)
{
    return j->record && j->record->id
               ? j->record->id
               : unnamed(j->v->s, nsr_of(j), j->record ? j->record->name : "?");
}

void cloud_forget(struct sim *s, const char *nsr, const char *name, const char *id)
{
    const char *before = unnamed(s, nsr, name);
    for (int i = 0; i < s->cloud->n_vnfms; i++)
        for (size_t k = 0; k < s->cloud->vnfms[i].n_effects; k++) {
            struct effect *e = &s->cloud->vnfms[i].effects[k];
            if (strcmp(e->record, before) == 0 || strcmp(e->record, id) == 0)
                e->record = "gone";
        }
}

/* What it did for that record, and how that ended; NULL: nothing. */
static struct effect *last_effect(const struct job *j, enum action action)
{
    const char *record = record_of(j);
    for (size_t i = j->v->n_effects; i-- > 0;)
        if (strcmp(j->v->effects[i].record, record) == 0 &&
            (action == ACTION_NONE || j->v->effects[i].action == action))
            return &j->v->effects[i];
    return NULL;
}

/* Whose doing it is: a RESUME goes on with what ours is told, and with the last one else. What goes
 * on with an operation's is that operation's, whoever sent the RESUME: a VNFR that failed by itself
 * beside a START_INSTANCE that failed is resumed as a deployment is. */
static const char *root_of(const struct job *j)
{
    const char *named = j->v->manner == MANNER_C ? j->rq->resumes : NULL;
    const struct effect *from = !j->is_resume || named ? NULL : last_effect(j, j->action);
    for (size_t i = 0; j->is_resume && named && i < j->v->n_effects; i++)
        if (strcmp(j->v->effects[i].command, named) == 0)
            from = &j->v->effects[i];
    for (const struct job *o = j->v->newest; o && named && !from; o = o->older)
        if (o != j && strcmp(o->command, named) == 0) /* a RESUME that came to nothing */
            return root_of(o);
    return from ? from->root : j->is_resume && named ? named : j->command;
}

/* What it would go on with: ours with that request's, others with their last of that action. */
static const struct effect *last_of(const struct job *j, const char *root)
{
    const struct effect *last = last_effect(j, j->action);
    if (j->v->manner != MANNER_C)
        return last;
    for (size_t i = j->v->n_effects; i-- > 0;)
        if (strcmp(j->v->effects[i].root, root) == 0 && j->v->effects[i].action == j->action)
            return &j->v->effects[i];
    return NULL;
}

static void run_script(struct job *j)
{
    struct vnfm *v = j->v;
    struct sim *s = v->s;
    const char *record = record_of(j), *root = root_of(j);
    const struct effect *last = j->is_resume ? last_of(j, root) : NULL;
    if (last && !last->has_failed) { /* all of it was done: nothing is left to run, or to fail */
        j->fate.fails = false;
        return;
    }
    for (size_t i = 0; i < v->n_effects; i++) {
        const struct effect *e = &v->effects[i];
        if (e->action != j->action || strcmp(e->record, record) != 0 || e->message == j->m->id)
            continue;
        if (j->is_resume && e->has_failed)
            continue;
        if ((is_a_steps(e->root) || is_a_steps(root)) && strcmp(e->root, root) != 0)
            continue;
        if (j->action == ACTION_UPDATE && v->manner != MANNER_C && j->rq->script)
            continue; /* the same script written again is the same */
        if (j->action == ACTION_INSTANTIATE && e->has_failed && strchr(record, '/'))
            continue; /* it failed before its grant: there is no record to go on with */
        if (j->action == ACTION_INSTANTIATE && v->manner != MANNER_C)
            continue; /* a foreign VNFM may be asked to INSTANTIATE again: its GRANT meets the same
                         record */
        sim_violate(s, "%s ran %s twice for record %.8s: by %s and by %s", v->queue,
                    action_word(j->action), record, e->command, j->command);
    }
    v->effects = arena_grow_array(&s->arena, v->effects, v->n_effects, sizeof(*v->effects));
    v->effects[v->n_effects++] =
        (struct effect){record, j->command, root, j->action, j->m->id, j->fate.fails};
}

static const char *journaled(const struct vnfm *v, const char *command)
{
    for (size_t i = 0; command && i < v->n_journal; i++)
        if (strcmp(v->journal[i].command, command) == 0)
            return v->journal[i].body;
    return NULL;
}

static void journal(struct job *j, const char *body)
{
    struct vnfm *v = j->v;
    if (v->manner != MANNER_C || !j->m->correlation_id)
        return;
    v->journal = arena_grow_array(&v->s->arena, v->journal, v->n_journal, sizeof(*v->journal));
    v->journal[v->n_journal++] = (struct answered){j->m->correlation_id, body};
}

/* --- answering --- */
static void answer(struct job *j, const char *body)
{
    struct vnfm *v = j->v;
    body = cloud_garbled(v->s, &j->fate, body);
    struct publish p = {.exchange = "", .key = j->m->reply_to, .body = body, .len = strlen(body)};
    p.correlation_id = v->manner == MANNER_PYTHON ? NULL : j->m->correlation_id;
    if (!p.key) /* a Python VNFM then uses these (tests/interop/README.md) */
        p.key = j->action == ACTION_INSTANTIATE ? QUEUE_ACTIONS_REPLY : QUEUE_ACTIONS;
    sim_tell(v->s, v->queue, p.key, "%.50s", body);
    broker_publish(v->conn, &p);
}

static void finish(struct job *j, const char *body)
{
    struct vnfm *v = j->v;
    j->is_done = true;
    if (body && !j->fate.silent) {
        answer(j, body);
        if (j->fate.twice)
            answer(j, body);
    } else if (body) {
        sim_tell(v->s, v->queue, "", "stays SILENT after %s", action_word(j->action));
    }
    if (j->consumer)
        broker_ack(v->conn, j->consumer, j->m);
    if (j->fate.crashes_after)
        vnfm_crash(v);
}

static void fail(struct job *j, const char *text)
{
    const char *body = vnfm_error(
        j->v, j->record, j->v->manner == MANNER_PYTHON && !j->record ? NULL : nsr_of(j), text);
    journal(j, body);
    finish(j, body);
}

/* What VNFMs say unasked: a changed record, and, later, that something broke. */
static void say(struct sim *s, void *arg, uint64_t action)
{
    struct job *j = arg;
    struct vnfm *v = j->v;
    bool is_error = action == ACTION_ERROR;
    if (!is_current(j))
        return;
    const char *body = is_error ? vnfm_error(v, j->record, nsr_of(j), "a host is down")
                                : vnfm_message(v, ACTION_UPDATEVNFR, j->record, NULL);
    struct publish p = {.exchange = v->manner == MANNER_PYTHON ? "" : TOPOLOGY_EXCHANGE,
                        .key = is_error ? QUEUE_ACTIONS : QUEUE_ACTIONS_REPLY,
                        .reply_to = is_error ? NULL : "amq.gen-gone",
                        .correlation_id = is_error ? NULL : "update",
                        .body = body,
                        .len = strlen(body)};
    sim_tell(s, v->queue, p.key, "%s, unasked", action_word((enum action)action));
    broker_publish(v->conn, &p);
}

static void say_something(struct job *j)
{
    struct sim *s = j->v->s;
    if (sim_chance(s, 100))
        sim_at(s, s->now + sim_delay(s, SEC), say, j, ACTION_UPDATEVNFR);
    if (sim_faulty(s, s->weather.peer_fails / 3))
        sim_at(s, s->now + sim_delay(s, 20 * SEC), say, j, ACTION_ERROR);
}

/* Its script published a value, which targets want. */
static const struct vnfr *published(struct job *j)
{
    struct arena *a = &j->v->s->arena;
    struct vnfr *own = proto_dup(&vnfr_type, j->record, a);
    struct configuration_parameter *p = proto_new(&configuration_parameter_type, a);
    own->provides = proto_new(&configuration_type, a);
    p->conf_key = "mgmt";
    p->value = arena_printf(a, "healed by %s", j->command);
    proto_list_add(&own->provides->parameters, p, a);
    return own;
}

/* Of one who says nothing when it went well: it did not, and he says it when nobody waits. */
static void say_late(struct sim *s, void *arg, uint64_t tag)
{
    struct job *j = arg;
    (void)tag;
    if (!is_current(j) || !nsr_of(j))
        return;
    const char *text = arena_printf(&s->arena, "late, of job %d of %s.", j->number, j->v->type);
    const char *body = vnfm_error(j->v, j->record, nsr_of(j), text);
    struct publish p = {.exchange = "", .key = j->m->reply_to, .body = body, .len = strlen(body)};
    sim_tell(s, j->v->queue, p.key, "%s", text);
    broker_publish(j->v->conn, &p);
    watch_error(s, nsr_of(j), record_of(j), j->command, text);
}

/* Ours remembers what was cancelled: the request may come behind its CANCEL. */
static bool was_cancelled(const struct job *j)
{
    for (size_t i = 0; j->m->correlation_id && i < j->v->n_cancelled; i++)
        if (strcmp(j->v->cancelled[i], j->m->correlation_id) == 0)
            return true;
    return false;
}

static void cancel(struct job *j)
{
    struct vnfm *v = j->v;
    v->cancelled = arena_grow_array(&v->s->arena, v->cancelled, v->n_cancelled, sizeof(char *));
    v->cancelled[v->n_cancelled++] = arena_strdup(&v->s->arena, j->rq->cancels);
    for (struct job *o = j->v->newest; o; o = o->older)
        if (!o->is_done && is_current(o) && o->m->correlation_id && j->rq->cancels &&
            strcmp(o->m->correlation_id, j->rq->cancels) == 0)
            fail(o, "cancelled");
    j->is_done = true;
    broker_ack(j->v->conn, j->consumer, j->m);
}

/* The last step: scripts, then the answer. */
static void work(struct sim *s, void *arg, uint64_t tag)
{
    struct job *j = arg;
    struct vnfm *v = j->v;
    (void)tag;
    if (!is_current(j) || j->is_done)
        return;
    if (j->fate.crashes_before) {
        vnfm_crash(v);
        return;
    }
    if (j->action == ACTION_INSTANTIATE && v->self_allocates) {
        struct vnfr *own = proto_dup(&vnfr_type, j->record, &s->arena);
        vnfm_allocate_itself(v, own);
        j->record = own;
    }
    if (j->action == ACTION_SCALE_OUT && v->self_allocates)
        j->record = vnfm_scale_itself(v, j->record, j->rq->component->id);
    run_script(j);
    if (j->fate.fails) {
        fail(j, "script exit 1");
        return;
    }
    if (j->action == ACTION_SCALE_IN && !j->is_resume) { /* nothing to say: `null`, or silence */
        journal(j, "null");
        finish(j, v->manner == MANNER_PYTHON ? NULL : "null");
        return;
    }
    if (j->action == ACTION_HEAL && sim_chance(s, 300))
        j->record = published(j);
    enum action said = j->is_resume && v->manner == MANNER_PYTHON ? ACTION_RESUME : j->action;
    const char *body = vnfm_message(
        v, said == ACTION_SCALE_OUT ? ACTION_SCALED : said,
        v->manner == MANNER_PYTHON && !v->self_allocates && sim_faulty(s, 50) ? NULL : j->record,
        NULL);
    journal(j, body);
    finish(j, body);
    if (is_current(j))
        say_something(j);
}

/* --- asking the NFVO --- */
static void ask(struct job *j, enum action action);

/* Refused, each SDK says something else (operation/answers.h): the NFVO must not wait for it. */
static void scaling_answered(struct job *j, const struct or_vnfm *a, const struct vnfr *record)
{
    struct vnfm *v = j->v;
    struct sim *s = v->s;
    bool is_served = action_parse(a->action) == ACTION_SCALED;
    if (!record) {
        sim_violate(s, "%s: the answer to SCALING has no record", v->queue);
        return;
    }
    const struct vnfc_instance *x = vnfm_instance_of(record, j->rq->component->id);
    if (is_served != (x != NULL))
        sim_violate(s, "%s: SCALING is answered with %s, %s an instance of the component", v->queue,
                    a->action, x ? "with" : "without");
    if (is_served) {
        j->record = record;
        sim_at(s, s->now + j->fate.takes_us, work, j, 0);
    } else if (v->manner == MANNER_C) {
        fail(j, a->message ? a->message : "refused");
    } else {
        finish(j, v->manner == MANNER_PYTHON ? NULL : "null");
    }
}

static void got_answer(void *ctx, struct bconsumer *c, struct bmsg *m)
{
    struct job *j = ctx;
    struct vnfm *v = j->v;
    struct sim *s = v->s;
    struct or_vnfm *a = NULL;
    (void)c;
    if (!is_current(j) || j->is_done || j->asked == ACTION_NONE ||
        strcmp(m->key, j->reply_queue) != 0)
        return;
    if (v->manner != MANNER_JAVA &&
        (!m->correlation_id || strcmp(m->correlation_id, j->correlation) != 0)) {
        sim_violate(s, "%s: answer to %s without its correlation id", v->queue,
                    action_word(j->asked));
        return;
    }
    if (proto_decode(&or_vnfm_type, m->body, m->len, 0, &s->arena, &a, NULL) != ERR_OK) {
        sim_violate(s, "%s: answer to %s is not readable", v->queue, action_word(j->asked));
        return;
    }
    enum action asked = j->asked;
    j->asked = ACTION_NONE;
    if (sim_chance(s, 20)) { /* between two questions */
        j->record = a->record ? a->record : a->vnfr;
        if (j->record)
            say(s, j, ACTION_UPDATEVNFR);
    }
    if (v->manner != MANNER_PYTHON)
        broker_delete(s, j->reply_queue);
    const struct vnfr *record = a->record ? a->record : a->vnfr;
    if (asked == ACTION_SCALING) {
        scaling_answered(j, a, record);
        return;
    }
    if (action_parse(a->action) != asked || !record) {
        fail(j, v->manner == MANNER_PYTHON ? "'NoneType' object has no attribute 'keys'"
                : a->message               ? a->message
                                           : "refused");
        return;
    }
    if (!record->id || !record->vdu.n) {
        sim_violate(s, "%s: the record in the answer to %s has no id or no VDU", v->queue,
                    action_word(asked));
        return;
    }
    j->record = record;
    if (asked == ACTION_GRANT_OPERATION && !v->self_allocates) {
        j->grant = a;
        ask(j, ACTION_ALLOCATE_RESOURCES);
        return;
    }
    sim_at(s, s->now + j->fate.takes_us, work, j, 0);
}

static const struct bconn_events answer_events = {.delivery = got_answer};

static void lose_patience(struct sim *s, void *arg, uint64_t asked)
{
    struct job *j = arg;
    if (!is_current(j) || j->is_done || j->asked != (enum action)asked)
        return;
    if (j->v->manner == MANNER_C) { /* ours asks again: a repeat gets the same answer */
        sim_tell(s, j->v->queue, QUEUE_ACTIONS_REPLY, "%s again", action_word(j->asked));
        broker_publish(j->v->conn, &j->question);
        sim_at(s, s->now + C_PATIENCE, lose_patience, j, asked);
        return;
    }
    j->asked = ACTION_NONE;
    fail(j, "no answer from the NFVO");
}

static void ask(struct job *j, enum action action)
{
    struct vnfm *v = j->v;
    struct sim *s = v->s;
    const char *kind = v->manner == MANNER_JAVA ? "amq.rabbitmq.reply-to" : "amq.gen";
    j->asked = action;
    j->reply_queue = arena_printf(&s->arena, "%s-%s.%d.%d.%d", kind, v->type, v->incarnation,
                                  j->number, (int)action);
    j->correlation = arena_printf(&s->arena, "%s-%d-%d", v->type, j->number, (int)action);
    struct bconn *conn = broker_connect(s, v->type, &answer_events, j);
    broker_declare(s, j->reply_queue, v->conn, false);
    broker_consume(conn, j->reply_queue, 100, true);
    const char *body = vnfm_message(v, action, j->record, j->grant);
    struct publish p = {.exchange = v->manner == MANNER_PYTHON ? "" : TOPOLOGY_EXCHANGE,
                        .key = QUEUE_ACTIONS_REPLY,
                        .reply_to = j->reply_queue,
                        .correlation_id = v->manner == MANNER_JAVA ? NULL : j->correlation,
                        .body = body,
                        .len = strlen(body)};
    sim_tell(s, v->queue, p.key, "%s for %s", action_word(action), j->record->name);
    broker_publish(v->conn, &p);
    j->question = p;
    if (v->manner == MANNER_JAVA || v->manner == MANNER_C)
        sim_at(s, s->now + (v->manner == MANNER_C ? C_PATIENCE : JAVA_PATIENCE), lose_patience, j,
               (uint64_t)action);
}

/* A Python VNFM says so without running anything; a Go one calls it UPDATE (tests/interop). */
static void reinstall(struct job *j)
{
    struct vnfm *v = j->v;
    j->record = j->rq->vnfr;
    if (!proto_strmap_get(&j->rq->extension, OR_VNFM_REBUILT))
        sim_violate(v->s, "%s: INSTANTIATE of a VNF that is there, and no server was rebuilt",
                    v->queue);
    if (v->manner == MANNER_GO)
        finish(j, vnfm_message(v, ACTION_UPDATE, j->record, NULL));
    else
        sim_at(v->s, v->s->now + j->fate.takes_us, work, j, 0);
}

/* --- taking requests --- */
/* operations.md 2.2: ours is told which action it is, Java and Python know by themselves, or not. */
static void resume(struct job *j)
{
    struct vnfm *v = j->v;
    const struct effect *last = last_effect(j, ACTION_NONE);
    if (!j->record || !j->record->id) {
        sim_violate(v->s, "%s: RESUME lacks its record, or the record's id", v->queue);
        return;
    }
    j->is_resume = true;
    if (v->manner == MANNER_GO) { /* not built in */
        finish(j, "null");
        return;
    }
    if (v->manner == MANNER_C)
        j->action = action_parse(j->rq->resumed_action);
    else
        j->action = last ? last->action : ACTION_NONE;
    if (j->action == ACTION_NONE) {
        fail(j, "nothing to resume");
        return;
    }
    sim_at(v->s, v->s->now + j->fate.takes_us, work, j, 0);
}

static void begin(struct job *j)
{
    struct vnfm *v = j->v;
    struct sim *s = v->s;
    knowledge_told(s, nsr_of(j), j->record, j->rq);
    if (was_cancelled(j)) {
        fail(j, "cancelled");
        return;
    }
    switch (j->action) {
    case ACTION_RESUME:
        resume(j);
        return;
    case ACTION_CANCEL:
        if (v->manner == MANNER_C && j->rq->cancels)
            cancel(j);
        else
            sim_violate(s, "%s: CANCEL of nothing, or to a VNFM that does not know it", v->queue);
        return;
    case ACTION_INSTANTIATE:
        if (!j->rq->vnfd) {
            sim_violate(s, "%s: INSTANTIATE without VNFD", v->queue);
            return;
        }
        if (j->rq
                ->vnfr) { /* on servers that were rebuilt: neither grant nor servers are asked for */
            reinstall(j);
            return;
        }
        j->record =
            vnfm_build_record(v, j->rq->vnfd, proto_strmap_get(&j->rq->extension, "nsr-id"));
        if (j->fate.fails &&
            sim_chance(s, 300)) { /* before it asked: a Python VNFM then has no record */
            if (v->manner == MANNER_PYTHON)
                j->record = NULL;
            fail(j, "no VIM for this VDU");
        } else if (v->self_allocates && sim_chance(s, 100)) { /* needs no grant */
            sim_at(s, s->now + j->fate.takes_us, work, j, 0);
        } else {
            ask(j, ACTION_GRANT_OPERATION);
        }
        return;
    case ACTION_MODIFY:
    case ACTION_START:
    case ACTION_STOP:
    case ACTION_CONFIGURE:
    case ACTION_RELEASE_RESOURCES:
    case ACTION_HEAL:
    case ACTION_SCALE_IN:
        if (j->action == ACTION_SCALE_IN && !j->rq->vnfc_instance)
            sim_violate(s, "%s: SCALE_IN names no instance", v->queue);
        if (!j->record || !j->record->id || (j->action == ACTION_MODIFY && !j->rq->vnfrd)) {
            sim_violate(s, "%s: %s lacks its record, the record's id, or the dependency", v->queue,
                        action_word(j->action));
            return;
        }
        sim_at(s, s->now + j->fate.takes_us, work, j, 0);
        return;
    case ACTION_SCALE_OUT:
        if (vnfm_scale_lacks(j->rq, j->record))
            sim_violate(s, "%s: SCALE_OUT lacks %s", v->queue, vnfm_scale_lacks(j->rq, j->record));
        else if (v->self_allocates)
            sim_at(s, s->now + j->fate.takes_us, work, j, 0);
        else
            ask(j, ACTION_SCALING);
        return;
    case ACTION_UPDATE:
    case ACTION_EXECUTE:
        if (v->manner == MANNER_C || v->manner == MANNER_JAVA) {
            sim_at(s, s->now + j->fate.takes_us, work, j, 0);
            return;
        }
        finish(j, v->manner == MANNER_PYTHON ? NULL : "null");
        if (v->manner == MANNER_PYTHON && j->m->reply_to && sim_faulty(s, s->weather.step_fails))
            sim_at(s, s->now + sim_between(s, 6 * SEC, 600 * SEC), say_late, j, 0);
        return;
    default:
        finish(j, v->manner == MANNER_PYTHON ? NULL : "null");
    }
}

static bool is_under_way(const struct job *j)
{
    for (const struct job *o = j->v->newest; o; o = o->older)
        if (!o->is_done && is_current(o) && o->m->correlation_id && j->m->correlation_id &&
            strcmp(o->m->correlation_id, j->m->correlation_id) == 0)
            return true;
    return false;
}

/* Ours goes on with the run that it resumes, also with one that is under way yet. */
static void take_over(const struct job *j)
{
    for (struct job *o = j->v->newest; o && j->rq->resumes; o = o->older)
        if (!o->is_done && is_current(o) && o->m->correlation_id &&
            strcmp(o->m->correlation_id, j->rq->resumes) == 0) {
            o->is_done = true;
            o->incarnation = -1;
            if (o->consumer)
                broker_ack(j->v->conn, o->consumer, o->m);
        }
}

static void take(void *ctx, struct bconsumer *c, struct bmsg *m)
{
    struct vnfm *v = ctx;
    struct sim *s = v->s;
    struct job *j = arena_alloc(&s->arena, sizeof(*j));
    *j = (struct job){.v = v, .incarnation = v->incarnation, .number = ++v->jobs, .m = m};
    j->consumer = v->manner == MANNER_C ? c : NULL;
    j->command = m->correlation_id ? m->correlation_id : m->reply_to ? m->reply_to : "-";
    if (proto_decode(&or_vnfm_type, m->body, m->len, 0, &s->arena, &j->rq, NULL) != ERR_OK) {
        sim_violate(s, "%s: request is not readable: %.80s", v->queue, m->body);
        return;
    }
    j->action = action_parse(j->rq->action);
    j->record = j->rq->record ? j->rq->record : j->rq->vnfr;
    if (j->record && j->record->endpoint && strcmp(j->record->endpoint, v->type) != 0)
        sim_violate(s, "%s: %s of a record whose VNFM is '%s'", v->queue, j->rq->action,
                    j->record->endpoint);
    j->fate = cloud_fate(s, SEC, DEADLINE);
    j->fate.fails |= is_a_steps(j->command) && sim_faulty(s, s->weather.step_fails);
    sim_tell(s, "broker", v->queue, "took #%llu %s%s", (unsigned long long)m->id, j->rq->action,
             m->deliveries > 1 ? " (again)" : "");
    const char *done = v->manner == MANNER_C ? journaled(v, m->correlation_id) : NULL;
    if (v->manner == MANNER_C && is_under_way(j)) { /* the first will answer */
        broker_ack(v->conn, c, m);
        return;
    }
    if (v->manner == MANNER_C)
        take_over(j);
    j->older = v->newest;
    v->newest = j;
    if (done) { /* our SDK recognises a repetition */
        j->fate = (struct fate){0};
        finish(j, done);
        return;
    }
    begin(j);
}
