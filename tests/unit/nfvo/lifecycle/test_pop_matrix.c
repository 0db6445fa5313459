/* The PoP's matrix, cell by cell: what each one leads to, and whether its row stays. What its handlers
 * do is in test_pop.c. */
#include "nfvo/lifecycle/pop_private.h"
#include "tests/support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct stage s;

static struct pop_request request = {.operation = "op-2"}, update;
static struct internal question = {.what = "prepare", .from = "nsr-1", .command = "nsr-1:0.5.1"};
static struct driver_exception exception;
static struct driver_reply refused = {.exception = &exception},
                           snapshot = {.answer = {.at = "{\"type\":\"test\"}", .n = 15}},
                           network = {.answer = {.at = "{\"extId\":\"n-1\"}", .n = 15}},
                           image = {.answer = {.at = "{\"name\":\"net\"}", .n = 14}},
                           servers = {.answer = {.at = "[]", .n = 2}};
static const struct err why = {.code = ERR_TIMEOUT, .msg = "it did not answer in time"};

/* clang-format off */
enum { STAYS, GOES };
#define C(phase, event, next, row, command, ...) { POP_##phase, POP_EV_##event, POP_##next, row, command, __VA_ARGS__ }
/* In both phases the same. */
#define BOTH(event, command, ...) \
    C(REGISTERING, event, REGISTERING, STAYS, command, __VA_ARGS__), C(READY, event, READY, STAYS, command, __VA_ARGS__)
static const struct cell {
    int phase, event, next, row;
    int command; /* kind of one that is opened for it; -1: none */
    struct pop_input in;
} cells[] = {
    BOTH(REFRESH,         -1,                 { .request = &request }),
    BOTH(UPDATE,          -1,                 { .request = &update }),
    BOTH(LIST,            -1,                 { .request = &request }),
    BOTH(COLLECT,         -1,                 { .request = &request }),
    BOTH(PREPARE,         -1,                 { .question = &question }),
    BOTH(FIND,            -1,                 { .question = &question }),
    BOTH(LATE,            -1,                 { .question = &question }),
    BOTH(LOOK,            -1,                 { 0 }),
    C(REGISTERING, REFRESHED,   READY,       STAYS, -1, { .reply = &snapshot }),
    C(REGISTERING, REFRESHED,   REGISTERING, GOES,  -1, { .reply = &refused }),
    C(REGISTERING, REFRESHED,   REGISTERING, GOES,  -1, { .bad = &why }),
    C(READY,       REFRESHED,   READY,       STAYS, -1, { .reply = &snapshot }),
    C(READY,       REFRESHED,   READY,       STAYS, -1, { .reply = &refused }),
    C(REGISTERING, NO_SNAPSHOT, REGISTERING, GOES,  -1, { .bad = &why }),
    C(READY,       NO_SNAPSHOT, READY,       STAYS, -1, { .bad = &why }),
    BOTH(NETWORK,         CMD_CREATE_NETWORK, { .reply = &network }),
    BOTH(NETWORK,         CMD_CREATE_NETWORK, { .bad = &why }),
    BOTH(IMAGE,           CMD_ADD_IMAGE,      { .reply = &image }),
    BOTH(IMAGE,           CMD_ADD_IMAGE,      { .bad = &why }),
    BOTH(LOST,            CMD_ADD_IMAGE,      { 0 }),
    BOTH(SERVERS,         -1,                 { .reply = &servers }),
    BOTH(QUOTA,           -1,                 { .bad = &why }),
    BOTH(LOST,            CMD_CREATE_NETWORK, { 0 }),
    BOTH(LOST,            CMD_REFRESH,        { 0 }),
    BOTH(LOST,            CMD_LIST_SERVERS,   { 0 }),
    BOTH(IN_DOUBT,        CMD_CREATE_NETWORK, { 0 }),
    BOTH(UNSURE,          CMD_CREATE_NETWORK, { 0 }),
    BOTH(WAIT_OVER,       CMD_WAIT_PREPARE,   { .bad = &why }),
    BOTH(WAIT_OVER,       CMD_WAIT_LIST,      { .bad = &why }),
    C(REGISTERING, CALL_OVER,   REGISTERING, GOES,  CMD_WAIT_OPERATION, { .bad = &why }),
    C(READY,       CALL_OVER,   READY,       STAYS, CMD_WAIT_OPERATION, { .bad = &why }),
    C(REGISTERING, DELETE,      REGISTERING, GOES,  -1, { 0 }),
    C(READY,       DELETE,      READY,       GOES,  -1, { 0 }),
};
#undef BOTH
#undef C
/* clang-format on */

static struct pop_model *pop_at(int phase)
{
    stage_init(&s, AGG_POP, "pop-1");
    stage_driver(&s, "vim-drivers.test.test", "");
    struct pop_request *req = proto_new(&pop_request_type, &s.arena);
    req->pop = proto_new(&vim_instance_type, &s.arena);
    req->pop->name = "pop";
    req->pop->type = "test";
    req->pop->project_id = "project-1";
    update.pop = req->pop;
    stage_decide(&s,
                 (struct intent){.event = EV_POP_REGISTER, .facts = FACT_DRIVERS, .payload = req});
    stage_decide(&s, (struct intent){.event = EV_N, .facts = FACT_DRIVERS}); /* a scene */
    s.d.root->phase = phase;
    return pop_model_of(&s.d);
}

static void test_cells(void **state)
{
    static uint64_t reached[POP_PHASE_N * POP_EV_N];
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(cells); k++) {
        const struct cell *c = &cells[k];
        struct pop_model *p = pop_at(c->phase);
        struct pop_input in = c->in;
        if (c->command >= 0)
            in.command = command_open(p->d, c->command, "net", "{}");
        pop_step(p, (enum pop_event)c->event, &in);
        if (p->d->root->phase != c->next || (p->d->root->mark == ROW_GONE) != (c->row == GOES))
            fail_msg("%s x %s led to %s, its row %s", pop_phase_names[c->phase],
                     pop_event_names[c->event], pop_phase_names[p->d->root->phase],
                     p->d->root->mark == ROW_GONE ? "goes" : "stays");
        assert_null(p->no_snapshot); /* nothing that was raised is left */
        reached[c->phase * POP_EV_N + c->event] |= FSM_BIT(c->next);
        stage_release(&s);
    }
    for (int p = 0; p < POP_PHASE_N; p++)
        for (int e = 0; e < POP_EV_N; e++)
            if (!fsm_rule(&pop_fsm, p, e)->handle ||
                fsm_rule(&pop_fsm, p, e)->next != reached[p * POP_EV_N + e])
                fail_msg("%s x %s is empty, or allows a phase that no case reaches",
                         pop_phase_names[p], pop_event_names[e]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
