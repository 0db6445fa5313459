/* Which managers are there (design.md, "Who is there"): looks at the broker's queues as the store
 * marks them, with their order and their grace; and what a driver had in hand when it died. */
#include "nfvo/store/store_engine.h"
#include "nfvo/store/store_manager.h"
#include "proto/records/manager.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define A     "vim-drivers.test.a"
#define B     "vim-drivers.test.b"
#define GRACE (30 * USEC_PER_SEC)

static struct test_nfvo_store *ts;
static struct err err = ERR_INIT;
static char changes[256]; /* "+a -b": came, went */

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != ERR_OK)                                                                      \
            fail_msg("%s", err.msg);                                                               \
    } while (0)

static int open_schema(void **state)
{
    (void)state;
    ts = test_nfvo_store_new("presence");
    return 0;
}

static int close_schema(void **state)
{
    (void)state;
    test_nfvo_store_free(ts);
    return 0;
}

static void note(const char *sign, const char *queue)
{
    size_t n = strlen(changes);
    snprintf(changes + n, sizeof(changes) - n, "%s%s%s", n ? " " : "", sign,
             queue + strlen(queue) - 1);
}

static void came(void *arg, const char *room, const char *queue, const char *type)
{
    (void)arg;
    (void)room;
    assert_string_equal(type, "test");
    note("+", queue);
}

static void went(void *arg, const char *room, const char *queue, const char *type)
{
    (void)arg;
    (void)room;
    assert_string_equal(type, "test");
    note("-", queue);
}

static struct store_look begin(void)
{
    struct store_look look = {.grace_us = GRACE};
    OK(store_look_begin(ts->db, &look, &err));
    return look;
}

static const char *seen_in = ""; /* the room */

/* The look ends: it saw these queues. Returns what changed. */
static const char *saw_at(struct store_look look, const char *first, const char *second)
{
    AUTO(db_array_release) struct db_array rooms = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array queues = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array types = DB_TEXT_ARRAY;
    const char *seen[] = {first, second};
    bool counts;
    changes[0] = '\0';
    OK(store_look_counts(ts->db, &look, &counts, &err));
    if (!counts)
        return "overtaken";
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        if (seen[i]) {
            db_array_text(&rooms, seen_in);
            db_array_text(&queues, seen[i]);
            db_array_text(&types, "test");
        }
    OK(store_driver_mark_active(ts->db, &look, &rooms, &queues, &types, came, went, NULL, &err));
    return changes;
}

static const char *later(int64_t us, const char *first, const char *second)
{
    struct store_look look = begin();
    look.at += us;
    return saw_at(look, first, second);
}

static const char *active(void)
{
    return test_query(ts->db, "SELECT coalesce(string_agg(right(queue, 1), '' ORDER BY queue), '') "
                              "FROM vim_driver WHERE active");
}

static const char *known(void)
{
    return test_query(ts->db, "SELECT coalesce(string_agg(right(queue, 1), '' ORDER BY queue), '') "
                              "FROM vim_driver");
}

static void test_absence_counts_after_a_grace(void **state)
{
    (void)state;
    assert_string_equal(later(0, A, B), "+a +b");
    assert_string_equal(later(GRACE, A, NULL), ""); /* b is missed since now */
    assert_string_equal(active(), "ab");
    assert_string_equal(later(2 * GRACE - 1000000, A, NULL), "");
    assert_string_equal(active(), "ab");
    assert_string_equal(later(2 * GRACE - 900000, A, B), "+b"); /* its PoPs are looked at */
    assert_string_equal(later(2 * GRACE, A, NULL), "");         /* from the beginning */
    assert_string_equal(later(3 * GRACE - 1000000, A, NULL), "");
    assert_string_equal(active(), "ab");
    assert_string_equal(later(3 * GRACE + 1000000, A, NULL), "-b");
    assert_string_equal(active(), "a");
    assert_string_equal(later(3 * GRACE + 2000000, A, NULL), ""); /* once */
    assert_string_equal(known(), "ab");                           /* what needs it waits for it */
    assert_string_equal(later(STORE_DRIVER_KEEP_US + 5 * GRACE, A, NULL), "");
    assert_string_equal(known(), "a");
}

/* Several NFVOs look, and one of them may be slow: what it saw was before. */
static void test_looks_are_ordered(void **state)
{
    (void)state;
    struct store_look slow = begin();
    assert_string_equal(later(10, A, NULL), "+a");
    slow.grace_us = 0;
    assert_string_equal(saw_at(slow, NULL, NULL), "overtaken");
    assert_string_equal(active(), "a");
    /* A look that began before a driver registered says nothing of it. */
    struct store_look before = begin();
    before.grace_us = 0;
    OK(store_driver_put(ts->db, &(struct store_driver){A, "test", "", "", ""}, &err));
    assert_string_equal(saw_at(before, NULL, NULL), "");
    assert_string_equal(active(), "a");
    struct store_look after = begin();
    after.grace_us = 0;
    assert_string_equal(saw_at(after, NULL, NULL), "-a");
}

static const char *vnfms(int64_t us, const char *queue, size_t *ret_gone)
{
    AUTO(db_array_release) struct db_array rooms = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array queues = DB_TEXT_ARRAY;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_look look = begin();
    struct store_vnfm_gone *gone = NULL;
    int64_t changed = 0;
    look.at += us;
    if (queue) {
        db_array_text(&rooms, seen_in);
        db_array_text(&queues, queue);
    }
    OK(store_vnfm_move(ts->db, &rooms, &queues, &changed, &err));
    OK(store_vnfm_mark_active(ts->db, &look, &rooms, &queues, &a, &gone, ret_gone, &changed, &err));
    return test_query(ts->db, "SELECT coalesce(string_agg(type, ' '), '') FROM vnfm_endpoint "
                              "WHERE active AND enabled");
}

static void test_vnfms_have_the_same_grace(void **state)
{
    size_t gone;
    (void)state;
    struct vnfm_endpoint e = {.id = "e", .type = "t", .endpoint = "q", .endpoint_type = "RABBIT"};
    e.active = e.enabled = true;
    OK(store_vnfm_put(ts->db, &e, "", &err));
    assert_string_equal(vnfms(0, NULL, &gone), "t");
    assert_string_equal(vnfms(GRACE - 1000000, NULL, &gone), "t");
    assert_int_equal(gone, 0);
    assert_string_equal(vnfms(GRACE - 900000, "q", &gone), "t");
    assert_string_equal(vnfms(GRACE + 1000000, NULL, &gone), "t");
    assert_string_equal(vnfms(3 * GRACE, NULL, &gone), "");
    assert_int_equal(gone, 1);
    OK(store_vnfm_put(ts->db, &e, "", &err)); /* registered anew */
    assert_string_equal(vnfms(4 * GRACE, NULL, &gone), "t");
}

/* A driver that restarts says goodbye first: it is known while it may be on its way back. */
static void test_goodbye_of_a_driver(void **state)
{
    (void)state;
    assert_string_equal(later(0, A, B), "+a +b");
    OK(store_driver_leave(ts->db, B, &err));
    assert_string_equal(active(), "a");
    assert_string_equal(later(GRACE - 1000000, A, NULL), "");
    assert_string_equal(known(), "ab");
    assert_string_equal(later(GRACE + 1000000, A, NULL), "");
    assert_string_equal(known(), "a");
    OK(store_driver_leave(ts->db, A, &err));
    assert_string_equal(later(GRACE + 2000000, A, NULL), "+a"); /* it is back */
    assert_string_equal(later(4 * GRACE, A, NULL), "");
    assert_string_equal(known(), "a");
}

/* Ours, which acknowledge after the work, get their calls again; what was not delivered yet waits
 * for the driver; others' calls are others'. */
static void test_calls_of_a_dead_driver(void **state)
{
    int64_t n = 0;
    (void)state;
    OK(db_script(ts->db,
                 "INSERT INTO vim_driver (queue, type, active, capabilities) VALUES "
                 "('" A "', 'test', true, ''), ('" B "', 'test', true, 'correlation instance');"
                 "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) VALUES "
                 "('p:1.13.1', 'p', 'pop', 'REFRESH', 'p', 9000000000000000, '" A "'), "
                 "('p:1.14.2', 'p', 'pop', 'CREATE_NETWORK', 'net', 9000000000000000, 'doubt " A
                 "'), "
                 "('n:0.6.3', 'n', 'nsr', 'LAUNCH', 'i', 9000000000000000, '" A "'), "
                 "('n:0.6.4', 'n', 'nsr', 'LAUNCH', 'i', 1, '" A "'), "
                 "('p:1.15.5', 'p', 'pop', 'LIST_SERVERS', 'p', 9000000000000000, '" A "'), "
                 "('p:1.15.6', 'p', 'pop', 'LIST_SERVERS', 'p', 9000000000000000, '" B "'), "
                 "('n:0.5.7', 'n', 'nsr', 'PREPARE_POP', 'v', 9000000000000000, 'p');"
                 "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
                 "('p', 5, 0, 0, E'openbaton-exchange\\t" A "\\tp:1.15.5\\t\\t0\\t1\\t0', '{}')",
                 &err));
    OK(store_driver_requests_lost(ts->db, A, 1000000, &n, &err));
    assert_int_equal(n, 4);
    OK(store_driver_requests_lost(ts->db, B, 1000000, &n, &err));
    assert_int_equal(n, 0);
    assert_string_equal(test_query(ts->db, "SELECT string_agg(id, ' ' ORDER BY id) FROM command "
                                           "WHERE data = 'lost' AND due_at < 9000000000000000"),
                        "n:0.6.3 n:0.6.4 p:1.13.1 p:1.14.2");
    assert_string_equal(test_query(ts->db, "SELECT due_at FROM command WHERE id = 'n:0.6.4'"), "1");
}

static void enrolled(const char *kind, const char *type)
{
    char sql[400];
    snprintf(sql, sizeof(sql),
             "INSERT INTO manager_credentials (username, sealed, kind, type, room, is_enrolled) "
             "VALUES ('new-%s', '', '%s', '%s', 'r', true)",
             type, kind, type);
    OK(db_script(ts->db, sql, &err));
}

/* From the room of before to the one that it was enrolled for, when it is served there: trust.md 4.
 */
static void test_peers_move_to_their_rooms(void **state)
{
    const char *where = "SELECT room || ' ' || account FROM vnfm_endpoint";
    const char *driver = "SELECT room || ' ' || account || ' ' || active FROM vim_driver";
    size_t gone;
    (void)state;
    struct vnfm_endpoint e = {.id = "e", .type = "t", .endpoint = "t", .endpoint_type = "RABBIT"};
    e.active = e.enabled = true;
    OK(store_vnfm_put(ts->db, &e, "", &err));
    enrolled("vnfm", "t");
    e.room = "r"; /* it has registered there; its queue is still to come */
    OK(store_vnfm_put(ts->db, &e, "new-t", &err));
    assert_string_equal(test_query(ts->db, where), " ");
    assert_string_equal(vnfms(0, "t", &gone), "t"); /* the old one serves */
    assert_string_equal(test_query(ts->db, where), " ");
    seen_in = "r";
    assert_string_equal(vnfms(0, "t", &gone), "t");
    assert_string_equal(test_query(ts->db, where), "r new-t");
    seen_in = "";
    assert_string_equal(vnfms(0, "t", &gone), "t"); /* the old one, still there, is nothing */
    assert_string_equal(test_query(ts->db, where), "r new-t");

    saw_at(begin(), A, NULL);
    assert_string_equal(test_query(ts->db, driver), "  true");
    seen_in = "x"; /* somebody's queue of that name in another room */
    saw_at(begin(), A, NULL);
    assert_string_equal(test_query(ts->db, driver), "  true");
    enrolled("plugin", "test");
    seen_in = "r";
    saw_at(begin(), A, NULL);
    assert_string_equal(test_query(ts->db, driver), "r new-test true");
    seen_in = "x";
    later(2 * GRACE, A, NULL); /* not even when it is gone */
    later(4 * GRACE, A, NULL);
    assert_string_equal(test_query(ts->db, driver), "r new-test false");
    seen_in = "";
}

static bool moves(const char *command, const char *queue)
{
    bool is_open = false;
    OK(store_driver_command_move(ts->db, command, queue, "r", &is_open, &err));
    return is_open;
}

/* What was asked of it where it was is answered out of its room; nothing of others is. */
static void test_calls_follow_their_driver(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_queue *queues = NULL;
    size_t n = 0;
    (void)state;
    saw_at(begin(), A, B);
    OK(store_driver_queues_moved(ts->db, &a, &queues, &n, &err));
    assert_int_equal(n, 0);
    enrolled("plugin", "test");
    seen_in = "r";
    saw_at(begin(), A, NULL);
    seen_in = "";
    OK(store_driver_queues_moved(ts->db, &a, &queues, &n, &err));
    assert_int_equal(n, 1);
    assert_string_equal(queues[0].room, "r");
    assert_string_equal(queues[0].queue, A);
    OK(db_script(
        ts->db,
        "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data, room) VALUES "
        "('p:1.13.1', 'p', 'pop', 'REFRESH', 'p', 9, '" A "', ''), "
        "('p:1.14.2', 'p', 'pop', 'CREATE_NETWORK', 'net', 9, 'doubt " A "', ''), "
        "('n:0.6.3', 'n', 'nsr', 'LAUNCH', 'i', 9, '" B "', ''), "
        "('n:0.6.4', 'n', 'nsr', 'LAUNCH', 'i', 9, '" A "', 'x')",
        &err));
    assert_true(moves("p:1.13.1", A));
    assert_true(moves("p:1.13.1", A)); /* what was moved before */
    assert_true(moves("p:1.14.2", A));
    assert_false(moves("n:0.6.3", A)); /* another driver's */
    assert_false(moves("n:0.6.3", B)); /* which is still where it was */
    assert_false(moves("n:0.6.4", A)); /* asked in a third room */
    assert_false(moves("n:0.6.5", A)); /* closed */
    assert_string_equal(test_query(ts->db, "SELECT string_agg(id, ' ' ORDER BY id) FROM command "
                                           "WHERE room = 'r'"),
                        "p:1.13.1 p:1.14.2");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_schema, close_schema)
    const struct CMUnitTest tests[] = {
        T(test_absence_counts_after_a_grace), T(test_looks_are_ordered),
        T(test_vnfms_have_the_same_grace),    T(test_goodbye_of_a_driver),
        T(test_calls_of_a_dead_driver),       T(test_peers_move_to_their_rooms),
        T(test_calls_follow_their_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
