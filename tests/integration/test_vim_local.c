/* vim-driver-local on this host: real processes, and real containers where the kernel allows them.
 * Driven as the methods drive it, without a broker; each "driver" is a process of its own, so that
 * it can be killed. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "common/sys/clock.h"
#include "vim-drivers/local/cloud.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 20000 };

static char folder[64];
static struct loc_options options;
static const char *const flavours[] = {"tiny:1:512:1", "small:1:1024:5"};
static bool has_runc;

static void set_options(int mode)
{
    options = (struct loc_options){.state_dir = folder,
                                   .type = "local",
                                   .images = "",
                                   .agent = "/bin/true",
                                   .mode = mode,
                                   .flavours = {flavours, 2},
                                   .default_flavour = "tiny",
                                   .quota_instances = 50,
                                   .console_bytes = 8192};
}

static struct loc *open_cloud(void)
{
    struct loc *l = xcalloc(1, sizeof(*l));
    struct err err = ERR_INIT;
    if (loc_cloud_open(l, &options, &err) != ERR_OK)
        fail_msg("%s: %s (%s)", folder, err.msg, err.hint);
    return l;
}

static void close_cloud(struct loc *l)
{
    loc_state_close(l);
    free(l);
}

static void make_network(struct loc *l, const char *name, const char *cidr)
{
    struct loc_network n;
    struct err err = ERR_INIT;
    if (loc_network_create(l, name, cidr, &n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static enum err_code launch(struct loc *l, const char *name, const char *token, const char *text,
                            struct loc_server *ret, struct err *err)
{
    struct loc_launch want = {.name = name,
                              .image = "host",
                              .flavour = "tiny",
                              .token = token,
                              .user_data = text,
                              .nics = {{.network = "private"}},
                              .nic_n = 1};
    return loc_server_launch(l, &want, ret, err);
}

static struct loc_server must_launch(struct loc *l, const char *name, const char *text)
{
    struct loc_server s;
    struct err err = ERR_INIT;
    if (launch(l, name, NULL, text, &s, &err) != ERR_OK)
        fail_msg("%s (%s)", err.msg, err.hint);
    return s;
}

static bool has_text(const char *path, const char *text)
{
    AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
    return loc_read(path, 1024 * 1024, &all, NULL) == ERR_OK && strstr(all.s, text);
}

/* Until the console of a server has said that. */
static void await_console(const struct loc *l, const struct loc_server *s, const char *text)
{
    char dir[LOC_PATH_MAX], path[LOC_PATH_MAX];
    char events[4096];
    int64_t deadline = clock_mono_us() + WAIT_MS * INT64_C(1000);
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    loc_path(l, dir, "instances/%s", s->id);
    loc_path(l, path, "instances/%s/console.log", s->id);
    assert_true(inotify_add_watch(fd, dir, IN_MODIFY | IN_CREATE) >= 0);
    while (!has_text(path, text)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        AUTO(sbuf_release) struct sbuf all = SBUF_INIT;
        if (poll(&p, 1, clock_left_ms(deadline)) <= 0) {
            err_ignore(loc_read(path, 65536, &all, NULL), "for the message only");
            fail_msg("the console does not say '%s' but: %s", text, all.s);
        }
        while (read(fd, events, sizeof(events)) > 0)
            ;
    }
    close(fd);
}

/* --- what is left on the host --- */

static bool any_process_with(const char *text)
{
    DIR *d = opendir("/proc");
    bool is_found = false;
    for (struct dirent *e; !is_found && (e = readdir(d));) {
        char path[300], args[4096];
        snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
        int fd = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? open(path, O_RDONLY) : -1;
        ssize_t n = fd >= 0 ? read(fd, args, sizeof(args) - 1) : -1;
        if (fd >= 0)
            close(fd);
        for (ssize_t i = 0; i < n; i++)
            args[i] = args[i] ? args[i] : ' ';
        if (n > 0) {
            args[n] = '\0';
            is_found = strstr(args, text) != NULL;
        }
    }
    closedir(d);
    return is_found;
}

static void assert_nothing_left(const char *state_id)
{
    char path[100];
    AUTO(sbuf_release) struct sbuf mounts = SBUF_INIT;
    struct stat st;
    assert_int_not_equal(stat(folder, &st), 0);
    assert_false(any_process_with(folder));
    assert_int_equal(loc_read("/proc/self/mounts", 4 * 1024 * 1024, &mounts, NULL), ERR_OK);
    assert_null(strstr(mounts.s, folder));
    assert_null(strstr(mounts.s, state_id));
    snprintf(path, sizeof(path), "/run/netns/baton-%s", state_id);
    assert_int_not_equal(stat(path, &st), 0);
}

static void clean(void)
{
    struct loc l = {.o = &options, .lock_fd = -1};
    struct err err = ERR_INIT;
    char id[LOC_STATE_ID];
    if (loc_state_open(&l, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    snprintf(id, sizeof(id), "%s", l.id);
    if (loc_clean(&l, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    loc_state_close(&l);
    assert_nothing_left(id);
}

static int set_up(void **state)
{
    int mode = *(const int *)*state;
    if (mode == LOC_RUNC && !has_runc)
        return 0;
    snprintf(folder, sizeof(folder), "/tmp/baton-local.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    set_options(mode);
    return 0;
}

static bool is_possible(void **state)
{
    if (*(const int *)*state == LOC_PLAIN || has_runc)
        return true;
    print_message("containers cannot be made here\n");
    skip();
    return false;
}

/* --- tests --- */

static void test_launch(void **state)
{
    const char *why;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s = must_launch(l, "web-1",
                                      "#!/bin/bash\necho root=$BATON_ROOT host=$HOSTNAME "
                                      "home=$HOME agent=$(command -v ems-agent)\n"
                                      "cat $BATON_ROOT/etc/baton/metadata.json\n");
    assert_int_equal(s.nic_n, 1);
    assert_string_equal(loc_server_status(l, &s, &why), "ACTIVE");
    await_console(l, &s, "\"ips\":{\"private\":[\"1");
    await_console(l, &s, "host=web-1");
    await_console(l, &s, "/opt/baton/bin/ems-agent");
    close_cloud(l);
    clean();
}

/* --- traffic --- */

static int host_listener(unsigned *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void answer_one(int listener)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};
    char text[64];
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    int fd = accept(listener, NULL, NULL);
    ssize_t n = read(fd, text, sizeof(text));
    assert_true(n > 0 && memcmp(text, "hello", 5) == 0);
    assert_int_equal(write(fd, "welcome\n", 8), 8);
    assert_int_equal(read(fd, text, sizeof(text)), 0); /* the relay passes the end on */
    close(fd);
}

#define CONNECT(host, port)                                                                        \
    "timeout 5 bash -c 'exec 3<>/dev/tcp/" host "/" port                                           \
    " && echo hello >&3 && read -r line <&3 && echo got $line'"

static void test_traffic(void **state)
{
    char relay[16], text[1024], ip[LOC_IP_TEXT];
    const char *relays[] = {relay};
    unsigned port;
    if (!is_possible(state))
        return;
    int listener = host_listener(&port);
    snprintf(relay, sizeof(relay), "%u", port);
    options.relay = (struct config_list){relays, 1};
    struct loc *l = open_cloud();
    make_network(l, "private", "10.99.7.0/24");
    make_network(l, "other", NULL);
    struct loc_server a =
        must_launch(l, "a",
                    "#!/usr/bin/python3\n"
                    "import socket\n"
                    "s = socket.create_server(('0.0.0.0', 7000))\n"
                    "print('listening', flush=True)\n"
                    "while True:\n"
                    "    c, who = s.accept()\n"
                    "    print('from', who[0], flush=True)\n"
                    "    c.recv(100)\n"
                    "    c.send(b'served\\n')\n"
                    "    c.close()\n");
    await_console(l, &a, "listening");
    loc_ip_print(a.nics[0].ip, ip);
    assert_string_equal(ip, "10.99.7.2");
    snprintf(text, sizeof(text),
             "#!/bin/bash\n" CONNECT("10.99.7.2", "7000") "\n" CONNECT("169.254.77.1", "%u")
             "\n", port);
    struct loc_server b = must_launch(l, "b", text);
    answer_one(listener);
    await_console(l, &b, "got served");
    await_console(l, &b, "got welcome");
    await_console(l, &a, "from 10.99.7.3");
    /* Networks are separate, and the host's own ports are not there. */
    snprintf(text, sizeof(text),
             "#!/bin/bash\nfor at in 10.99.7.2/7000 10.99.7.1/%u 127.0.0.1/%u; do\n"
             "timeout 1 bash -c \"exec 3<>/dev/tcp/$at\" && echo reached || echo no $at\ndone\n"
             "echo checked; ls /sys/class/net\n",
             port, port);
    struct loc_launch want = {.name = "c",
                              .image = "host",
                              .flavour = "tiny",
                              .user_data = text,
                              .nics = {{.network = "other"}},
                              .nic_n = 1};
    struct loc_server c;
    assert_int_equal(loc_server_launch(l, &want, &c, NULL), ERR_OK);
    await_console(l, &c, "checked");
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/console.log", c.id);
    assert_false(has_text(path, "reached"));
    close(listener);
    close_cloud(l);
    clean();
}

/* --- the same again, and many at once --- */

static void test_token(void **state)
{
    struct loc_server s, again;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    assert_int_equal(launch(l, "a", "t-1", "", &s, NULL), ERR_OK);
    assert_int_equal(launch(l, "a", "t-1", "", &again, NULL), ERR_OK);
    assert_string_equal(s.id, again.id);
    close_cloud(l);
    l = open_cloud();
    assert_int_equal(launch(l, "a", "t-1", "", &again, NULL), ERR_OK);
    assert_string_equal(s.id, again.id);
    assert_int_equal(launch(l, "b", "t-2", "", &again, NULL), ERR_OK);
    assert_string_not_equal(s.id, again.id);
    assert_int_not_equal(s.nics[0].ip, again.nics[0].ip);
    close_cloud(l);
    clean();
}

struct job {
    struct loc *l;
    int number;
    enum err_code rc;
    struct err err;
    struct loc_server s;
};

static void *run_job(void *arg)
{
    struct job *j = arg;
    char name[16];
    snprintf(name, sizeof(name), "n-%d", j->number);
    /* Two ask for each: the second is a repeat. */
    j->rc = launch(j->l, name, name, "#!/bin/sh\necho up\n", &j->s, &j->err);
    return NULL;
}

static void test_parallel(void **state)
{
    enum { N = 20 };
    pthread_t threads[N];
    struct job jobs[N];
    bool was_there;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    for (int i = 0; i < N; i++) {
        jobs[i] = (struct job){.l = l, .number = i / 2};
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    }
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < N; i++) {
        if (jobs[i].rc != ERR_OK)
            fail_msg("%s", jobs[i].err.msg);
        for (int k = 0; k < i; k++)
            assert_int_equal(jobs[i].s.nics[0].ip == jobs[k].s.nics[0].ip, i / 2 == k / 2);
        await_console(l, &jobs[i].s, "up");
    }
    for (int i = 0; i < N; i += 2) {
        assert_int_equal(loc_server_delete(l, jobs[i].s.id, &was_there, NULL), ERR_OK);
        assert_true(was_there);
    }
    assert_null(l->servers);
    close_cloud(l);
    clean();
}

/* --- ends --- */

static void test_first_process_killed(void **state)
{
    const char *why = NULL;
    bool was_there;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s = must_launch(l, "a", "#!/bin/sh\necho up\nsleep 1000\n");
    await_console(l, &s, "up");
    int fd = (int)syscall(SYS_pidfd_open, s.pid, 0);
    kill(s.pid, SIGKILL);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    close(fd);
    assert_string_equal(loc_server_status(l, &s, &why), "ERROR");
    assert_non_null(strstr(why, "ended"));
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_false(any_process_with(s.id));
    close_cloud(l);
    clean();
}

/* Daemons, with a clean environment, too. */
static void test_descendants(void **state)
{
    bool was_there;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s = must_launch(
        l, "a",
        "#!/bin/bash\n(setsid env -i /bin/sleep 7654321 & )\n(setsid /bin/sleep 7654322 &)\n"
        "exec >/dev/null; env -i setsid -f /bin/sleep 7654323\n");
    loc_server_delete(l, "no such server", &was_there, NULL) == ERR_OK ? (void)0 : fail();
    assert_false(was_there);
    int64_t deadline = clock_mono_us() + WAIT_MS * INT64_C(1000);
    while (!any_process_with("sleep 7654323")) {
        assert_true(clock_mono_us() < deadline);
        poll(NULL, 0, 5);
    }
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_true(was_there);
    assert_false(any_process_with("sleep 765432"));
    close_cloud(l);
    clean();
}

static void test_console_is_bounded(void **state)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s =
        must_launch(l, "a", "#!/bin/sh\nseq 1 400000; echo the end\n");
    await_console(l, &s, "the end");
    loc_path(l, path, "instances/%s/console.log", s.id);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= options.console_bytes / 2);
    loc_path(l, path, "instances/%s/console.log.1", s.id);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= options.console_bytes / 2);
    close_cloud(l);
    clean();
}

static void test_memory_limit(void **state)
{
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s =
        must_launch(l, "a",
                    "#!/bin/sh\npython3 -c 'print(len(bytearray(100 << 20)))' && echo small fits\n"
                    "python3 -c 'print(len(bytearray(900 << 20)))' 2>/dev/null || echo large does not\n");
    await_console(l, &s, "small fits");
    await_console(l, &s, "large does not");
    close_cloud(l);
    clean();
}

static void test_rebuild(void **state)
{
    struct loc_server after;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    struct loc_server s = must_launch(
        l, "a", "#!/bin/sh\nls $BATON_ROOT/etc/made-here || touch $BATON_ROOT/etc/made-here; echo up\n");
    await_console(l, &s, "up");
    assert_int_equal(loc_server_rebuild(l, s.id, "host", &after, NULL), ERR_OK);
    assert_string_equal(after.id, s.id);
    assert_int_equal(after.nics[0].ip, s.nics[0].ip);
    assert_int_not_equal(after.pid, s.pid);
    await_console(l, &after, "No such file"); /* what was written is gone */
    await_console(l, &after, "up");
    assert_int_equal(loc_server_rebuild(l, s.id, "nothing", &after, NULL), ERR_NOT_FOUND);
    close_cloud(l);
    clean();
}

/* --- refusals --- */

static void test_refusals(void **state)
{
    struct loc other = {.lock_fd = -1};
    struct loc_network n;
    struct loc_server s;
    struct err err = ERR_INIT;
    bool was_there;
    if (!is_possible(state))
        return;
    struct loc *l = open_cloud();
    assert_int_equal(loc_cloud_open(&other, &options, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "another vim-driver-local"));
    assert_int_equal(launch(l, "a", NULL, "", &s, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "launch 'a': network 'private' is not there");
    assert_string_equal(s.id, "");
    make_network(l, "private", NULL);
    struct loc_launch want = {.name = "a", .image = "nothing", .flavour = "tiny"};
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.msg, "image 'nothing'"));
    want.image = "host";
    want.flavour = "huge";
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "tiny, small"));
    assert_int_equal(launch(l, "a", NULL, "", &s, &err), ERR_OK);
    assert_int_equal(loc_network_create(l, "private", NULL, &n, &err), ERR_OK); /* the same */
    assert_string_equal(n.id, s.nics[0].network);
    assert_int_equal(loc_network_delete(l, n.id, &was_there, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "in use by server 'a'"));
    assert_int_equal(loc_server_delete(l, s.id, &was_there, &err), ERR_OK);
    assert_int_equal(loc_network_delete(l, n.id, &was_there, &err), ERR_OK);
    assert_true(was_there);
    close_cloud(l);
    clean();
}

/* --- kill -9 between any two steps --- */

/* Its whole life; ends the process. */
static void life(int64_t die_at)
{
    struct loc_network n;
    struct loc_server s;
    struct loc l = {.lock_fd = -1};
    bool was_there;
    options.die_at = die_at;
    if (loc_cloud_open(&l, &options, NULL) != ERR_OK ||
        loc_network_create(&l, "private", NULL, &n, NULL) != ERR_OK ||
        launch(&l, "a", "token", "#!/bin/sh\necho up\n", &s, NULL) != ERR_OK ||
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
    if (!is_possible(state))
        return;
    for (; live_and_die(step); step++) {
        struct loc_server s;
        const char *why;
        unsigned n = 0;
        options.die_at = 0;
        struct loc *l = open_cloud();
        for (const struct loc_server *o = l->servers; o; o = o->next, n++)
            if (strcmp(loc_server_status(l, o, &why), "ACTIVE") != 0)
                fail_msg("after step %lld there is a server in phase %s", (long long)step,
                         loc_phase_names[o->phase]);
        assert_true(n <= 1);
        make_network(l, "private", NULL); /* the calls come again */
        struct err err = ERR_INIT;
        if (launch(l, "a", "token", "#!/bin/sh\necho up\n", &s, &err) != ERR_OK)
            fail_msg("after step %lld: %s", (long long)step, err.msg);
        assert_ptr_equal(l->servers->next, NULL); /* never a second one */
        await_console(l, &s, "up");
        close_cloud(l);
        clean();
        assert_int_equal(mkdir(folder, 0755), 0);
    }
    options.die_at = 0;
    print_message("%lld steps\n", (long long)step - 1);
    assert_true(step > 15);
    clean();
}

/* --- images --- */

static void test_images(void **state)
{
    char images[80], command[2000];
    struct loc_server s;
    struct err err = ERR_INIT;
    if (!is_possible(state))
        return;
    snprintf(images, sizeof(images), "%s.images", folder);
    snprintf(command, sizeof(command),
             "set -e; d=%s/folder; mkdir -p $d/bin $d/etc; cp /bin/dash $d/bin/sh;"
             "cp /bin/sleep /bin/cat /bin/ls $d/bin; for f in /bin/dash /bin/ls; do"
             "  ldd $f | grep -o '/lib[^ ]*' | while read -r p; do"
             "    mkdir -p $d$(dirname $p); cp -L $p $d$p; done; done;"
             "echo small image >$d/etc/issue; tar -C $d -cf %s/packed.tar .;"
             "ln -s /etc %s/evil; cd %s && tar -P -cf evil.tar --transform s,^folder/etc/issue,../../x, "
             "folder/etc/issue; rm evil",
             images, images, images, images);
    assert_int_equal(system(command), 0);
    options.images = images;
    struct loc *l = open_cloud();
    make_network(l, "private", NULL);
    static const char *const names[] = {"folder", "packed"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct loc_launch want = {
            .name = names[i],
            .image = names[i],
            .flavour = "tiny",
            .user_data = "#!/bin/sh\ncat /etc/issue; echo x >/etc/issue; ls /usr || echo no usr\n"};
        if (loc_server_launch(l, &want, &s, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        await_console(l, &s, "small image");
        await_console(l, &s, "no usr");
    }
    snprintf(command, sizeof(command), "grep -q small %s/folder/etc/issue", images);
    assert_int_equal(system(command), 0); /* the image is as it was */
    struct loc_launch want = {.name = "evil", .image = "evil", .flavour = "tiny"};
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_IO);
    close_cloud(l);
    clean();
    snprintf(command, sizeof(command), "rm -rf %s", images);
    assert_int_equal(system(command), 0);
}

/* --- a plain user --- */

static void test_as_nobody(void **state)
{
    enum { NOBODY = 65534 };
    int status;
    if (!is_possible(state))
        return;
    if (geteuid() != 0)
        return; /* then all tests are */
    assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool was_there;
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(1);
        set_options(LOC_AUTO);
        options.state_dir = folder;
        struct loc *l = open_cloud();
        assert_int_equal(l->mode, LOC_PLAIN);
        make_network(l, "private", NULL);
        struct loc_server s = must_launch(l, "a", "#!/bin/sh\nid -un\n");
        await_console(l, &s, "nobody");
        assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
        assert_int_equal(loc_clean(l, NULL), ERR_OK);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    rmdir(folder);
}

#define PLAIN(f)                                                                                   \
    {                                                                                              \
        #f " plain", f, set_up, NULL, (void *)(uintptr_t)&plain_mode                               \
    }
#define RUNC(f)                                                                                    \
    {                                                                                              \
        #f " runc", f, set_up, NULL, (void *)(uintptr_t)&runc_mode                                 \
    }
#define BOTH(f) PLAIN(f), RUNC(f)

int main(int argc, char **argv)
{
    static const int plain_mode = LOC_PLAIN, runc_mode = LOC_RUNC;
    int code;
    if (loc_is_companion(argc, argv, &code))
        return code;
    log_set_level_all(getenv("VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_CRIT);
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    struct loc l = {.o = &options, .lock_fd = -1};
    set_options(LOC_AUTO);
    has_runc = loc_probe(&l, &why) == LOC_RUNC;
    if (!has_runc)
        print_message("only plain mode is tested: %s\n", why.s);
    const struct CMUnitTest tests[] = {BOTH(test_launch),
                                       RUNC(test_traffic),
                                       BOTH(test_token),
                                       BOTH(test_parallel),
                                       BOTH(test_first_process_killed),
                                       BOTH(test_descendants),
                                       BOTH(test_console_is_bounded),
                                       BOTH(test_memory_limit),
                                       BOTH(test_rebuild),
                                       BOTH(test_refusals),
                                       RUNC(test_images),
                                       PLAIN(test_as_nobody),
                                       BOTH(test_killed_anywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
