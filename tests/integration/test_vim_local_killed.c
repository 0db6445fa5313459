/* vim-driver-local, killed between any two of its steps: its successor knows of all that exists,
 * finishes or removes what is half made, and a launch that comes again gives one server. */
#include "tests/support/local_cloud.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its whole life; ends the process. */
static void life(int64_t die_at)
{
    struct loc_network n;
    struct loc_server s;
    struct loc l = {.lock_fd = -1};
    bool was_there;
    cloud_options.die_at = die_at;
    if (loc_cloud_open(&l, &cloud_options, NULL) != ERR_OK ||
        loc_network_create(&l, "private", NULL, &n, NULL) != ERR_OK ||
        cloud_try_launch(&l, "a", "token", "#!/bin/sh\necho up\n", &s, NULL) != ERR_OK ||
        loc_server_delete(&l, s.id, &was_there, NULL) != ERR_OK ||
        loc_network_delete(&l, n.id, &was_there, NULL) != ERR_OK)
        _exit(1);
    _exit(0);
}

/* 0: it lived to its end. */
static int live_and_die(int64_t die_at)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        life(die_at);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("at step %lld: status %x", (long long)die_at, (unsigned)status);
    return 0;
}

static void test_killed_anywhere(void **state)
{
    int64_t step = 1;
    if (!cloud_is_possible(state))
        return;
    for (; live_and_die(step); step++) {
        struct loc_server s;
        const char *why;
        unsigned n = 0;
        cloud_options.die_at = 0;
        struct loc *l = cloud_open();
        for (const struct loc_server *o = l->servers; o; o = o->next, n++)
            if (strcmp(loc_server_status(l, o, &why), "ACTIVE") != 0)
                fail_msg("after step %lld there is a server in phase %s", (long long)step,
                         loc_phase_names[o->phase]);
        assert_true(n <= 1);
        cloud_network(l, "private", NULL); /* the calls come again */
        struct err err = ERR_INIT;
        if (cloud_try_launch(l, "a", "token", "#!/bin/sh\necho up\n", &s, &err) != ERR_OK)
            fail_msg("after step %lld: %s", (long long)step, err.msg);
        assert_ptr_equal(l->servers->next, NULL); /* never a second one */
        cloud_await(l, &s, "up");
        cloud_close(l);
        cloud_clean();
        assert_int_equal(mkdir(cloud_folder, 0755), 0);
    }
    cloud_options.die_at = 0;
    print_message("%lld steps\n", (long long)step - 1);
    assert_true(step > 15);
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_BOTH(test_killed_anywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
