#include "tests/sim/invariants.h"

#include "tests/sim/watch.h"

#include "nfvo/lifecycle/operation/states.h"

#include "nfvo/lifecycle/deadlines.h"
#include "proto/topology.h"
#include "tests/sim/drift.h"
#include "tests/sim/knowledge.h"

#include <stdlib.h>
#include <string.h>

static const char *phase_name(const struct row *r)
{
    const char *const *names[] = {[ROW_NSR] = nsr_phase_names,
                                  [ROW_VNFR] = vnfr_phase_names,
                                  [ROW_INSTANCE] = instance_phase_names,
                                  [ROW_POP] = pop_phase_names,
                                  [ROW_OPERATION] = operation_state_words};
    return r ? names[r->kind][r->phase] : "-";
}

static const char *row_name(const struct row *r)
{
    return r->kind == ROW_NSR         ? r->key[NSR_NAME]
           : r->kind == ROW_VNFR      ? r->key[VNFR_NAME]
           : r->kind == ROW_INSTANCE  ? r->key[INSTANCE_HOSTNAME]
           : r->kind == ROW_OPERATION ? r->key[OPERATION_KIND]
                                      : r->key[POP_NAME];
}

/* --- servers --- */
static const struct cloud_server *server_named(const struct sim *s, const char *hostname,
                                               const char *id)
{
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++) {
            const struct cloud_server *v = &s->cloud->drivers[i].servers[k];
            if (strcmp(v->hostname, hostname) == 0 && (!id || strcmp(v->id, id) == 0))
                return v;
        }
    return NULL;
}

/* Made by a VNFM that allocates itself. */
static bool is_of_vnfm(const struct row *r)
{
    return strstr(r->state, "\"owner\"") != NULL;
}

/* Not one that came to life after its deadline: its PoP finds it (pop_late.c), see invariants_empty. */
static bool is_left(const struct sim *s, const char *hostname)
{
    const struct cloud_server *v = server_named(s, hostname, NULL);
    return v && !v->is_late && !v->was_hidden && !v->is_foreign;
}

/* --- while it runs --- */
static void on_vnfr_phase(struct sim *s, const struct row *before, const struct row *after)
{
    bool is_anew = after && after->phase < VNFR_UNDOING && before->phase >= VNFR_UNDOING;
    if (after && !is_anew)
        return;
    knowledge_forget(s, before->agg, before->key[VNFR_NAME]);
    cloud_forget(s, before->agg, before->key[VNFR_NAME], before->id);
}

static void on_row(struct sim *s, const struct row *before, const struct row *after)
{
    const struct row *r = after ? after : before;
    watch_row(s, before, after);
    drift_row_changed(s, before, after);
    if (before && after && before->phase == after->phase)
        return;
    sim_tell(s, "", "", "%s %.8s %s: %s => %s", s->store->dom->rows[r->kind].table, r->id,
             row_name(r), phase_name(before), after ? phase_name(after) : "-");
    if (r->kind == ROW_VNFR && after && after->phase == VNFR_FAILED &&
        strstr(after->doc, "led out of the rule"))
        sim_violate(s, "VNFR %.8s: the matrix returned FSM_ILLEGAL out of %s", r->id,
                    phase_name(before));
    if (r->kind == ROW_INSTANCE && after && after->phase == INSTANCE_UP && !is_of_vnfm(r) &&
        !s->drift && !server_named(s, after->key[INSTANCE_HOSTNAME], after->key[INSTANCE_VC]))
        sim_violate(s, "instance %s is said to be UP as '%s', but there is no such server",
                    after->key[INSTANCE_HOSTNAME], after->key[INSTANCE_VC]);
    if (r->kind == ROW_INSTANCE && after && after->phase == INSTANCE_GONE && before &&
        before->phase == INSTANCE_DELETING && is_left(s, r->key[INSTANCE_HOSTNAME]))
        sim_violate(s, "instance %s is said to be GONE, but its server is there",
                    r->key[INSTANCE_HOSTNAME]);
    if (r->kind == ROW_VNFR && before)
        on_vnfr_phase(s, before, after);
    s->store->news |= r->kind == ROW_NSR;
}

/* It has another number of servers than it was deployed with. */
static bool is_scaled(const struct sim *s, const char *nsr)
{
    static const char *const kinds[] = {"SCALE_OUT", "SCALE_IN", "ADD_VNF", "REMOVE_VNF"};
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            if (r->kind == ROW_OPERATION && strcmp(r->agg, nsr) == 0 &&
                strcmp(r->key[OPERATION_KIND], kinds[k]) == 0)
                return true;
    }
    return false;
}

static bool is_of_kind(const struct row *r, const char *kind)
{
    return r->kind == ROW_OPERATION && strcmp(r->key[OPERATION_KIND], kind) == 0;
}

/* Its service is ACTIVE while it comes, goes, or failed to. */
static bool comes_or_goes(const struct sim *s, const struct row *vnfr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (strcmp(r->agg, vnfr->agg) == 0 &&
            (is_of_kind(r, "ADD_VNF") || is_of_kind(r, "REMOVE_VNF")) && strstr(r->doc, vnfr->id))
            return true;
    }
    return false;
}

static void check_active(struct sim *s, const struct row *nsr)
{
    int up = 0;
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (strcmp(r->agg, nsr->id) != 0)
            continue;
        if (r->kind == ROW_VNFR && r->phase != VNFR_ACTIVE && !comes_or_goes(s, r))
            sim_violate(s, "NSR %.8s is ACTIVE, but its VNFR %s is %s", nsr->id, row_name(r),
                        phase_name(r));
        if (r->kind == ROW_INSTANCE && r->phase == INSTANCE_UP && !is_of_vnfm(r)) {
            up++;
            if (!s->drift && !server_named(s, r->key[INSTANCE_HOSTNAME], r->key[INSTANCE_VC]))
                sim_violate(s, "NSR %.8s is ACTIVE, but server %s is not there", nsr->id,
                            r->key[INSTANCE_HOSTNAME]);
        }
    }
    for (int i = 0; i < s->crowd->n_nsrs && !s->drift && !is_scaled(s, nsr->id); i++)
        if (strcmp(s->crowd->nsrs[i].id, nsr->id) == 0 && s->crowd->nsrs[i].servers != up)
            sim_violate(s, "NSR %.8s is ACTIVE with %d servers instead of %d", nsr->id, up,
                        s->crowd->nsrs[i].servers);
}

/* No phase waits for ever: nfvo/lifecycle/deadlines.h. */
static void check_deadlines(struct sim *s)
{
    struct row *members[256];
    struct store *st = s->store;
    const struct commands commands = {st->commands, (uint32_t)st->n_commands};
    for (size_t i = 0; i < st->n_rows; i++) {
        const struct row *root = st->rows[i];
        struct rows of_it = {members, 0};
        if (root->kind != ROW_NSR && root->kind != ROW_POP)
            continue;
        for (size_t k = 0; k < st->n_rows; k++)
            if ((st->rows[k]->kind == ROW_VNFR || st->rows[k]->kind == ROW_INSTANCE) &&
                strcmp(st->rows[k]->agg, root->id) == 0 && of_it.n < ARRAY_LEN(members))
                members[of_it.n++] = st->rows[k];
        const struct row *r = first_unbounded(root, &of_it, &commands);
        if (r)
            sim_violate(s, "%s %s waits for ever as %s", st->dom->rows[r->kind].table, row_name(r),
                        phase_name(r));
    }
}

static void on_saved(struct sim *s)
{
    check_deadlines(s);
    watch_saved(s);
    if (!s->store->news)
        return;
    s->store->news = false;
    for (size_t i = 0; i < s->store->n_rows; i++)
        if (s->store->rows[i]->kind == ROW_NSR && s->store->rows[i]->phase == NSR_ACTIVE)
            check_active(s, s->store->rows[i]);
}

/* Each component has a server of its own, one at most; a service that is at rest has no other. */
static void check_components(struct sim *s, const char *nsr)
{
    const struct store *st = s->store;
    for (size_t i = 0; i < st->n_rows; i++) {
        const struct row *a = st->rows[i];
        if (a->kind != ROW_INSTANCE || strcmp(a->agg, nsr) != 0 || a->phase != INSTANCE_UP)
            continue;
        const struct row *v = store_row(s, ROW_VNFR, a->key[INSTANCE_VNFR]);
        if (v && !strstr(v->doc, a->id))
            sim_violate(s, "instance %s is UP and not in the record", row_name(a));
        struct instance_state *mine = NULL, *other = NULL;
        if (proto_decode(&instance_state_type, a->state, strlen(a->state), 0, &s->arena, &mine,
                         NULL) != ERR_OK)
            continue;
        for (size_t k = i + 1; k < st->n_rows; k++) {
            const struct row *b = st->rows[k];
            if (b->kind == ROW_INSTANCE && b->phase == INSTANCE_UP &&
                proto_decode(&instance_state_type, b->state, strlen(b->state), 0, &s->arena, &other,
                             NULL) == ERR_OK &&
                mine->vnfc_id && other->vnfc_id && strcmp(mine->vnfc_id, other->vnfc_id) == 0)
                sim_violate(s, "two servers of one component: %s and %s", row_name(a), row_name(b));
        }
    }
}

static void on_note(struct sim *s, const char *doc)
{
    if (strstr(doc, "led out of the rule"))
        sim_violate(s, "the matrix returned FSM_ILLEGAL: %.200s", doc);
    watch_note(s, doc);
    drift_note(s, doc);
    sim_tell(s, "", "", "note %.160s", doc);
}

void invariants_watch(struct sim *s)
{
    s->store->on_row = on_row;
    s->store->on_saved = on_saved;
    s->store->on_note = on_note;
    s->store->on_command = watch_command;
    s->store->on_event = watch_event;
    watch_start(s);
}

/* --- when it is quiet --- */
static void check_wishes(struct sim *s)
{
    static const char *const names[] = {"register PoP", "deploy", "release", "operate on"};
    for (const struct wish *w = s->crowd->wishes; w; w = w->next) {
        if (!w->is_done)
            sim_violate(s, "a user's '%s %.8s' was never completed (%d tries)", names[w->kind],
                        w->agg, w->tries);
        if (w->kind == WISH_DEPLOY && w->is_refused)
            sim_violate(s, "deploy was refused: %s", w->why);
    }
}

static int released_or_not(const struct wanted *n)
{
    return n->release && n->release->is_done && !n->release->is_refused;
}

/* Nothing waits for ever: it has ended, or waits for a person. */
static void check_operations(struct sim *s, bool all_ended)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (r->kind != ROW_OPERATION || r->phase >= OPERATION_STATE_COMPLETED)
            continue;
        if (all_ended || r->phase != OPERATION_STATE_FAILED_TEMP)
            sim_violate(s, "operation %s %.8s is still %s", r->key[OPERATION_KIND], r->id,
                        operation_state_words[r->phase]);
    }
}

/* By another operation; one of several VNFs may have ended with some of them only, and the rollback of
 * one that added it, too. */
static bool is_taken_away(const struct sim *s, const struct row *operation)
{
    const char *vnfr = operation->key[OPERATION_VNFR];
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if ((is_of_kind(r, "ADD_VNF") && r->phase != OPERATION_STATE_COMPLETED) ||
            (is_of_kind(r, "REMOVE_VNF") && r->phase != OPERATION_STATE_ROLLED_BACK))
            if (r != operation && strstr(r->doc, vnfr))
                return true;
    }
    return false;
}

/* What became of the VNF is what became of its operation. */
static void check_vnfs(struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        bool is_added = is_of_kind(r, "ADD_VNF");
        if (strcmp(r->agg, nsr) != 0 || (!is_added && !is_of_kind(r, "REMOVE_VNF")) ||
            !*r->key[OPERATION_VNFR])
            continue;
        bool is_there = store_row(s, ROW_VNFR, r->key[OPERATION_VNFR]) != NULL;
        bool must_go =
            r->phase == (is_added ? OPERATION_STATE_ROLLED_BACK : OPERATION_STATE_COMPLETED);
        if (must_go && is_there)
            sim_violate(s, "%s %.8s is %s, and its VNFR %.8s is there", r->key[OPERATION_KIND],
                        r->id, phase_name(r), r->key[OPERATION_VNFR]);
        bool must_stay = is_added ? r->phase == OPERATION_STATE_COMPLETED : !must_go;
        if (must_stay && !is_there && !is_taken_away(s, r))
            sim_violate(s, "%s %.8s is %s, and its VNFR %.8s is gone", r->key[OPERATION_KIND],
                        r->id, phase_name(r), r->key[OPERATION_VNFR]);
    }
}

/* A service that was not deleted, but whose deployment was undone. */
static const struct row *rolled_back(const struct sim *s, const char *nsr)
{
    for (size_t i = 0; i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[i];
        if (is_of_kind(r, "DEPLOY") && strcmp(r->agg, nsr) == 0 &&
            (r->phase == OPERATION_STATE_ROLLING_BACK || r->phase == OPERATION_STATE_ROLLED_BACK))
            return r;
    }
    return NULL;
}

static bool is_released(const struct sim *s, const char *nsr)
{
    if (rolled_back(s, nsr))
        return true;
    for (int i = 0; i < s->crowd->n_nsrs; i++)
        if (strcmp(s->crowd->nsrs[i].id, nsr) == 0)
            return s->crowd->nsrs[i].release != NULL;
    return true;
}

void invariants_settled(struct sim *s)
{
    check_wishes(s);
    watch_settled(s, is_released);
    check_operations(s, false);
    drift_settled(s);
    for (int i = 0; i < s->crowd->n_nsrs; i++) {
        const struct wanted *n = &s->crowd->nsrs[i];
        const struct row *r = store_row(s, ROW_NSR, n->id);
        const struct row *undone = rolled_back(s, n->id);
        if (r && undone)
            sim_violate(s, "the deployment of NSR %.8s is %s, and it is %s hours later", n->id,
                        operation_state_words[undone->phase], phase_name(r));
        if (!r && !n->release && !undone)
            sim_violate(s, "NSR %.8s was accepted and is not there, though nobody deleted it",
                        n->id);
        if (r && released_or_not(n))
            sim_violate(s, "NSR %.8s was deleted, and is %s hours later", n->id, phase_name(r));
        if (r && r->phase != NSR_ACTIVE && r->phase != NSR_FAILED)
            sim_violate(s, "NSR %.8s is still %s: no progress", n->id, phase_name(r));
        if (r && r->phase == NSR_ACTIVE) {
            check_active(s, r);
            check_components(s, n->id);
            check_vnfs(s, n->id);
            knowledge_check(s, n->id);
        }
        if (r && s->weather.peers_are_well && !s->doubts && r->phase != NSR_ACTIVE &&
            !watch_is_cancelled(s, n->id))
            sim_violate(s, "NSR %.8s is %s, though no peer failed", n->id, phase_name(r));
        s->outcome[!r ? 2 : r->phase == NSR_ACTIVE ? 0 : 1]++;
    }
}

static void check_queues(struct sim *s)
{
    static const char *const queues[] = {QUEUE_REPLIES, QUEUE_ACTIONS, QUEUE_ACTIONS_REPLY,
                                         QUEUE_INTERNAL};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++)
        if (broker_waiting(s, queues[i]))
            sim_violate(s, "%zu messages are left in %s", broker_waiting(s, queues[i]), queues[i]);
    for (int i = 0; i < s->cloud->n_vnfms; i++)
        if (broker_waiting(s, s->cloud->vnfms[i].queue))
            sim_violate(s, "messages are left in %s", s->cloud->vnfms[i].queue);
    if (broker_left_reply(s))
        sim_violate(s, "queue %s is left, and nobody will answer it", broker_left_reply(s));
}

static void check_left(struct sim *s, const struct driver *d, const struct cloud_server *v)
{
    const char *wrong = s->drift ? drift_left(s, v) : "is left over";
    if (wrong)
        sim_violate(s, "server %s (%s) at %s %s", v->hostname, v->id, d->queue, wrong);
}

void invariants_empty(struct sim *s)
{
    const struct store *st = s->store;
    check_wishes(s);
    for (size_t i = 0; i < st->n_rows; i++)
        if (st->rows[i]->kind <= ROW_INSTANCE)
            sim_violate(s, "%s %.8s %s is left over as %s", st->dom->rows[st->rows[i]->kind].table,
                        st->rows[i]->id, row_name(st->rows[i]), phase_name(st->rows[i]));
    for (int i = 0; i < s->cloud->n_drivers; i++)
        for (size_t k = 0; k < s->cloud->drivers[i].n_servers; k++)
            check_left(s, &s->cloud->drivers[i], &s->cloud->drivers[i].servers[k]);
    if (s->drift && drift_foreigners(s) != s->drift->foreigners)
        sim_violate(s, "%llu servers of others are there, and there were %llu",
                    (unsigned long long)drift_foreigners(s),
                    (unsigned long long)s->drift->foreigners);
    check_operations(s, true);
    if (st->n_locks)
        sim_violate(s, "%zu locks are left over", st->n_locks);
    if (st->n_commands)
        sim_violate(s, "command %s of kind %d is left over", st->commands[0]->id,
                    st->commands[0]->kind);
    if (st->n_outbox)
        sim_violate(s, "%zu outbox rows are left over, the first to %s", st->n_outbox,
                    st->outbox[0]->row.send.key);
    check_queues(s);
}
