/* A VNFM that acknowledges before it works has died: its requests in hand are told so, and nobody
 * else's. */
#include "nfvo/store/store_engine.h"
#include "tests/support/nfvo_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void sql(struct db *db, const char *text)
{
    struct err err = ERR_INIT;
    if (db_script(db, text, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* Two VNFRs of type 'python', one of type 'dummy' whose VNFM echoes correlation ids; each with an
 * open request. */
static void fill(struct db *db)
{
    sql(db, "INSERT INTO vnfm_endpoint (id, type, endpoint, kind, active, enabled, capabilities, "
            "doc) VALUES "
            "('e1', 'python', 'python', 'RABBIT', false, true, '', '{}'), "
            "('e2', 'dummy', 'dummy', 'RABBIT', false, true, 'correlation instance', '{}');"
            "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES "
            "('v1', 'n1', 'INSTANTIATING', 'a', 'python', '', ''), ('v2', 'n1', 'INSTANTIATING', "
            "'b', 'dummy', '', ''), "
            "('v3', 'n2', 'INSTANTIATING', 'c', 'python', '', '');"
            "INSERT INTO command (id, agg, agg_kind, kind, subject, due_at, data) VALUES "
            "('n1:0.1.1', 'n1', 'nsr', 'INSTANTIATE', 'v1', 9000000000000000, ''), "
            "('n1:0.1.2', 'n1', 'nsr', 'INSTANTIATE', 'v2', 9000000000000000, ''), "
            "('n2:0.1.1', 'n2', 'nsr', 'INSTANTIATE', 'v3', 9000000000000000, ''), "
            "('n2:0.9.2', 'n2', 'nsr', 'TIMER_SOURCES', 'v3', 9000000000000000, '');"
            /* v3's request waits in the outbox: it was not delivered, so it was not lost */
            "INSERT INTO outbox (stream, seq, next_at, until_at, meta, body) VALUES "
            "('n2', 3, 0, 0, E'openbaton-exchange\\tpython\\tn2:0.1.1\\t\\t0\\t2\\t0', '{}');");
}

static void requests_in_hand_become_due(void **state)
{
    struct test_nfvo_store *ts = test_nfvo_store_new("died");
    struct err err = ERR_INIT;
    int64_t n = 0;
    (void)state;
    fill(ts->db);
    assert_int_equal(store_vnfm_requests_lost(ts->db, "python", 1000000, &n, &err), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(test_query(ts->db, "SELECT string_agg(id || data, ',' ORDER BY id) FROM "
                                           "command WHERE due_at < 9000000000000000"),
                        "n1:0.1.1" STORE_REQUEST_LOST);
    /* Ours acknowledge after the work: the broker delivers again, nothing was lost. */
    assert_int_equal(store_vnfm_requests_lost(ts->db, "dummy", 1000000, &n, &err), ERR_OK);
    assert_int_equal(n, 0);
    test_nfvo_store_free(ts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests_in_hand_become_due)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
