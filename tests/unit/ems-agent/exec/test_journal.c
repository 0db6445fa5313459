#include "ems-agent/exec/journal.h"
#include "proto/messages/ems.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char base[] = "/tmp/baton-journal.XXXXXX";
static struct runs j;

static struct run_head head_of(const char *id)
{
    struct run_head head = {.half = 512};
    snprintf(head.id, sizeof(head.id), "%s", id);
    return head;
}

static int create(const char *id, char key[RUNS_KEY_SIZE], struct run_head *head)
{
    struct err err = ERR_INIT;
    int fd = -1;

    *head = head_of(id);
    runs_key(id, key);
    assert_int_equal(runs_create(&j, key, head, &fd, &err), ERR_OK);
    return fd;
}

static void test_keys(void **state)
{
    char a[RUNS_KEY_SIZE], b[RUNS_KEY_SIZE], long_id[400];

    (void)state;
    runs_key("../../etc/passwd\n", a);
    assert_null(strpbrk(a, "/.\n"));
    runs_key("../../etc/passwd", b);
    assert_string_not_equal(a, b);
    memset(long_id, 'x', sizeof(long_id) - 1);
    long_id[sizeof(long_id) - 1] = '\0';
    runs_key(long_id, a);
    assert_true(strlen(a) < RUNS_KEY_SIZE - 4);
    runs_key("", a);
}

static void test_life_of_a_run(void **state)
{
    char key[RUNS_KEY_SIZE];
    struct run_head head, found;
    int read_fd = -1, fd = create("one", key, &head);

    (void)state;
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_LIVE);
    head.phase = RUN_STARTED;
    runs_put_head(fd, &head);
    runs_put_output(fd, &head, 0, "hello", 5);
    assert_int_equal(runs_find(&j, key, &found, &read_fd), RUN_LIVE);
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    runs_output(read_fd, &found, 0, &out); /* what it has said so far */
    assert_string_equal(out.s, "hello");
    close(read_fd);

    head.status = 3;
    assert_true(runs_finish(j.dir, key, fd, &head));
    close(fd);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    assert_int_equal(found.status, 3);
    assert_int_equal(found.state, RUN_NORMAL);
    assert_string_equal(found.id, "one");
    /* Once is once. */
    struct err err = ERR_INIT;
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    (void)err;
}

static void test_output_is_bounded(void **state)
{
    static const size_t pieces[] = {1, 7, 511, 512, 513, 1024, 3000};
    char key[RUNS_KEY_SIZE];
    char *all = malloc(1000000);

    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(pieces); p++) {
        for (size_t total = 1000; total < 4000; total += 331) {
            char id[64];
            struct run_head head;
            snprintf(id, sizeof(id), "piece-%zu-%zu", pieces[p], total);
            int fd = create(id, key, &head);
            size_t n = 0;
            while (n < total)
                n += (size_t)sprintf(all + n, "%zu ", n);
            for (size_t at = 0; at < n; at += pieces[p])
                runs_put_output(fd, &head, 1, all + at, n - at < pieces[p] ? n - at : pieces[p]);
            AUTO(sbuf_release) struct sbuf out = SBUF_INIT, want = SBUF_INIT;
            runs_output(fd, &head, 1, &out);
            if (n <= 1024)
                sbuf_add(&want, all, n);
            else {
                sbuf_add(&want, all, 512);
                sbuf_addf(&want, "\n[... %zu bytes left out ...]\n", n - 1024);
                sbuf_add(&want, all + n - 512, 512);
            }
            assert_string_equal(out.s, want.s);
            struct stat st;
            assert_int_equal(fstat(fd, &st), 0);
            assert_true(st.st_size <= RUNS_HEAD_SIZE + 4 * 512);
            assert_true(runs_finish(j.dir, key, fd, &head));
            close(fd);
        }
    }
    free(all);
}

static void test_cut_off(void **state)
{
    char key[RUNS_KEY_SIZE];
    struct run_head head, found;

    (void)state;
    /* Never begun: as if it had never been asked for. */
    close(create("prepared", key, &head));
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_NONE);
    close(create("prepared", key, &head));
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_NONE);

    /* Begun, and nobody holds it any more: another boot, or a runner that was killed. */
    int fd = create("started", key, &head);
    head.phase = RUN_STARTED;
    snprintf(head.boot, sizeof(head.boot), "another boot");
    runs_put_head(fd, &head);
    runs_put_output(fd, &head, 0, "so far", 6);
    close(fd);
    assert_int_equal(runs_find(&j, key, &found, &fd), RUN_OVER);
    assert_int_equal(found.state, RUN_UNKNOWN);
    assert_int_equal(found.status, -1);
    assert_string_equal(run_state_name(RUN_UNKNOWN), EMS_STATE_UNKNOWN);
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    runs_output(fd, &found, 0, &out);
    assert_string_equal(out.s, "so far");
    close(fd);
    /* It stays so. */
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    assert_int_equal(found.state, RUN_UNKNOWN);

    /* The outcome was written, and then the power went before the rename. */
    fd = create("ended", key, &head);
    head.phase = RUN_ENDED;
    head.status = 5;
    runs_put_head(fd, &head);
    close(fd);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    assert_int_equal(found.status, 5);
    assert_int_equal(found.state, RUN_NORMAL);
}

static void test_rubbish(void **state)
{
    char path[200], key[RUNS_KEY_SIZE];
    struct run_head found;

    (void)state;
    runs_key("rubbish", key);
    snprintf(path, sizeof(path), "%s/%s.run", j.path, key);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "no head", 7), 7);
    close(fd);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    assert_int_equal(found.state, RUN_UNKNOWN);
    assert_int_equal(runs_find(&j, "no-such", &found, NULL), RUN_NONE);
}

/* The agent was killed, or the power went, between making the file and writing its head. Nothing is
 * started before the head is on the disk, so the script never began, and may run now. */
static void test_without_head(void **state)
{
    static const off_t lengths[] = {0, 1, sizeof(struct run_head), RUNS_HEAD_SIZE};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char path[200], key[RUNS_KEY_SIZE];
        struct run_head head, found;
        runs_key("headless", key);
        snprintf(path, sizeof(path), "%s/%s.run", j.path, key);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
        assert_int_equal(ftruncate(fd, lengths[i]), 0);
        close(fd);
        assert_int_equal(runs_find(&j, key, &found, &fd), RUN_NONE);
        assert_int_equal(fd, -1);
        assert_int_equal(access(path, F_OK), -1);
        close(create("headless", key, &head)); /* it runs like any other */
        assert_int_equal(runs_find(&j, key, &found, NULL), RUN_NONE);
    }
}

static unsigned count(const char *suffix)
{
    unsigned n = 0;
    DIR *dir = opendir(j.path);
    for (struct dirent *e; (e = readdir(dir));)
        n += strstr(e->d_name, suffix) != NULL;
    closedir(dir);
    return n;
}

static void test_old_outcomes_go(void **state)
{
    char key[RUNS_KEY_SIZE], id[32];
    struct run_head head, found;
    struct err err = ERR_INIT;
    int held = create("held", key, &head); /* what runs is never pruned */

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(id, sizeof(id), "many-%d", i);
        head = head_of(id);
        head.status = i;
        runs_key(id, key);
        assert_int_equal(runs_write_outcome(&j, key, &head, &err), ERR_OK);
    }
    assert_in_range(count(".done"), 10, 11);
    runs_key("many-29", key);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_OVER);
    assert_int_equal(found.status, 29);
    runs_key("held", key);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_LIVE);
    char live[RUNS_KEY_SIZE];
    long position = 0;
    assert_true(runs_next_live(&j, &position, live));
    assert_string_equal(live, key);
    assert_false(runs_next_live(&j, &position, live));
    close(held);
}

static bool is_rung(void)
{
    struct pollfd p = {.fd = j.inotify, .events = POLLIN};
    bool is = poll(&p, 1, 0) == 1;
    runs_read_events(&j);
    return is;
}

/* The end of whoever holds the file rings, and looking at it does not: or we would look for ever.
 */
static void test_bell(void **state)
{
    char key[RUNS_KEY_SIZE];
    struct run_head head, found;
    int fd = create("bell", key, &head);

    (void)state;
    runs_read_events(&j);
    assert_int_equal(runs_find(&j, key, &found, NULL), RUN_LIVE);
    runs_put_output(fd, &head, 0, "x", 1);
    assert_false(is_rung());
    close(fd);
    assert_true(is_rung());
    assert_false(is_rung());
}

static void test_one_agent_at_a_time(void **state)
{
    int status;

    (void)state;
    pid_t other_agent = fork();
    if (other_agent == 0) {
        struct runs other;
        struct err err = ERR_INIT;
        _exit(runs_open(&other, j.path, 10, &err) == ERR_EXISTS ? 0 : 1);
    }
    assert_int_equal(waitpid(other_agent, &status, 0), other_agent);
    assert_int_equal(status, 0);
}

static int make(void **state)
{
    char path[100];
    struct err err = ERR_INIT;

    (void)state;
    if (!mkdtemp(base))
        return -1;
    snprintf(path, sizeof(path), "%s/a/journal", base);
    return runs_open(&j, path, 10, &err) == ERR_OK ? 0 : -1;
}

static int clean(void **state)
{
    char line[100];

    (void)state;
    runs_close(&j);
    snprintf(line, sizeof(line), "rm -rf '%s'", base);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_life_of_a_run),
        cmocka_unit_test(test_output_is_bounded),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_without_head),
        cmocka_unit_test(test_without_head),
        cmocka_unit_test(test_old_outcomes_go),
        cmocka_unit_test(test_bell),
        cmocka_unit_test(test_one_agent_at_a_time),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
