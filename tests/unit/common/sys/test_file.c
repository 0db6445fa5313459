#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 1 << 20 };

static void on_signal(int number)
{
    (void)number;
}

struct reading {
    int fd;
    pthread_t writer;
};

/* Disturbs the writer, who is in the middle of it. */
static void *read_all(void *arg)
{
    const struct reading *r = arg;
    unsigned char piece[4096];
    intptr_t sum = 0;
    ssize_t n;
    while ((n = read(r->fd, piece, sizeof(piece))) > 0) {
        if (sum < SIZE / 2)
            pthread_kill(r->writer, SIGUSR1);
        for (ssize_t i = 0; i < n; i++)
            sum += piece[i] == sum % 251; /* each byte at its place */
    }
    return (void *)sum;
}

static void test_parts(void **state)
{
    unsigned char *data = malloc(SIZE);
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
    int ends[2];
    pthread_t thread;
    void *sum;
    (void)state;
    for (int i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i % 251);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct reading reading = {ends[0], pthread_self()};
    assert_int_equal(pthread_create(&thread, NULL, read_all, &reading), 0);
    assert_true(file_write_all(ends[1], data, SIZE));
    assert_true(file_write_all(ends[1], NULL, 0));
    close(ends[1]);
    pthread_join(thread, &sum);
    assert_int_equal((intptr_t)sum, SIZE);
    close(ends[0]);
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_false(file_write_all(ends[1], data, SIZE)); /* a part */
    assert_int_equal(errno, EAGAIN);
    close(ends[0]);
    close(ends[1]);
    free(data);
}

static void test_full(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_false(file_write_all(fd, "x", 1));
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void test_folder(void **state)
{
    (void)state;
    assert_true(file_sync_folder("/tmp"));
    assert_false(file_sync_folder("/dev/null"));
    assert_int_equal(errno, ENOTDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_full),
                                       cmocka_unit_test(test_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
