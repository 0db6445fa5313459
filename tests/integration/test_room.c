/* Rooms in the store: nfvo/store/store_room.c. */
#include "nfvo/store/store_room.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct test_nfvo_store *ts;

static int set_up(void **state)
{
    (void)state;
    ts = test_nfvo_store_new("room");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_nfvo_store_free(ts);
    return 0;
}

static void put(const char *name, bool is_open, const char *project)
{
    struct err err = ERR_INIT;
    struct store_room r = {.name = name, .is_open = is_open, .project_id = project};
    if (store_room_put(ts->db, &r, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static void a_room_keeps_what_it_is_and_changes_its_state(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct store_rooms rooms;
    struct store_room r;
    struct err err = ERR_INIT;

    (void)state;
    put("baton.b", false, NULL);
    put("/", true, "trial");
    assert_int_equal(store_room_set_state(ts->db, "baton.b", STORE_ROOM_READY, NULL), ERR_OK);
    put("baton.b", false, "p1"); /* enrolled once more: it stays ready */
    assert_int_equal(store_room_list(ts->db, &a, &rooms, NULL), ERR_OK);
    assert_int_equal(rooms.n, 2);
    assert_string_equal(rooms.at[0].name, "/");
    assert_true(rooms.at[0].is_open);
    assert_int_equal(rooms.at[0].state, STORE_ROOM_MAKING);
    assert_string_equal(rooms.at[0].project_id, "trial");
    assert_false(rooms.at[1].is_open);
    assert_int_equal(rooms.at[1].state, STORE_ROOM_READY);
    assert_string_equal(rooms.at[1].project_id, "p1");
    assert_true(rooms.at[1].made_at > 0);
    put("baton.b", false, NULL);
    assert_int_equal(store_room_get(ts->db, "baton.b", &a, &r, NULL), ERR_OK);
    assert_null(r.project_id);
    assert_int_equal(store_room_delete(ts->db, "baton.b", NULL), ERR_OK);
    assert_int_equal(store_room_delete(ts->db, "baton.b", NULL), ERR_OK);
    assert_int_equal(store_room_get(ts->db, "baton.b", &a, &r, &err), ERR_NOT_FOUND);
    err = (struct err)ERR_INIT;
    assert_int_equal(store_room_set_state(ts->db, "baton.b", STORE_ROOM_ENDING, &err),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(err.msg, "'baton.b'"));
}

/* Who waits is woken by each change; other tests' rooms in the same database wake, too. */
static void await_change(struct db *db)
{
    struct db_notify n;
    struct err err = ERR_INIT;
    assert_int_equal(db_wait_notify(db, -1, 60000, &n, &err), DB_WAIT_NOTIFY);
    assert_string_equal(n.channel, STORE_ROOM_CHANNEL);
}

static void each_change_is_announced(void **state)
{
    struct db *db = store_connection(ts->store, "listener");
    struct db_notify n;
    struct err err = ERR_INIT;

    (void)state;
    assert_int_equal(db_listen(db, STORE_ROOM_CHANNEL, &err), ERR_OK);
    assert_int_equal(db_wait_notify(db, -1, 60000, &n, &err), DB_WAIT_CONNECTED);
    put("baton.b", false, NULL);
    await_change(db);
    assert_int_equal(store_room_set_state(ts->db, "baton.b", STORE_ROOM_ENDING, NULL), ERR_OK);
    await_change(db);
    assert_int_equal(store_room_delete(ts->db, "baton.b", NULL), ERR_OK);
    await_change(db);
    db_free(db);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(a_room_keeps_what_it_is_and_changes_its_state),
        TEST(each_change_is_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
