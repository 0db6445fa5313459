/* How long the local driver takes: from the call of a launch to its answer, to the first line that
 * the server's user data says, and for its deletion. Per mode; one after the other, then at once.
 *
 *     make build/bench/vim-local && build/bench/vim-local [LAUNCHES]
 */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/local/cloud.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAUNCHES = 20, LAUNCHES_MAX = 200, WAIT_MS = 20000 };

static char folder[] = "/tmp/baton-bench-local.XXXXXX";

struct job {
    struct loc *l;
    pthread_t thread;
    int64_t began, answered, spoke;
    struct loc_server s;
};

static bool has_spoken(const struct job *j)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    loc_path(j->l, path, "instances/%s/console.log", j->s.id);
    return stat(path, &st) == 0 && st.st_size > 0;
}

static void await_word(struct job *j)
{
    char path[LOC_PATH_MAX], events[4096];
    int fd = inotify_init1(IN_CLOEXEC);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    loc_path(j->l, path, "instances/%s", j->s.id);
    if (inotify_add_watch(fd, path, IN_CREATE | IN_MODIFY) >= 0)
        while (!has_spoken(j) && poll(&p, 1, WAIT_MS) > 0)
            if (read(fd, events, sizeof(events)) < 0)
                break;
    close(fd);
    j->spoke = clock_mono_us();
}

static void *launch(void *arg)
{
    struct job *j = arg;
    struct err err = ERR_INIT;
    struct loc_launch want = {.name = "bench",
                              .image = "host",
                              .flavour = "tiny",
                              .user_data = "#!/bin/sh\necho up\n",
                              .nics = {{.network = "private"}},
                              .nic_n = 1};
    j->began = clock_mono_us();
    if (loc_server_launch(j->l, &want, &j->s, &err) != ERR_OK) {
        fprintf(stderr, "bench: %s\n", err.msg);
        exit(1);
    }
    j->answered = clock_mono_us();
    await_word(j);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void say(const char *mode, const char *what, double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof(*ms), compare);
    printf("%-6s %-34s median %6.1f ms   worst %6.1f ms\n", mode, what, ms[n / 2], ms[n - 1]);
}

static void say_jobs(const char *mode, const struct job *jobs, int n, const char *how)
{
    double answer[LAUNCHES_MAX], word[LAUNCHES_MAX];
    char what[80];
    for (int i = 0; i < n; i++) {
        answer[i] = (double)(jobs[i].answered - jobs[i].began) / 1000;
        word[i] = (double)(jobs[i].spoke - jobs[i].began) / 1000;
    }
    snprintf(what, sizeof(what), "launch to answer, %s", how);
    say(mode, what, answer, n);
    snprintf(what, sizeof(what), "launch to first word, %s", how);
    say(mode, what, word, n);
}

static void delete_all(const char *mode, struct loc *l, const struct job *jobs, int n)
{
    double ms[LAUNCHES_MAX];
    bool was_there;
    for (int i = 0; i < n; i++) {
        int64_t began = clock_mono_us();
        err_ignore(loc_server_delete(l, jobs[i].s.id, &was_there, NULL), "the clean-up tells");
        ms[i] = (double)(clock_mono_us() - began) / 1000;
    }
    say(mode, "deletion", ms, n);
}

static void measure(struct loc *l, const char *mode, int n)
{
    static struct job jobs[LAUNCHES_MAX];
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){.l = l};
        launch(&jobs[i]);
    }
    say_jobs(mode, jobs, n, "one by one");
    delete_all(mode, l, jobs, n);
    for (int i = 0; i < n; i++) {
        jobs[i] = (struct job){.l = l};
        if (pthread_create(&jobs[i].thread, NULL, launch, &jobs[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < n; i++)
        pthread_join(jobs[i].thread, NULL);
    say_jobs(mode, jobs, n, "all at once");
    delete_all(mode, l, jobs, n);
}

static enum err_code run(int mode, int n, struct err *err)
{
    static const char *const flavours[] = {"tiny:1:512:1"};
    struct loc_options o = {.state_dir = folder,
                            .type = "local",
                            .images = "",
                            .agent = "/bin/true",
                            .mode = mode,
                            .flavours = {flavours, 1},
                            .default_flavour = "tiny",
                            .quota_instances = LAUNCHES_MAX,
                            .processes = 1024,
                            .default_disk_gb = 5,
                            .console_bytes = 65536};
    struct loc l = {.lock_fd = -1};
    struct loc_network network;
    enum err_code rc = loc_cloud_open(&l, &o, err);
    if (rc != ERR_OK)
        return rc;
    rc = loc_network_create(&l, NULL, "private", NULL, &network, err);
    if (rc == ERR_OK)
        measure(&l, loc_mode_names[mode], n);
    enum err_code clean = loc_clean(&l, rc == ERR_OK ? err : NULL);
    loc_state_close(&l);
    return rc == ERR_OK ? clean : rc;
}

int main(int argc, char **argv)
{
    int code, n = argc > 1 ? atoi(argv[1]) : LAUNCHES;
    if (loc_is_companion(argc, argv, &code))
        return code;
    if (n < 1 || n > LAUNCHES_MAX || !mkdtemp(folder))
        return 1;
    log_set_level_all(LOG_LEVEL_WARN);
    for (int mode = LOC_RUNC; mode <= LOC_PLAIN; mode++) {
        struct err err = ERR_INIT;
        if (run(mode, n, &err) != ERR_OK)
            printf("%-6s not measured: %s\n", loc_mode_names[mode], err.msg);
    }
    rmdir(folder);
    return 0;
}
