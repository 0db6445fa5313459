/* The reconciler against a real database. The PoP's listings, and what the engine would do, are the
 * test's: rows of table listing, answered at once, and calls that are counted. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/reconcile/reconciler.h"
#include "nfvo/store/store_alarm.h"
#include "nfvo/store/store_heal.h"
#include "nfvo/store/store_orphan.h"
#include "nfvo/store/store_reconcile.h"
#include "tests/support/nfvo_store.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEADLINE_S = 90 };

static struct test_nfvo_store *ts;
static struct reconciler *r;
static struct reconcile_options options;
static struct arena memory;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sbuf said = SBUF_INIT; /* under lock: what the engine was asked */
static int lists;                    /* under lock */

static void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pthread_mutex_lock(&lock);
    sbuf_vaddf(&said, fmt, ap);
    pthread_mutex_unlock(&lock);
    va_end(ap);
}

static bool has_said(const char *text)
{
    pthread_mutex_lock(&lock);
    bool has = strstr(said.s, text) != NULL;
    pthread_mutex_unlock(&lock);
    return has;
}

static int times_said(const char *text)
{
    int n = 0;
    pthread_mutex_lock(&lock);
    for (const char *at = said.s; (at = strstr(at, text)) != NULL; at++)
        n++;
    pthread_mutex_unlock(&lock);
    return n;
}

static void await_said(const char *text)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    for (; !has_said(text); poll(NULL, 0, 5))
        if (clock_mono_us() > deadline)
            fail_msg("'%s' was not asked: %s", text, said.s);
}

/* --- the engine -------------------------------------------------------------------------------- */

static void list(void *ctx, const char *operation, const char *pop)
{
    static const struct db_statement finish = {
        "test_list", "UPDATE rest_call SET status = l.status, body = l.body FROM listing l WHERE "
                     "rest_call.id = $1 AND l.pop = $2"};
    struct err err = ERR_INIT;
    struct db *db = store_borrow(ctx);
    if (db_query(db, &finish, DB_PARAMS(db_param_text(operation), db_param_text(pop)), NULL,
                 &err) != ERR_OK)
        fail_msg("%s", err.msg);
    store_return(ctx, db);
    pthread_mutex_lock(&lock);
    lists++;
    pthread_mutex_unlock(&lock);
}

/* For so many listings that were asked for after now. */
static void await_lists(int n)
{
    int64_t deadline = clock_mono_us() + DEADLINE_S * USEC_PER_SEC;
    pthread_mutex_lock(&lock);
    int until = lists + n;
    pthread_mutex_unlock(&lock);
    for (bool is_there = false; !is_there; poll(NULL, 0, 5)) {
        pthread_mutex_lock(&lock);
        is_there = lists >= until;
        pthread_mutex_unlock(&lock);
        if (clock_mono_us() > deadline)
            fail_msg("the PoP is not asked for its servers");
    }
}

static atomic_bool refresh_is_slow; /* it comes when its listing has been compared, or not at all */

static void refresh(void *ctx, const char *pop)
{
    static const struct db_statement fresh = {
        "test_refresh",
        "UPDATE pop SET state = json_build_object('refreshedAt', (extract(epoch FROM "
        "clock_timestamp()) * 1000000)::int8)::text WHERE id = $1"};
    struct err err = ERR_INIT;
    if (atomic_load(&refresh_is_slow))
        return;
    struct db *db = store_borrow(ctx);
    if (db_query(db, &fresh, DB_PARAMS(db_param_text(pop)), NULL, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    store_return(ctx, db);
}

static void collect(void *ctx, const char *pop, const struct proto_strs *servers)
{
    (void)ctx;
    for (uint32_t i = 0; i < servers->n; i++)
        say("collect %s of %s\n", servers->at[i], pop);
}

static void make_id(void *ctx, char out[ID_SIZE])
{
    (void)ctx;
    id_new(out);
}

static struct err tell_refusal; /* of alarms; code ERR_OK: they are taken */

static void tell(void *ctx, const char *nsr, const struct alarm_news *news, reconcile_done_fn *done,
                 void *arg)
{
    (void)ctx;
    say("%s %s of %s at %s: %s\n", news->word, news->kind, news->host, nsr, news->text);
    done(arg, tell_refusal.code == ERR_OK ? NULL : &tell_refusal);
}

static struct err refusal; /* of heals; code ERR_OK: they are taken */

static void heal(void *ctx, const struct reconcile_heal *h, reconcile_done_fn *done, void *arg)
{
    (void)ctx;
    say("%s %s%s: %s\n", h->is_whole ? "restart of" : "heal", h->instance,
        h->is_gone ? " gone" : "", h->cause);
    done(arg, refusal.code == ERR_OK ? NULL : &refusal);
}

/* --- the fixture ------------------------------------------------------------------------------- */

#define POP(id)                                                                                    \
    "INSERT INTO pop (id, agg, phase, seq, project_id, name, type, doc, state) VALUES ('" id       \
    "', '" id "', 'READY', 0, 'project', 'cloud-" id "', 'test', '{\"networks\":[]}', '{}');"
#define VDU(metadata, host, ip)                                                                    \
    "{\"id\":\"u-" host "\",\"metadata\":{" metadata "},\"vnfc_instance\":[{\"id\":\"" host        \
    "\",\"ips\":[{\"netName\":\"net\",\"ip\":\"" ip "\"}]}]}"

/* Three servers: one healed alone, one by its VNF's restart, one by nobody. */
static int set_up(void **state)
{
    (void)state;
    ts = test_nfvo_store_new("reconcile");
    options = (struct reconcile_options){.interval_ms = 200,
                                         .confirm_ms = 100,
                                         .outage_percent = 50,
                                         .outage_least = 3,
                                         .heal_per_hour = 2,
                                         .heal_at_once = 2,
                                         .heal_outage_ms = 3600000,
                                         .alarm_keep_ms = 3600000};
    refusal = tell_refusal = (struct err)ERR_INIT;
    sbuf_clear(&said);
    test_sql(
        ts->db,
        "CREATE TABLE listing (pop text, status int, body text);" POP(
            "p") "INSERT INTO nsr (id, agg, phase, seq, project_id, name, nsd_id, pops, doc, "
                 "state) VALUES "
                 "('n', 'n', 'ACTIVE', 0, 'project', 'shop', '', 'p', '{}', '');"
                 "INSERT INTO vnfr (id, agg, phase, name, endpoint, doc, state) VALUES ('v', 'n', "
                 "'ACTIVE', "
                 "'web', 'generic', '{\"vdu\":[" VDU(
                     "\"baton.heal\":\"instance\"", "a",
                     "10.0.0.1") "," VDU("\"baton.heal\":\"vnf\"", "b",
                                         "10.0.0.2") "," VDU("", "c",
                                                             "10.0.0.3") "]}', '');"
                                                                         "INSERT INTO instance "
                                                                         "(id, agg, phase, "
                                                                         "vnfr_id, pop_id, "
                                                                         "hostname, vc_id, state) "
                                                                         "VALUES "
                                                                         "('a', 'n', 'UP', 'v', "
                                                                         "'p', 'web-1', 'vc-a', "
                                                                         "''), ('b', 'n', 'UP', "
                                                                         "'v', 'p', 'web-2', "
                                                                         "'vc-b', ''), ('c', 'n', "
                                                                         "'UP', 'v', 'p', 'web-3', "
                                                                         "'vc-c', '')");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reconciler_close(r);
    r = NULL;
    test_nfvo_store_free(ts);
    arena_release(&memory);
    return 0;
}

static void open_reconciler(void)
{
    struct err err = ERR_INIT;
    if (reconciler_open(&r,
                        &(struct reconciler_setup){.options = &options,
                                                   .store = ts->store,
                                                   .engine = {.ctx = ts->store,
                                                              .make_id = make_id,
                                                              .list = list,
                                                              .refresh = refresh,
                                                              .collect = collect,
                                                              .tell = tell,
                                                              .heal = heal}},
                        &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

/* "abc": which are listed as they should be; the rest of the servers behind it. */
static void listed(const char *which, const char *more)
{
    AUTO(sbuf_release) struct sbuf sql = SBUF_INIT;
    sbuf_adds(&sql, "DELETE FROM listing; INSERT INTO listing VALUES ('p', 200, "
                    "'{\"weak\":false,\"servers\":[");
    for (const char *c = which; *c; c++)
        sbuf_addf(
            &sql,
            "%s{\"id\":\"vc-%c\",\"host\":\"web-%d\",\"status\":\"ACTIVE\",\"ips\":\"net=10.0.0."
            "%d\"}",
            c == which ? "" : ",", *c, *c - 'a' + 1, *c - 'a' + 1);
    sbuf_addf(&sql, "%s%s]}')", *which && *more ? "," : "", more);
    test_sql(ts->db, sql.s);
}

static void count_is(const char *what, const char *n)
{
    test_query_await(ts->db, arena_printf(&memory, "SELECT count(*) FROM %s", what), n);
}

/* --- tests ------------------------------------------------------------------------------------- */

static void test_drift_alarm_and_end(void **state)
{
    (void)state;
    listed("ac", "");
    open_reconciler();
    await_said("RAISED SERVER_GONE of web-2 at n: server web-2 of PoP 'cloud-p'");
    count_is("drift WHERE believed = 'SERVER_GONE' AND subject = 'b'", "1");
    count_is(
        "alarm WHERE cleared_at IS NULL AND severity = 'CRITICAL' AND is_root AND project_id = "
        "'project' AND nsr_name = 'shop' AND host = 'web-2' AND resource_id = 'vc-b'",
        "1");
    /* A PoP that cannot list says nothing about it, but of itself. */
    test_sql(ts->db, "UPDATE listing SET status = 500, body = '{\"message\":\"no\"}'");
    count_is("alarm WHERE kind = 'POP_NOT_LISTED' AND cleared_at IS NULL AND detail LIKE '%: no'",
             "1");
    count_is("drift", "1");
    /* It is stopped; it has another name, and other addresses; all is well. */
    listed("ac", "{\"id\":\"vc-b\",\"host\":\"web-2\",\"status\":\"SHUTOFF\"}");
    await_said("CHANGED SERVER_STOPPED of web-2");
    count_is("alarm WHERE kind = 'POP_NOT_LISTED' AND cleared_at IS NULL", "0");
    listed("ac", "{\"id\":\"vc-b\",\"host\":\"web-9\",\"status\":\"ACTIVE\"}");
    await_said("CHANGED SERVER_RENAMED of web-2");
    listed("ac", "{\"id\":\"vc-b\",\"host\":\"web-2\",\"ips\":\"net=10.0.0.99\"}");
    await_said("CHANGED SERVER_MOVED of web-2");
    listed("abc", "");
    await_said("CLEARED SERVER_MOVED of web-2");
    count_is("drift", "0");
    count_is("alarm", "2"); /* one of the server, one of the PoP */
    count_is("alarm WHERE cleared_at IS NULL", "0");
    assert_int_equal(times_said("RAISED"), 1);
}

/* Nothing on one listing, whatever else is asked meanwhile. */
static void test_one_listing_is_none(void **state)
{
    (void)state;
    options.interval_ms = options.confirm_ms = 3600000;
    listed("ac", "");
    open_reconciler();
    struct err err = ERR_INIT;
    test_query_await(ts->db, "SELECT count(*) FROM pop_watch", "1");
    assert_int_equal(store_watch_soon(ts->db, "p", NULL, false, &err), ERR_OK);
    count_is("drift WHERE weight = 3 AND believed = ''", "1");
    count_is("alarm", "0");
    assert_int_equal(store_watch_soon(ts->db, "p", NULL, false, &err), ERR_OK);
    count_is("alarm", "1");
}

/* A service that an operation is changing is not judged. */
static void test_operation_in_hand(void **state)
{
    (void)state;
    test_sql(ts->db, "INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, origin, "
                     "asked_by, asked_at, state_at, doc) VALUES ('o', 'n', 'project', 'shop', "
                     "'RESTART', 'PROCESSING', 'user', 'admin', 1, 1, '{}')");
    listed("ac", "");
    open_reconciler();
    await_lists(4);
    count_is("drift", "0");
    test_sql(ts->db, "UPDATE operation SET state = 'FAILED_TEMP'");
    count_is("drift WHERE believed <> ''", "1");
}

static void test_heals(void **state)
{
    (void)state;
    listed("bc", "");
    open_reconciler();
    await_said("heal a gone: server web-1 of PoP 'cloud-p': the PoP does not list it any more\n");
    count_is("heal WHERE subject = 'a' AND attempts = 1 AND operation <> ''", "1");
    count_is("alarm WHERE host = 'web-1' AND healing LIKE 'being healed: operation %, attempt 1'",
             "1");
    /* Without a pause the second, and then no more within the hour. */
    await_said(
        "heal a gone: server web-1 of PoP 'cloud-p': the PoP does not list it any more\nheal a");
    count_is("alarm WHERE host = 'web-1' AND healing LIKE '%heal-per-hour%'", "1");
    assert_int_equal(times_said("heal a"), 2);
    /* By its VNF; and what says nothing is healed by nobody. */
    listed("",
           "{\"id\":\"vc-a\",\"host\":\"web-1\"},{\"id\":\"vc-b\",\"host\":\"web-2\",\"status\":"
           "\"ERROR\"}");
    options.outage_least = 1000;
    await_said(
        "restart of b: server web-2 of PoP 'cloud-p': the PoP lists it as not running: status "
        "ERROR\n");
    count_is("drift WHERE subject = 'c' AND believed <> ''", "1");
    await_lists(3);
    assert_int_equal(times_said("heal c"), 0);
}

static void test_refused_heal_says_why(void **state)
{
    (void)state;
    err_set(&refusal, ERR_STATE, "Busy: somebody else");
    options.heal_pause_ms = 3600000;
    listed("bc", "");
    open_reconciler();
    await_said("heal a");
    count_is("alarm WHERE host = 'web-1' AND healing = 'not healed: Busy: somebody else'", "1");
    await_lists(5);
    assert_int_equal(times_said("heal a"), 1); /* the pause */
    /* It is there, by another name: what was not done about its absence is not said of that. */
    listed("bc", "{\"id\":\"vc-a\",\"host\":\"web-9\",\"status\":\"ACTIVE\"}");
    await_said("CHANGED SERVER_RENAMED of web-1");
    count_is("alarm WHERE host = 'web-1' AND cleared_at IS NULL AND healing = ''", "1");
}

/* Three at most in any hour, whenever it begins; at most so many at once, also where two processes
 * begin at the same time and neither's operation is there yet. */
static void test_attempts_are_counted(void **state)
{
    struct store_heal a = {.subject = "a", .pop = "p", .nsr = "n"}, b = a;
    struct err err = ERR_INIT;
    bool is_begun;
    (void)state;
    b.subject = "b";
    test_sql(ts->db, "INSERT INTO pop_watch (pop_id, next_at) VALUES ('p', 0)");
    assert_int_equal(store_heal_begin(ts->db, &a, "o1", 1, &is_begun, &err), ERR_OK);
    assert_true(is_begun);
    assert_int_equal(store_heal_begin(ts->db, &b, "o2", 1, &is_begun, &err), ERR_OK);
    assert_false(is_begun);
    assert_int_equal(store_heal_begin(ts->db, &b, "o2", 2, &is_begun, &err), ERR_OK);
    assert_true(is_begun);
    assert_int_equal(store_heal_begin(ts->db, &a, "o3", 9, &is_begun, &err), ERR_OK);
    assert_false(is_begun); /* another one was faster */
    assert_int_equal(store_heal_refused(ts->db, "b", "no", &err), ERR_OK);
    count_is("heal WHERE operation = ''", "1");
    test_sql(ts->db, "UPDATE heal SET recent = ARRAY[1, last_at - 3000000000], last_at = 7 WHERE "
                     "subject = 'a'");
    a.last_at = 7;
    assert_int_equal(store_heal_begin(ts->db, &a, "o4", 1, &is_begun, &err), ERR_OK);
    assert_true(is_begun);
    count_is("heal WHERE subject = 'a' AND attempts = 2 AND cardinality(recent) = 2", "1");
}

/* What its service has not taken is told again, when the one that told it has had its time. */
static void test_told_when_it_is_taken(void **state)
{
    (void)state;
    err_set(&tell_refusal, ERR_UNAVAIL, "stopping");
    listed("ac", "");
    open_reconciler();
    await_said("RAISED SERVER_GONE of web-2");
    await_lists(3);
    count_is("alarm WHERE told = '' AND telling_at > 0", "1");
    assert_int_equal(times_said("RAISED"), 1);
    tell_refusal = (struct err)ERR_INIT;
    test_sql(ts->db, "UPDATE alarm SET telling_at = 1");
    count_is("alarm WHERE told = 'SERVER_GONE' AND telling_at = 0", "1");
    assert_int_equal(times_said("RAISED"), 2);
}

/* One that is known to be healed since is not healed again before a listing says that it is down. */
static void test_healed_when_seen_since(void **state)
{
    (void)state;
    options.interval_ms = options.confirm_ms = 3600000;
    test_sql(ts->db,
             "INSERT INTO operation (id, agg, project_id, nsr_name, kind, state, origin, "
             "asked_by, asked_at, state_at, doc) VALUES ('o', 'n', 'project', 'shop', "
             "'HEAL', 'COMPLETED', 'user', 'admin', 1, (extract(epoch FROM clock_timestamp()) * "
             "1000000)::int8, '{}');"
             "INSERT INTO pop_watch (pop_id, next_at, looked_at, good_since) VALUES ('p', "
             "9000000000000000, 1, 1);"
             "INSERT INTO drift (subject, pop_id, kind, weight, believed, since) VALUES ('a', "
             "'p', 'SERVER_GONE', 6, 'SERVER_GONE', 1);"
             "INSERT INTO alarm (id, subject, kind, project_id, pop_id, pop_name, nsr_id, vnfr_id, "
             "severity, event_type, cause, is_root, detail, raised_at, changed_at, told) VALUES "
             "('x', 'a', 'SERVER_GONE', 'project', 'p', 'cloud-p', 'n', 'v', 'CRITICAL', '', '', "
             "true, '', 1, 1, 'SERVER_GONE')");
    open_reconciler();
    count_is("alarm WHERE healing LIKE '%was not listed since%'", "1");
    assert_int_equal(times_said("heal"), 0);
    test_sql(ts->db, "UPDATE pop_watch SET looked_at = next_at");
    await_said("heal a gone");
}

/* A PoP that had none of ours is looked at as often as the others when it has. */
static void test_nearer(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    test_sql(ts->db, POP("far") "INSERT INTO pop_watch (pop_id, next_at) VALUES ('p', "
                                "9000000000000000), ('far', 9000000000000000)");
    assert_int_equal(store_watch_follow(ts->db, 0, 0, &err), ERR_OK);
    count_is("pop_watch WHERE next_at = 9000000000000000", "2");
    assert_int_equal(store_watch_follow(ts->db, 0, 1000, &err), ERR_OK);
    count_is("pop_watch WHERE next_at = 9000000000000000 AND pop_id = 'far'", "1");
}

/* All of them: the cloud is suspected, and nothing is healed until somebody says so. */
static void test_outage(void **state)
{
    (void)state;
    listed("", "");
    open_reconciler();
    count_is("alarm WHERE kind = 'OUTAGE_SUSPECTED' AND cleared_at IS NULL AND is_root", "1");
    count_is("alarm WHERE kind = 'SERVER_GONE' AND cleared_at IS NULL", "3");
    count_is("alarm WHERE host = 'web-1' AND healing LIKE '%outage%'", "1");
    await_lists(5);
    assert_int_equal(times_said("heal a"), 0);
    test_sql(ts->db, "UPDATE alarm SET acked_at = 1, acked_by = 'admin' WHERE kind = "
                     "'OUTAGE_SUSPECTED'");
    await_said("heal a gone");
    listed("abc", "");
    count_is("alarm WHERE cleared_at IS NULL", "0");
    count_is("pop_watch WHERE outage_at = 0", "1");
}

/* Its driver came back: listings have to be good for a while. */
static void test_settling(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    options.heal_settle_ms = 3600000;
    listed("bc", "");
    open_reconciler();
    count_is("alarm WHERE host = 'web-1' AND healing LIKE '%came back%'", "1");
    test_sql(ts->db, "UPDATE pop_watch SET good_since = 1");
    await_said("heal a gone");
    assert_int_equal(store_watch_soon(ts->db, NULL, "test", true, &err), ERR_OK);
    count_is("pop_watch WHERE good_since > 1", "1");
}

static void test_networks(void **state)
{
    (void)state;
    test_sql(ts->db,
             "UPDATE pop SET doc = '{\"networks\":[{\"extId\":\"net-1\"}]}'; UPDATE nsr SET "
             "doc = '{\"vlr\":[{\"id\":\"l\",\"name\":\"net\",\"extId\":\"net-1\",\"vim_id\":"
             "\"p\"}]}'");
    listed("abc", "");
    open_reconciler();
    await_lists(3);
    count_is("drift", "0");
    /* Refreshed, and before the listing is asked for: a snapshot counts once, and does count. */
    atomic_store(&refresh_is_slow, true);
    await_lists(2);
    test_sql(ts->db, "UPDATE pop SET doc = '{\"networks\":[]}', state = '{\"refreshedAt\":9000}'");
    await_lists(3);
    count_is("drift", "0"); /* older than the one that was compared last */
    test_sql(ts->db, "UPDATE pop_watch SET networks = '7:' || split_part(networks, ':', 2)");
    count_is("drift WHERE subject = 'net:l' AND weight = 3", "1");
    await_lists(3);
    count_is("alarm", "0");
    test_sql(ts->db, "UPDATE pop SET state = '{\"refreshedAt\":9001}'");
    await_said("RAISED NETWORK_GONE");
    atomic_store(&refresh_is_slow, false);
    test_sql(ts->db, "UPDATE pop_watch SET networks = '7:' || split_part(networks, ':', 2)");
    count_is("drift WHERE subject = 'net:l' AND believed = 'NETWORK_GONE'", "1");
    test_sql(ts->db, "UPDATE pop SET doc = '{\"networks\":[{\"extId\":\"net-1\"}]}'");
    await_said("CLEARED NETWORK_GONE");
    count_is("drift", "0");
}

static const char *reconcile_of(const char *pop)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    if (store_pop_reconcile(ts->db, pop, "project", &text, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return arena_strdup(&memory, text.s);
}

static void test_orphans(void **state)
{
    AUTO(db_array_release) struct db_array none = DB_TEXT_ARRAY;
    AUTO(db_array_release) struct db_array named = DB_TEXT_ARRAY;
    struct proto_strs ids = {0};
    struct err err = ERR_INIT;
    (void)state;
    /* Of a service that went: with its id, never answered, and under its name only. */
    test_sql(
        ts->db,
        "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) VALUES "
        "('0123456789012345678901234567890123ab', 'n', 'UP', 'v', 'p', 'old-7', 'vc-7', ''), "
        "('h', 'n', 'LAUNCHING', 'v', 'p', 'old-8', '', ''), ('i', 'n', 'UP', 'v', 'p', 'old-9', "
        "'vc-9', ''); UPDATE instance SET phase = 'DELETING' WHERE hostname LIKE 'old-%'; DELETE "
        "FROM instance WHERE hostname LIKE 'old-%'");
    listed("abc",
           "{\"id\":\"vc-7\",\"host\":\"old-7\"},{\"id\":\"x\",\"name\":\"old-8\"},{\"id\":\"y\","
           "\"host\":\"old-9\"},{\"id\":\"baton-0123456789012345678901234567890123ab\",\"name\":"
           "\"r-1\"},"
           "{\"id\":\"z\",\"host\":\"somebody-10\"},{\"id\":\"w\",\"host\":\"gateway\"}");
    open_reconciler();
    count_is("orphan WHERE times >= 2", "4");
    test_query_await(ts->db,
                     "SELECT string_agg(server_id || '=' || mark, ' ' ORDER BY hostname) FROM "
                     "orphan",
                     "vc-7=id x=launch y=name baton-0123456789012345678901234567890123ab=token");
    count_is("alarm WHERE kind = 'ORPHANS' AND detail LIKE '4 server(s)%' AND cleared_at IS NULL",
             "1");
    assert_non_null(strstr(reconcile_of("p"), "\"nsr\" : \"shop\""));
    assert_null(strstr(reconcile_of("p"), "somebody"));
    /* All that are sure; one whose name alone is ours when it is named; never another's. */
    assert_int_equal(store_orphans_take(ts->db, "p", &none, "admin", 100, &memory, &ids, &err),
                     ERR_OK);
    assert_int_equal(ids.n, 3);
    assert_false(proto_strs_has(&ids, "y"));
    ids = (struct proto_strs){0};
    db_array_text(&named, "old-9");
    db_array_text(&named, "z");
    assert_int_equal(store_orphans_take(ts->db, "p", &named, "admin", 100, &memory, &ids, &err),
                     ERR_OK);
    assert_int_equal(ids.n, 1);
    assert_string_equal(ids.at[0], "y");
    listed("abc", "");
    count_is("orphan", "0");
    count_is("alarm WHERE kind = 'ORPHANS' AND cleared_at IS NULL", "0");
}

/* Another one was launched in its place, and it is there again. */
static void test_orphan_of_a_name(void **state)
{
    struct err err = ERR_INIT;
    struct proto_strs ids = {0};
    AUTO(db_array_release) struct db_array none = DB_TEXT_ARRAY;
    (void)state;
    test_sql(ts->db, "UPDATE instance SET vc_id = '', phase = 'LAUNCHING' WHERE id = 'a';"
                     "UPDATE instance SET vc_id = 'vc-new', phase = 'UP' WHERE id = 'a'");
    count_is("server_past WHERE instance_id = 'a' AND vc_id = 'vc-a' AND vnfr_name = 'web'", "1");
    listed("abc", "{\"id\":\"vc-new\",\"host\":\"web-1\",\"status\":\"ACTIVE\",\"ips\":"
                  "\"net=10.0.0.1\"}");
    open_reconciler();
    count_is("orphan WHERE server_id = 'vc-a' AND mark = 'id' AND times > 1", "1");
    count_is("drift", "0");
    assert_int_equal(store_orphans_take(ts->db, "p", &none, "me", 9, &memory, &ids, &err), ERR_OK);
    assert_int_equal(ids.n, 1);
    assert_string_equal(ids.at[0], "vc-a");
    /* The server of today is nobody's orphan, though it is known by the same name. */
    count_is("orphan", "1");
}

static void test_orphans_by_policy(void **state)
{
    (void)state;
    options.collect_after_ms = 100;
    test_sql(ts->db, "INSERT INTO server_past VALUES ('i', 'old-7', 'p', 'vc-7', 'm', 'gone', "
                     "'project', 'web', 4e15), ('j', 'old-8', 'p', 'vc-8', 'm', 'gone', 'project', "
                     "'web', 4e15)");
    listed("abc", "{\"id\":\"vc-7\",\"host\":\"old-7\"},{\"id\":\"other\",\"host\":\"old-8\"}");
    open_reconciler();
    await_said("collect vc-7 of p");
    assert_int_equal(times_said("collect other"), 0);
}

/* What belongs to a project is not another's; who acknowledges is written down. */
static void test_alarms_of_a_project(void **state)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct err err = ERR_INIT;
    (void)state;
    listed("ac", "");
    open_reconciler();
    await_said("RAISED");
    test_sql(ts->db, "UPDATE alarm SET id = 'alarm-1'");
    assert_int_equal(store_alarm_get(ts->db, "alarm-1", "another", &text, &err), ERR_NOT_FOUND);
    assert_int_equal(store_alarm_ack(ts->db, "alarm-1", "another", "eve", &err), ERR_NOT_FOUND);
    assert_int_equal(store_alarm_ack(ts->db, "alarm-1", "project", "admin", &err), ERR_OK);
    assert_int_equal(store_alarm_ack(ts->db, "alarm-1", "project", "later", &err), ERR_OK);
    assert_int_equal(store_alarm_get(ts->db, "alarm-1", "project", &text, &err), ERR_OK);
    assert_non_null(strstr(text.s, "\"acknowledgedBy\":\"admin\""));
    assert_non_null(strstr(text.s, "\"ackState\":\"ACKNOWLEDGED\""));
    assert_non_null(strstr(text.s, "\"isRootCause\":true"));
}

/* 10,000 servers, each of whose addresses is compared: a look is one look, and costs little. */
static void test_many(void **state)
{
    (void)state;
    test_sql(
        ts->db,
        "INSERT INTO instance (id, agg, phase, vnfr_id, pop_id, hostname, vc_id, state) SELECT "
        "'m' || g, 'n', 'UP', 'v', 'p', 'many-' || g, 'vm-' || g, '' FROM "
        "generate_series(1, 10000) g; UPDATE vnfr SET doc = json_build_object('vdu', "
        "json_build_array(json_build_object('vnfc_instance', (SELECT "
        "json_agg(json_build_object('id', id, 'ips', json_build_array(json_build_object('netName', "
        "'net', 'ip', 'of-' || id)))) FROM instance))))::text; INSERT INTO listing SELECT 'p', "
        "200, "
        "json_build_object('weak', false, 'servers', (SELECT json_agg(json_build_object('id', "
        "vc_id, 'host', hostname, 'status', 'ACTIVE', 'ips', 'net=of-' || CASE id WHEN 'm78' THEN "
        "'nobody' ELSE id END)) FROM instance WHERE hostname <> 'many-77'))::text");
    int64_t begun = clock_mono_us();
    open_reconciler();
    await_said("RAISED SERVER_GONE of many-77");
    print_message("10,000 servers: two looks in %lld ms\n",
                  (long long)((clock_mono_us() - begun) / USEC_PER_MS));
    await_said("RAISED SERVER_MOVED of many-78");
    count_is("drift", "2");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_drift_alarm_and_end),
        T(test_one_listing_is_none),
        T(test_operation_in_hand),
        T(test_heals),
        T(test_refused_heal_says_why),
        T(test_attempts_are_counted),
        T(test_told_when_it_is_taken),
        T(test_healed_when_seen_since),
        T(test_nearer),
        T(test_orphan_of_a_name),
        T(test_outage),
        T(test_settling),
        T(test_networks),
        T(test_orphans),
        T(test_orphans_by_policy),
        T(test_alarms_of_a_project),
        T(test_many),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sbuf_release(&said);
    return rc;
}
