/* common/db when the network fails: a relay between client and server swallows or cuts at the worst
 * moment. */
#include "common/db/db.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/database.h"

enum mode {
    PASS,
    CUT_BEFORE_COMMIT, /* the client's COMMIT does not reach the server */
    CUT_AFTER_COMMIT,  /* it does, the answer does not come back */
    SWALLOW,           /* nothing comes back, and nobody hangs up */
    DEAF,              /* nothing is even read */
};

struct relay {
    char dir[32], path[64];
    struct sockaddr_un server;
    int listener, stop;
    atomic_int mode;
    pthread_t thread;
};

static const struct db_statement insert = {"insert", "INSERT INTO t (id) VALUES ($1::text)"};
static const struct db_statement count = {"count", "SELECT count(*) FROM t"};

/* False: hang up. */
static bool pass_on(struct relay *r, int from, int to, bool is_client)
{
    char buffer[65536];
    ssize_t n = recv(from, buffer, sizeof(buffer), 0);
    if (n <= 0)
        return false;
    int mode = atomic_load(&r->mode);
    if (!is_client)
        return mode == SWALLOW || mode == CUT_AFTER_COMMIT ||
               send(to, buffer, (size_t)n, MSG_NOSIGNAL) == n;
    bool has_commit = memmem(buffer, (size_t)n, "COMMIT", 6) != NULL;
    if (mode == CUT_BEFORE_COMMIT && has_commit)
        return false;
    if (send(to, buffer, (size_t)n, MSG_NOSIGNAL) != n)
        return false;
    if (mode == CUT_AFTER_COMMIT && has_commit) {
        /* The server's answer says that it is done; it goes no further. */
        recv(to, buffer, sizeof(buffer), 0);
        return false;
    }
    return true;
}

static void *relay_main(void *arg)
{
    struct relay *r = arg;
    for (;;) {
        struct pollfd idle[] = {{.fd = r->listener, .events = POLLIN},
                                {.fd = r->stop, .events = POLLIN}};
        poll(idle, 2, -1);
        if (idle[1].revents)
            return NULL;
        int client = accept(r->listener, NULL, NULL);
        int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool goes_on = connect(server, (struct sockaddr *)&r->server, sizeof(r->server)) == 0;
        while (goes_on) {
            short want = atomic_load(&r->mode) == DEAF ? POLLRDHUP : POLLIN;
            struct pollfd fds[] = {{.fd = client, .events = want},
                                   {.fd = server, .events = POLLIN},
                                   {.fd = r->stop, .events = POLLIN}};
            poll(fds, 3, -1);
            if (fds[2].revents)
                goes_on = false;
            if (goes_on && fds[0].revents)
                goes_on = want == POLLIN && pass_on(r, client, server, true);
            if (goes_on && fds[1].revents)
                goes_on = pass_on(r, server, client, false);
        }
        close(client);
        close(server);
    }
}

/* The word behind `key=` in a conninfo, or otherwise. */
static void word_of(const char *conninfo, const char *key, const char *otherwise, char *ret,
                    size_t size)
{
    const char *at = strstr(conninfo, key);
    at = at ? at + strlen(key) : otherwise;
    snprintf(ret, size, "%.*s", (int)strcspn(at, " "), at);
}

static struct relay *relay_new(const char *conninfo)
{
    struct relay *r = calloc(1, sizeof(*r));
    char host[64], port[8];
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    word_of(conninfo, "host=", "", host, sizeof(host));
    word_of(conninfo, "port=", "5432", port, sizeof(port));
    if (host[0] != '/') {
        free(r);
        return NULL;
    }
    r->server.sun_family = AF_UNIX;
    snprintf(r->server.sun_path, sizeof(r->server.sun_path), "%s/.s.PGSQL.%s", host, port);
    strcpy(r->dir, "/tmp/ob-relay-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    snprintf(r->path, sizeof(r->path), "%s/.s.PGSQL.5432", r->dir);
    snprintf(here.sun_path, sizeof(here.sun_path), "%s", r->path);
    r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(r->listener, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(listen(r->listener, 8), 0);
    r->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&r->thread, NULL, relay_main, r), 0);
    return r;
}

static void relay_free(struct relay *r)
{
    eventfd_write(r->stop, 1);
    pthread_join(r->thread, NULL);
    close(r->listener);
    close(r->stop);
    unlink(r->path);
    rmdir(r->dir);
    free(r);
}

struct fixture {
    struct test_schema *schema;
    struct relay *relay;
    struct db *db, *direct;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char conninfo[512];
    f->schema = test_schema_new("lost");
    f->direct = test_schema_open(f->schema);
    test_sql(f->direct, "CREATE TABLE t (id text PRIMARY KEY)");
    f->relay = relay_new(test_schema_conninfo(f->schema));
    *state = f;
    if (!f->relay)
        return 0;
    struct db_options options = test_schema_options(f->schema);
    snprintf(conninfo, sizeof(conninfo), "%s host=%s port=5432", options.conninfo, f->relay->dir);
    options.conninfo = conninfo;
    options.reply_timeout_ms = 3000;
    f->db = db_new(&options);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    db_free(f->db);
    if (f->relay)
        relay_free(f->relay);
    db_free(f->direct);
    test_schema_free(f->schema);
    free(f);
    return 0;
}

static int64_t rows(struct db *db)
{
    struct err err = ERR_INIT;
    struct db_result res;
    assert_int_equal(db_query(db, &count, NULL, 0, &res, &err), ERR_OK);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(db);
    return n;
}

static enum err_code insert_under(struct fixture *f, enum mode mode, struct err *err)
{
    if (!f->relay)
        skip(); /* the test database is not on a unix socket */
    atomic_store(&f->relay->mode, PASS);
    db_begin(f->db);
    db_send(f->db, &insert, DB_PARAMS(db_param_text("a")));
    assert_int_equal(db_sync(f->db, err), ERR_OK);
    db_results_clear(f->db);
    atomic_store(&f->relay->mode, (int)mode);
    enum err_code rc = db_commit(f->db, err);
    atomic_store(&f->relay->mode, PASS);
    return rc;
}

static void test_cut_after_commit(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    assert_int_equal(insert_under(f, CUT_AFTER_COMMIT, &err), ERR_UNKNOWN);
    assert_int_equal(err.code, ERR_UNKNOWN);
    assert_true(err.hint[0]);
    assert_int_equal(rows(f->db), 1);
}

static void test_cut_before_commit(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    assert_int_equal(insert_under(f, CUT_BEFORE_COMMIT, &err), ERR_UNKNOWN);
    assert_int_equal(rows(f->db), 0);
}

static void test_silence(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    assert_int_equal(insert_under(f, SWALLOW, &err), ERR_UNKNOWN); /* within reply_timeout_ms */
    assert_false(db_is_connected(f->db));
    atomic_store(&f->relay->mode, PASS);
    db_begin(f->db);
    assert_int_equal(db_sync(f->db, &err), ERR_OK);
    atomic_store(&f->relay->mode, SWALLOW);
    db_send(f->db, &count, NULL, 0);
    assert_int_equal(db_sync(f->db, &err), ERR_UNAVAIL);
    /* The first one got through: this waits for it, should it still be under way. */
    assert_int_equal(db_query(f->direct, &insert, DB_PARAMS(db_param_text("a")), NULL, &err),
                     ERR_EXISTS);
}

static void test_deaf_peer(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    enum { SIZE = 8 << 20 };
    if (!f->relay)
        skip();
    assert_int_equal(rows(f->db), 0);
    char *id = malloc(SIZE + 1);
    memset(id, 'x', SIZE);
    id[SIZE] = '\0';
    atomic_store(&f->relay->mode, DEAF);
    db_send(f->db, &insert, DB_PARAMS(db_param_text(id))); /* more than all buffers hold */
    assert_int_equal(db_sync(f->db, &err), ERR_UNAVAIL);
    free(id);
    atomic_store(&f->relay->mode, PASS);
    assert_int_equal(rows(f->db), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_cut_after_commit),
        T(test_cut_before_commit),
        T(test_silence),
        T(test_deaf_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
