/* What a script that runs as root in a container of vim-driver-local cannot do, and what it can. */
#include "tests/support/local_cloud.h"

#include "common/base/sbuf.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static void read_console(const struct loc *l, const struct loc_server *s, struct sbuf *out)
{
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/console.log", s->id);
    assert_int_equal(loc_read(path, 65536, out, NULL), ERR_OK);
}

/* Each call as it would be made by who means it; by hand, since the C library hides some. Where it
 * is refused its arguments are not looked at. */
#define TRIES(X)                                                                                   \
    X(mount, "b'none', b'/mnt', b'tmpfs', 0, 0")                                                   \
    X(umount2, "b'/proc', 2")                                                                      \
    X(move_mount, "-100, b'/tmp', -100, b'/mnt', 0")                                               \
    X(open_tree, "-100, b'/tmp', 1")                                                               \
    X(fsopen, "b'tmpfs', 0")                                                                       \
    X(pivot_root, "b'/', b'/mnt'")                                                                 \
    X(unshare, "0x10000000")                                                                       \
    X(setns, "0, 0")                                                                               \
    X(keyctl, "0, -3, 1, 0, 0")                                                                    \
    X(add_key, "b'user', b'x', b'y', 1, -3")                                                       \
    X(request_key, "b'user', b'x', 0, -3")                                                         \
    X(bpf, "0, 0, 0")                                                                              \
    X(perf_event_open, "0, 0, -1, -1, 0")                                                          \
    X(userfaultfd, "0")                                                                            \
    X(io_uring_setup, "1, 0")                                                                      \
    X(ptrace, "0, 0, 0, 0")                                                                        \
    X(process_vm_readv, "1, 0, 0, 0, 0, 0")                                                        \
    X(kcmp, "1, 1, 0, 0, 0")                                                                       \
    X(pidfd_getfd, "0, 0, 0")                                                                      \
    X(kexec_load, "0, 0, 0, 0")                                                                    \
    X(init_module, "0, 0, b''")                                                                    \
    X(finit_module, "0, b'', 0")                                                                   \
    X(delete_module, "b'ext4', 0")                                                                 \
    X(reboot, "0xfee1dead, 672274793, 0, 0")                                                       \
    X(swapon, "b'/tmp/x', 0")                                                                      \
    X(swapoff, "b'/tmp/x'")                                                                        \
    X(acct, "0")                                                                                   \
    X(settimeofday, "0, 0")                                                                        \
    X(clock_settime, "0, 0")                                                                       \
    X(syslog, "3, 0, 0")                                                                           \
    X(quotactl, "0, 0, 0, 0")                                                                      \
    X(open_by_handle_at, "-100, 0, 0")                                                             \
    X(mbind, "0, 0, 0, 0, 0, 0")                                                                   \
    X(sethostname, "b'x', 1")                                                                      \
    X(vhangup, "")                                                                                 \
    X(personality, "0x0040000")                                                                    \
    X(lookup_dcookie, "0, 0, 0")                                                                   \
    X(clone, "0x10000011, 0, 0, 0, 0") /* a user namespace */                                      \
    X(socket, "40, 1, 0")              /* to the hypervisor */                                     \
    X(socket, "38, 5, 0")              /* the kernel's cryptography */

#define LINE(call, arguments) {#call, SYS_##call, arguments},

static void test_denied(void **state)
{
    static const struct {
        const char *name;
        long number;
        const char *arguments;
    } tries[] = {TRIES(LINE)};
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (!cloud_is_possible(state))
        return;
    sbuf_adds(&text, "#!/usr/bin/python3\n"
                     "import ctypes, errno, os\n"
                     "libc = ctypes.CDLL(None, use_errno=True)\n"
                     "libc.syscall.restype = ctypes.c_long\n"
                     "def call(wanted, name, number, *args):\n"
                     "    ctypes.set_errno(0)\n"
                     "    r = libc.syscall(ctypes.c_long(number), *[a if isinstance(a, bytes) else "
                     "ctypes.c_long(a) for a in args])\n"
                     "    if r == 0 and name == 'clone':\n"
                     "        os._exit(0)\n"
                     "    if r != -1 or ctypes.get_errno() != wanted:\n"
                     "        print('not refused:', name, args, r, "
                     "errno.errorcode.get(ctypes.get_errno()), flush=True)\n");
    for (size_t i = 0; i < ARRAY_LEN(tries); i++)
        sbuf_addf(&text, "call(1, '%s', %ld%s%s)\n", tries[i].name, tries[i].number,
                  tries[i].arguments[0] ? ", " : "", tries[i].arguments);
    /* Not there, so that the C library takes clone. */
    sbuf_addf(&text, "call(38, 'clone3', %d, 0, 0)\nprint('tried', flush=True)\n", (int)SYS_clone3);
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(l, "a", text.s);
    cloud_await(l, &s, "the user data ended");
    AUTO(sbuf_release) struct sbuf console = SBUF_INIT;
    read_console(l, &s, &console);
    if (strstr(console.s, "not refused") || !strstr(console.s, "tried"))
        fail_msg("%s", console.s);
    cloud_close(l);
    cloud_clean();
}

/* Files of the kernel, devices, rights that come with a file. */
static void test_closed(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a",
        "#!/bin/bash\n"
        "no() { \"$@\" 2>/dev/null && echo \"it can: $*\"; }\n"
        "no mknod /tmp/disk b 254 0\n"
        "no mount -t tmpfs none /mnt\n"
        "no unshare -r true\n"
        "no unshare -m true\n"
        "no sh -c 'echo 1 >/proc/sys/kernel/panic'\n"
        "no sh -c 'echo b >/proc/sysrq-trigger'\n"
        "no sh -c 'echo x >/sys/kernel/uevent_helper'\n"
        "no touch /usr/x\n"
        "no ip link add x type dummy\n"
        "no dd if=/proc/kcore of=/dev/null bs=1 count=1 status=none && wc -c </proc/kcore\n"
        "no grep -q . /proc/keys\n"
        "no dmesg\n"
        "cp /usr/bin/id /tmp/id && chmod 4755 /tmp/id\n"
        "no sh -c 'test \"$(setpriv --reuid 65534 --regid 65534 --clear-groups /tmp/id -u)\" = 0'\n"
        "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; echo tried\n");
    cloud_await(l, &s, "tried");
    AUTO(sbuf_release) struct sbuf console = SBUF_INIT;
    read_console(l, &s, &console);
    if (strstr(console.s, "it can") || !strstr(console.s, "NoNewPrivs:\t1\nSeccomp:\t2\n"))
        fail_msg("%s", console.s);
    cloud_close(l);
    cloud_clean();
}

/* What scripts of VNF packages do. */
static void test_usual(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(
        l, "a",
        "#!/bin/bash\n"
        "must() { \"$@\" >/tmp/out 2>&1 || { echo \"it cannot: $*\"; cat /tmp/out; }; }\n"
        "cd /tmp\n"
        "must mkfifo pipe\n"
        "must install -D -o nobody -g nogroup -m 750 /usr/bin/true /opt/x/true\n"
        "must setpriv --reuid 65534 --regid 65534 --clear-groups /opt/x/true\n"
        "must tar -C /opt -cJf x.tar.xz x\n"
        "must tar -xf x.tar.xz\n"
        "must mkdir -p deb/DEBIAN deb/opt/y\n"
        "must sh -c 'printf \"Package: y\\nVersion: 1\\nArchitecture: all\\n"
        "Maintainer: y\\nDescription: y\\n\" >deb/DEBIAN/control'\n"
        "must sh -c 'printf \"#!/bin/sh\\nadduser --version\\nchown nobody /opt/y\\n\" "
        ">deb/DEBIAN/postinst; chmod 755 deb/DEBIAN/postinst; touch deb/opt/y/z'\n"
        "must dpkg-deb -b deb y.deb\n"
        "must mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/dpkg/triggers\n"
        "must touch /var/lib/dpkg/status /var/lib/dpkg/available\n"
        "must dpkg -i y.deb\n"
        "must test -e /opt/y/z\n"
        "must chroot / /bin/true\n"
        "must sh -c 'ulimit -n 1024; nice -n 5 timeout 5 true'\n"
        "must python3 -c 'import threading, subprocess, socket, mmap, multiprocessing as m\n"
        "t = threading.Thread(target=print); t.start(); t.join()\n"
        "subprocess.run([\"true\"], check=True)\n"
        "p = m.Process(target=print); p.start(); p.join(); assert p.exitcode == 0\n"
        "m.Lock(); mmap.mmap(-1, 4096)\n"
        "for f in socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK:\n"
        "    socket.socket(f, socket.SOCK_DGRAM).close()\n"
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()'\n"
        "echo tried\n");
    cloud_await(l, &s, "tried");
    AUTO(sbuf_release) struct sbuf console = SBUF_INIT;
    read_console(l, &s, &console);
    if (strstr(console.s, "it cannot"))
        fail_msg("%s", console.s);
    cloud_close(l);
    cloud_clean();
}

/* What the operator gives, the filter lets through. */
static void test_given(void **state)
{
    static const char *const given[] = {"SYS_ADMIN", "CAP_SYS_PTRACE"};
    if (!cloud_is_possible(state))
        return;
    cloud_options.capabilities = (struct config_list){given, ARRAY_LEN(given)};
    struct loc *l = cloud_open();
    cloud_network(l, "private", NULL);
    struct loc_server s = cloud_launch(l, "a",
                                       "#!/bin/sh\nmount -t tmpfs none /mnt && echo mounted\n"
                                       "unshare -m true && echo apart\necho tried\n");
    cloud_await(l, &s, "mounted\napart\ntried\n");
    cloud_close(l);
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_RUNC(test_denied), CLOUD_RUNC(test_closed),
                                       CLOUD_RUNC(test_usual), CLOUD_RUNC(test_given)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
