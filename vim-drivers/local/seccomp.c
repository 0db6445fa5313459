/* The system calls that a container may make, as runc is told: what is not in this table gets
 * EPERM, so a call that a later kernel brings is refused until somebody has looked at it.
 *
 * Source: man pages syscalls(2), capabilities(7), clone(2), personality(2), address_families(7). A
 * call that needs a capability (by its man page, or because it reaches what others own) is there
 * only if the option capabilities gives that one to root in a container. For all: what a network
 * function, its package manager and its interpreter need. For nobody: keys of the kernel (they are
 * the host's, not the container's), userfaultfd, io_uring, kexec, swap, modify_ldt, calls that are
 * obsolete. Programs of another architecture than the host's own end with SIGSYS. */
#include "vim-drivers/local/container.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *capability; /* NULL: for all */
    const char *names;
} allowed[] = {
    /* files */
    {NULL, "read write open openat openat2 close close_range creat lseek _llseek pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 "
           "stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir "
           "rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat mknod mknodat "
           "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime utimes futimesat utimensat truncate ftruncate fallocate "
           "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr "
           "statfs fstatfs statmount listmount sync syncfs fsync fdatasync sync_file_range fadvise64 readahead cachestat name_to_handle_at "
           "sendfile splice tee vmsplice copy_file_range ioctl fcntl flock dup dup2 dup3 pipe pipe2 memfd_create memfd_secret "
           "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark"},
    /* waiting */
    {NULL, "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 "
           "signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime io_setup io_submit io_getevents io_pgetevents io_cancel io_destroy"},
    /* memory */
    {NULL, "brk mmap munmap mprotect mremap remap_file_pages msync mincore madvise mseal map_shadow_stack mlock mlock2 mlockall munlock munlockall "
           "pkey_alloc pkey_free pkey_mprotect membarrier"},
    /* processes and threads */
    {NULL, "fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal "
           "getpid getppid gettid getpgid getpgrp getsid setpgid setsid set_tid_address set_robust_list get_robust_list rseq prctl arch_prctl "
           "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_getattr "
           "sched_setattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority setpriority ioprio_get ioprio_set getcpu "
           "getrlimit setrlimit prlimit64 getrusage times futex futex_waitv futex_wait futex_wake futex_requeue restart_syscall"},
    /* signals and time */
    {NULL, "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend sigaltstack "
           "pause alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_settime nanosleep clock_nanosleep "
           "clock_gettime clock_getres gettimeofday time adjtimex"},
    /* identity */
    {NULL, "getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid "
           "setgroups capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"},
    /* talking; socket itself is below */
    {NULL, "socketpair bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt sendto recvfrom sendmsg recvmsg "
           "sendmmsg recvmmsg shutdown shmget shmat shmctl shmdt msgget msgsnd msgrcv msgctl semget semop semtimedop semctl "
           "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"},
    /* the system */
    {NULL, "uname sysinfo getrandom"},

    {"SYS_CHROOT",      "chroot"},
    {"SYS_ADMIN",       "mount umount umount2 pivot_root move_mount open_tree fsopen fspick fsconfig fsmount mount_setattr setns unshare clone clone3 "
                        "sethostname setdomainname fanotify_init quotactl quotactl_fd lookup_dcookie bpf perf_event_open syslog"},
    {"SYS_PTRACE",      "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp"},
    {"SYS_NICE",        "mbind get_mempolicy set_mempolicy set_mempolicy_home_node migrate_pages move_pages"},
    {"SYS_TIME",        "settimeofday stime clock_settime clock_adjtime"},
    {"SYS_MODULE",      "init_module finit_module delete_module"},
    {"SYS_BOOT",        "reboot"},
    {"SYS_PACCT",       "acct"},
    {"SYS_RAWIO",       "iopl ioperm"},
    {"SYS_TTY_CONFIG",  "vhangup"},
    {"SYSLOG",          "syslog"},
    {"BPF",             "bpf"},
    {"PERFMON",         "perf_event_open"},
    {"DAC_READ_SEARCH", "open_by_handle_at"},
};

/* Kinds of sockets: not those of the hypervisor (vsock), nor those that reach into the kernel's
 * cryptography or hardware. */
static const struct {
    const char *capability;
    int family;
} families[] = {{NULL, 1 /* unix */}, {NULL, 2 /* inet */}, {NULL, 10 /* inet6 */}, {NULL, 16 /* netlink */},
                {NULL, 17 /* packet */}, {"NET_ADMIN", 15 /* key: IPsec */}, {"NET_ADMIN", 44 /* xdp */}};

/* Linux, "do not change", and 32-bit addresses: what package managers and setarch ask for. Others switch protections off. */
static const unsigned personalities[] = {0, 0x8, 0x20000, 0x20008, 0xffffffff};
/* clang-format on */

/* CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET. Not <sched.h>'s: they are signed there. */
#define NAMESPACE_FLAGS 0x7e020000U

static void begin(struct sbuf *out)
{
    sbuf_adds(out, out->s[out->len - 1] == '[' ? "{\"names\":[" : ",{\"names\":[");
}

static void rule(struct sbuf *out, const char *names)
{
    begin(out);
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");
        sbuf_addf(out, "%s\"%.*s\"", p == names ? "" : ",", (int)n, p);
        p += n + (p[n] == ' ');
    }
    sbuf_adds(out, "],\"action\":\"SCMP_ACT_ALLOW\"}");
}

static void rule_if(struct sbuf *out, const char *name, const char *comparison, unsigned value)
{
    begin(out);
    sbuf_addf(out,
              "\"%s\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":%u,"
              "\"valueTwo\":0,\"op\":\"%s\"}]}",
              name, value, comparison);
}

void loc_seccomp(const struct loc_options *o, struct sbuf *out)
{
    sbuf_adds(out, "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
                   "\"syscalls\":[");
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (!allowed[i].capability || loc_has_capability(o, allowed[i].capability))
            rule(out, allowed[i].names);
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (!families[i].capability || loc_has_capability(o, families[i].capability))
            rule_if(out, "socket", "SCMP_CMP_EQ", (unsigned)families[i].family);
    for (size_t i = 0; i < ARRAY_LEN(personalities); i++)
        rule_if(out, "personality", "SCMP_CMP_EQ", personalities[i]);
    if (!loc_has_capability(o, "SYS_ADMIN")) {
        rule_if(out, "clone", "SCMP_CMP_MASKED_EQ", NAMESPACE_FLAGS); /* none of them */
        /* Its flags are in memory, where a filter does not see them. The C library takes "not
         * implemented" (38) for an old kernel, and calls clone. */
        begin(out);
        sbuf_adds(out, "\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}");
    }
    sbuf_adds(out, "]}");
}
