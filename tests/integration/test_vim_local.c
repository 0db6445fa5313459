/* vim-driver-local on this host: real processes, and real containers where the kernel allows them.
 */
#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "tests/support/local_cloud.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_launch(void **state)
{
    const char *why;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(l, "web-1",
                                       "#!/bin/bash\necho root=$BATON_ROOT host=$HOSTNAME "
                                       "home=$HOME agent=$(command -v ems-agent)\n"
                                       "cat $BATON_ROOT/etc/baton/metadata.json\n");
    assert_int_equal(s.nic_n, 1);
    assert_string_equal(loc_server_status(l, &s, &why), "ACTIVE");
    cloud_await(l, &s, "\"ips\":{\"private\":[\"1");
    cloud_await(l, &s, "host=web-1");
    cloud_await(l, &s, "/opt/baton/bin/ems-agent");
    cloud_close(l);
    cloud_clean();
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
    assert_int_equal(poll(&p, 1, CLOUD_WAIT_MS), 1);
    int fd = accept(listener, NULL, NULL);
    ssize_t n = read(fd, text, sizeof(text));
    assert_true(n > 0 && memcmp(text, "hello", 5) == 0);
    assert_int_equal(write(fd, "welcome\n", 8), 8);
    p.fd = fd;
    assert_int_equal(poll(&p, 1, CLOUD_WAIT_MS), 1);
    assert_int_equal(read(fd, text, sizeof(text)), 0); /* the relay passes the end on */
    close(fd);
}

#define CONNECT(host, port)                                                                        \
    "timeout 5 bash -c 'exec 3<>/dev/tcp/" host "/" port                                           \
    " && echo hello >&3 && read -r line <&3 && echo got $line'"

static void test_traffic(void **state)
{
    char relay[16], text[1024], ip[IP4_TEXT];
    const char *relays[] = {relay};
    unsigned port;
    if (!cloud_is_possible(state))
        return;
    int listener = host_listener(&port);
    snprintf(relay, sizeof(relay), "%u", port);
    cloud_options.relay = (struct config_list){relays, 1};
    struct loc *l = cloud_open();
    cloud_network(l, "private", "10.99.7.0/24");
    cloud_network(l, "other", NULL);
    struct loc_server a = cloud_launch(l, "a",
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
    cloud_await(l, &a, "listening");
    ip4_print(a.nics[0].ip, ip);
    assert_string_equal(ip, "10.99.7.2");
    snprintf(text, sizeof(text),
             "#!/bin/bash\n" CONNECT("10.99.7.2", "7000") "\n" CONNECT("169.254.77.1", "%u") "\n",
             port);
    struct loc_server b = cloud_launch(l, "b", text);
    answer_one(listener);
    cloud_await(l, &b, "got served");
    cloud_await(l, &b, "got welcome");
    cloud_await(l, &a, "from 10.99.7.3");
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
    cloud_await(l, &c, "checked");
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/console.log", c.id);
    assert_false(cloud_has_text(path, "reached"));
    close(listener);
    cloud_close(l);
    cloud_clean();
}

/* Its process is killed, then its namespace is taken away: servers are reached again. */
static void test_fabric_lost(void **state)
{
    char path[LOC_PATH_MAX], text[200];
    int pid;
    AUTO(sbuf_release) struct sbuf process = SBUF_INIT;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", "10.99.8.0/24");
    struct loc_server a = cloud_launch(
        l, "a",
        "#!/usr/bin/python3\nimport socket\ns = socket.create_server(('0.0.0.0', 7000))\n"
        "print('listening', flush=True)\n"
        "while True:\n    c, _ = s.accept()\n    c.send(b'served\\n')\n    c.close()\n");
    cloud_await(l, &a, "listening");
    for (int round = 0; round < 2; round++) {
        loc_path(l, path, "fabric/1/process");
        sbuf_clear(&process);
        assert_int_equal(loc_read(path, 1000, &process, NULL), ERR_OK);
        pid = atoi(process.s);
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(poll(&p, 1, CLOUD_WAIT_MS), 1);
        close(fd);
        snprintf(path, sizeof(path), "/run/netns/baton-%s.1", l->id);
        if (round == 1)
            assert_int_equal(umount(path), 0);
        snprintf(text, sizeof(text), "#!/bin/bash\n" CONNECT("10.99.8.2", "7000") "\n");
        struct loc_server b = cloud_launch(l, "b", text);
        cloud_await(l, &b, "got served");
    }
    cloud_close(l);
    cloud_clean();
}

/* --- the same again, and many at once --- */

static void test_token(void **state)
{
    struct loc_server s, again;
    struct err err = ERR_INIT;
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    assert_int_equal(cloud_try_launch(l, "a", "t-1", "", &s, NULL), ERR_OK);
    assert_int_equal(cloud_try_launch(l, "a", "t-1", "", &again, NULL), ERR_OK);
    assert_string_equal(s.id, again.id);
    cloud_close(l);
    l = cloud_open();
    assert_int_equal(cloud_try_launch(l, "a", "t-1", "", &again, NULL), ERR_OK);
    assert_string_equal(s.id, again.id);
    assert_int_equal(cloud_try_launch(l, "b", "t-2", "", &again, NULL), ERR_OK);
    assert_string_not_equal(s.id, again.id);
    assert_int_not_equal(s.nics[0].ip, again.nics[0].ip);
    /* A launch that comes again after the server was deleted does not bring it back. */
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cloud_try_launch(l, "a", "t-1", "", &again, &err), ERR_STATE);
        assert_string_equal(again.id, "");
        cloud_close(l);
        l = cloud_open();
    }
    assert_int_equal(cloud_try_launch(l, "a", "t-3", "", &again, NULL), ERR_OK);
    cloud_close(l);
    cloud_clean();
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
    j->rc = cloud_try_launch(j->l, name, name, "#!/bin/sh\necho up\n", &j->s, &j->err);
    return NULL;
}

static void test_parallel(void **state)
{
    enum { N = 20 };
    pthread_t threads[N];
    struct job jobs[N];
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
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
        cloud_await(l, &jobs[i].s, "up");
    }
    for (int i = 0; i < N; i += 2) {
        assert_int_equal(loc_server_delete(l, jobs[i].s.id, &was_there, NULL), ERR_OK);
        assert_true(was_there);
    }
    assert_null(l->servers);
    cloud_close(l);
    cloud_clean();
}

/* --- ends --- */

static void test_first_process_killed(void **state)
{
    const char *why = NULL;
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(l, "a", "#!/bin/sh\necho up\nsleep 1000\n");
    cloud_await(l, &s, "up");
    int fd = (int)syscall(SYS_pidfd_open, s.pid, 0);
    kill(s.pid, SIGKILL);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, CLOUD_WAIT_MS), 1);
    close(fd);
    assert_string_equal(loc_server_status(l, &s, &why), "ERROR");
    assert_non_null(strstr(why, "ended"));
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_false(cloud_has_process(s.id));
    cloud_close(l);
    cloud_clean();
}

/* Daemons, with a clean environment, too. */
static void test_descendants(void **state)
{
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a",
        "#!/bin/bash\n(setsid env -i /bin/sleep 7654321 & )\n(setsid /bin/sleep 7654322 &)\n"
        "exec >/dev/null; env -i setsid -f /bin/sleep 7654323\n");
    loc_server_delete(l, "no such server", &was_there, NULL) == ERR_OK ? (void)0 : fail();
    assert_false(was_there);
    int64_t deadline = clock_mono_us() + CLOUD_WAIT_MS * INT64_C(1000);
    while (!cloud_has_process("sleep 7654323")) {
        assert_true(clock_mono_us() < deadline);
        poll(NULL, 0, 5);
    }
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_true(was_there);
    assert_false(cloud_has_process("sleep 765432"));
    cloud_close(l);
    cloud_clean();
}

static void test_console_is_bounded(void **state)
{
    char path[LOC_PATH_MAX];
    struct stat st;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(l, "a", "#!/bin/sh\nseq 1 400000; echo the end\n");
    cloud_await(l, &s, "the end");
    loc_path(l, path, "instances/%s/console.log", s.id);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= cloud_options.console_bytes / 2);
    loc_path(l, path, "instances/%s/console.log.1", s.id);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= cloud_options.console_bytes / 2);
    cloud_close(l);
    cloud_clean();
}

static void test_memory_limit(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a",
        "#!/bin/sh\npython3 -c 'print(len(bytearray(100 << 20)))' && echo small fits\n"
        "python3 -c 'print(len(bytearray(900 << 20)))' 2>/dev/null || echo large does not\n");
    cloud_await(l, &s, "small fits");
    cloud_await(l, &s, "large does not");
    cloud_close(l);
    cloud_clean();
}

static void test_rebuild(void **state)
{
    static const char call[] = "0a5f4b1c-0000-4000-8000-000000000001";
    struct loc_server after;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a",
        "#!/bin/sh\nls $BATON_ROOT/etc/made-here || touch $BATON_ROOT/etc/made-here; echo up\n");
    cloud_await(l, &s, "up");
    assert_int_equal(loc_server_rebuild(l, s.id, "host", call, &after, NULL), ERR_OK);
    assert_string_equal(after.id, s.id);
    assert_int_equal(after.nics[0].ip, s.nics[0].ip);
    assert_int_not_equal(after.pid, s.pid);
    cloud_await(l, &after, "No such file"); /* what was written is gone */
    cloud_await(l, &after, "up");
    s = after; /* the call comes again: what was installed meanwhile stays */
    assert_int_equal(loc_server_rebuild(l, s.id, "host", call, &after, NULL), ERR_OK);
    assert_int_equal(after.pid, s.pid);
    assert_int_equal(loc_server_rebuild(l, s.id, "host", NULL, &after, NULL), ERR_OK);
    assert_int_not_equal(after.pid, s.pid);
    assert_int_equal(loc_server_rebuild(l, s.id, "nothing", call, &after, NULL), ERR_NOT_FOUND);
    cloud_close(l);
    cloud_clean();
}

/* --- refusals --- */

static void test_refusals(void **state)
{
    struct loc other = {.lock_fd = -1};
    struct loc_network n;
    struct loc_server s;
    struct err err = ERR_INIT;
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    assert_int_equal(loc_cloud_open(&other, &cloud_options, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "another vim-driver-local"));
    assert_int_equal(cloud_try_launch(l, "a", NULL, "", &s, &err), ERR_NOT_FOUND);
    assert_string_equal(err.msg, "network 'private' is not there");
    assert_string_equal(s.id, "");
    cloud_network(l, "private", NULL);
    struct loc_launch want = {.name = "a", .image = "nothing", .flavour = "tiny"};
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.msg, "image 'nothing'"));
    want.image = "host";
    want.flavour = "huge";
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.hint, "tiny, small"));
    assert_int_equal(cloud_try_launch(l, "a", NULL, "", &s, &err), ERR_OK);
    assert_int_equal(loc_network_create(l, NULL, "private", NULL, &n, &err), ERR_OK); /* the same */
    assert_string_equal(n.id, s.nics[0].network);
    assert_int_equal(loc_network_delete(l, NULL, n.id, &was_there, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "in use by server 'a'"));
    assert_int_equal(loc_server_delete(l, s.id, &was_there, &err), ERR_OK);
    assert_int_equal(loc_network_delete(l, NULL, n.id, &was_there, &err), ERR_OK);
    assert_true(was_there);
    cloud_close(l);
    cloud_clean();
}

/* --- images --- */

static void test_images(void **state)
{
    char images[80], command[2000];
    struct loc_server s;
    struct err err = ERR_INIT;
    if (!cloud_is_possible(state))
        return;
    snprintf(images, sizeof(images), "%s.images", cloud_folder);
    snprintf(
        command, sizeof(command),
        "set -e; d=%s/folder; mkdir -p $d/bin $d/etc; cp /bin/dash $d/bin/sh;"
        "cp /bin/sleep /bin/cat /bin/ls $d/bin; for f in /bin/dash /bin/ls; do"
        "  ldd $f | grep -o '/lib[^ ]*' | while read -r p; do"
        "    mkdir -p $d$(dirname $p); cp -L $p $d$p; done; done;"
        "echo small image >$d/etc/issue; tar -C $d -cf %s/packed.tar .;"
        "ln -s /etc %s/evil; cd %s && tar -P -cf evil.tar --transform s,^folder/etc/issue,../../x, "
        "folder/etc/issue; rm evil",
        images, images, images, images);
    assert_int_equal(system(command), 0);
    cloud_options.images = images;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    static const char *const names[] = {"folder", "packed"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct loc_launch want = {
            .name = names[i],
            .image = names[i],
            .flavour = "tiny",
            .user_data = "#!/bin/sh\ncat /etc/issue; echo x >/etc/issue; ls /usr || echo no usr\n"};
        if (loc_server_launch(l, &want, &s, &err) != ERR_OK)
            fail_msg("%s", err.msg);
        cloud_await(l, &s, "small image");
        cloud_await(l, &s, "no usr");
    }
    snprintf(command, sizeof(command), "grep -q small %s/folder/etc/issue", images);
    assert_int_equal(system(command), 0); /* the image is as it was */
    struct loc_launch want = {.name = "evil", .image = "evil", .flavour = "tiny"};
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_IO);
    cloud_close(l);
    cloud_clean();
    snprintf(command, sizeof(command), "rm -rf %s", images);
    assert_int_equal(system(command), 0);
}

/* --- who may use it --- */

/* The root file system is not root's alone: daemons give their rights away. */
static void test_unprivileged(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s =
        cloud_launch(l, "a",
                     "#!/bin/sh\nsetpriv --reuid 65534 --regid 65534 "
                     "--clear-groups /bin/sh -c 'ls / >/dev/null && echo it can'\n"
                     "echo exit $?; stat -c %a /\n");
    cloud_await(l, &s, "it can");
    cloud_await(l, &s, "exit 0\n755\n");
    cloud_close(l);
    cloud_clean();
}

static void test_keys(void **state)
{
    struct loc_server s, after;
    struct err err = ERR_INIT;
    struct loc_launch want = {.name = "a",
                              .image = "host",
                              .flavour = "tiny",
                              .authorized_keys = "ssh-rsa AAAA one\nssh-ed25519 BBBB two\n",
                              .user_data = "#!/bin/sh\ncat $HOME/.ssh/authorized_keys\n"
                                           "stat -c 'modes %a' $HOME/.ssh "
                                           "$HOME/.ssh/authorized_keys; echo up\n"};
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    if (loc_server_launch(l, &want, &s, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    cloud_await(l, &s, "ssh-rsa AAAA one\nssh-ed25519 BBBB two\nmodes 700\nmodes 600\nup");
    assert_int_equal(loc_server_rebuild(l, s.id, "host", NULL, &after, NULL), ERR_OK);
    cloud_await(l, &after, "ssh-rsa AAAA one\nssh-ed25519 BBBB two\nmodes 700\nmodes 600\nup");
    cloud_close(l);
    cloud_clean();
}

/* --- a plain user --- */

static void test_as_nobody(void **state)
{
    enum { NOBODY = 65534 };
    int status;
    if (!cloud_is_possible(state))
        return;
    if (geteuid() != 0)
        return; /* then all tests are */
    assert_int_equal(chown(cloud_folder, NOBODY, NOBODY), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool was_there;
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(1);
        cloud_set_options(LOC_AUTO);
        cloud_options.state_dir = cloud_folder;
        struct loc *l = cloud_open();
        assert_int_equal(l->mode, LOC_PLAIN);
        cloud_network(l, "private", NULL);
        struct loc_server s = cloud_launch(l, "a", "#!/bin/sh\nid -un\n");
        cloud_await(l, &s, "nobody");
        assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
        assert_int_equal(loc_clean(l, NULL), ERR_OK);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    rmdir(cloud_folder);
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {
        CLOUD_BOTH(test_launch),       CLOUD_RUNC(test_traffic),
        CLOUD_RUNC(test_fabric_lost),  CLOUD_BOTH(test_token),
        CLOUD_BOTH(test_parallel),     CLOUD_BOTH(test_first_process_killed),
        CLOUD_BOTH(test_descendants),  CLOUD_BOTH(test_console_is_bounded),
        CLOUD_BOTH(test_memory_limit), CLOUD_BOTH(test_rebuild),
        CLOUD_BOTH(test_refusals),     CLOUD_RUNC(test_images),
        CLOUD_RUNC(test_unprivileged), CLOUD_BOTH(test_keys),
        CLOUD_PLAIN(test_as_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
