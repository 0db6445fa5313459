#include "tests/sim/stranger.h"

#include "nfvo/lifecycle/types.h"
#include "proto/topology.h"
#include "tests/sim/fleet.h"
#include "tests/sim/store.h"

#include <string.h>

enum { WORDS_MAX = 40 };

/* An open command is answered, as if by its peer. */
static bool answer_a_command(struct sim *s, struct fake_bus *bus, const char *room)
{
    static const char *const bodies[] = {
        "", "garbage", "{\"answer\":null}", "{\"exception\":{\"detailMessage\":\"forged\"}}",
        "{\"action\":\"ERROR\",\"exception\":{\"detailMessage\":\"forged\"}}"};
    if (s->store->n_commands == 0)
        return false;
    const struct command *c =
        s->store->commands[sim_between(s, 0, (int64_t)s->store->n_commands - 1)];
    const char *body = bodies[sim_between(s, 0, ARRAY_LEN(bodies) - 1)];
    bool is_private = sim_chance(s, 500);
    fake_bus_inject(
        bus, &(struct message){
                 .room = room,
                 .queue = QUEUE_REPLIES,
                 .correlation_id = is_private ? NULL : c->id,
                 .first_death_queue =
                     is_private ? arena_printf(&s->arena, QUEUE_REPLY_PREFIX "%s", c->id) : NULL,
                 .body = body,
                 .len = strlen(body)});
    return true;
}

/* A VNFR's VNFM is played. */
static bool speak_for_a_vnfr(struct sim *s, struct fake_bus *bus, const char *room)
{
    static const char *const actions[] = {"ERROR", "UPDATEVNFR", "GRANT_OPERATION",
                                          "ALLOCATE_RESOURCES"};
    const struct row *vnfr = NULL;
    for (size_t i = 0, from = s->store->n_rows
                                  ? (size_t)sim_between(s, 0, (int64_t)s->store->n_rows - 1)
                                  : 0;
         !vnfr && i < s->store->n_rows; i++) {
        const struct row *r = s->store->rows[(from + i) % s->store->n_rows];
        vnfr = r->kind == ROW_VNFR ? r : NULL;
    }
    if (!vnfr)
        return false;
    const char *action = actions[sim_between(s, 0, ARRAY_LEN(actions) - 1)];
    const char *body =
        sim_chance(s, 200)
            ? arena_printf(&s->arena, "{\"action\":\"ERROR\",\"nsrId\":\"%s\"}", vnfr->agg)
            : arena_printf(&s->arena,
                           "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":{\"id\":\"%s\","
                           "\"name\":\"%s\",\"parent_ns_id\":\"%s\",\"vdu\":[]}}",
                           action, vnfr->id, vnfr->key[VNFR_NAME], vnfr->agg);
    fake_bus_inject(
        bus,
        &(struct message){.room = room, .queue = QUEUE_ACTIONS, .body = body, .len = strlen(body)});
    return true;
}

static void speak(struct sim *s, void *arg, uint64_t left)
{
    const char *room = s->plant == STRANGER_PLANT ? "" : "stranger";
    struct process *p = fleet_any(s);
    (void)arg;
    if (p && p->n_workers) {
        struct fake_bus *bus = &p->workers[sim_between(s, 0, p->n_workers - 1)]->bus;
        if (sim_chance(s, 500))
            answer_a_command(s, bus, room);
        else
            speak_for_a_vnfr(s, bus, room);
    }
    if (left)
        sim_at(s, s->now + sim_between(s, 0, 20 * SEC), speak, NULL, left - 1);
}

void stranger_start(struct sim *s)
{
    if (s->seed % 2)
        sim_at(s, s->now + sim_between(s, 0, 20 * SEC), speak, NULL, WORDS_MAX);
}
