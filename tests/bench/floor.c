/* The floor: how many deployments a second this machine's RabbitMQ and PostgreSQL allow at all.
 *
 * The product's rate alone says little: machines differ, and the same machine drifts by 1.7 within
 * minutes. So this program moves exactly what the deployment of a network service record moves - 24
 * persistent messages with confirms and acknowledgements, 12 handled ones and the start in batched
 * transactions of inbox, aggregate, history and outbox (floor.h) - and thinks nothing: no logic, no
 * validation, no JSON. "make bench" reads both numbers off the broker. The product's rate divided
 * by this one says how much of the machine it uses for thinking. Run it right before and right
 * after what is compared, take the mean.
 *
 * Two workers, one VNFM and one driver that answer at once, and this process, which asks for NSRs,
 * as REST does without the broker, and awaits their end:
 *   1. warm-up at full concurrency   2. the measurement, likewise   3. one NSR alone, for its
 * latency
 *
 *   floor db="CONNINFO" port=N password=SECRET [host= user= vhost= warm= count= alone= label=]
 *         [broker_pid= postgres_pid=]   of these, their processor time is shown
 *
 * It drops and makes the tables inbox, nsr, outbox and history: give it a database of its own.
 * The first line of its output is "floor_nsr_per_s=N". Its role needs pg_checkpoint. */
#include "tests/bench/floor.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum role { WORKER, PEER, ROLES };
enum { CHILDREN = WORKERS + 2, DEADLINE_S = 150 };

struct floor_options floor_options = {
    .host = "127.0.0.1",
    .user = "admin",
    .password = "",
    .vhost = "/",
    .db = "",
    .label = "floor",
    .port = 5672,
    .warm = 300,
    .count = 1500,
    .alone = 100,
};
struct floor_shared *floor_shared;

static struct {
    pid_t pid;
    enum role role;
} children[CHILDREN];
static int child_count;

void fail(const char *what, const char *why)
{
    if (floor_shared && floor_shared->stop)
        _exit(0); /* connections may break when all is over */
    fprintf(stderr, "floor[%d]: %s: %s\n", getpid(), what, why);
    if (floor_shared)
        floor_shared->failed++;
    exit(1);
}

double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- options --- */

static const struct {
    const char *name;
    const char **text; /* one of the two */
    int *number;
} option_table[] = {
    {"host", &floor_options.host, NULL},
    {"user", &floor_options.user, NULL},
    {"password", &floor_options.password, NULL},
    {"vhost", &floor_options.vhost, NULL},
    {"db", &floor_options.db, NULL},
    {"label", &floor_options.label, NULL},
    {"port", NULL, &floor_options.port},
    {"warm", NULL, &floor_options.warm},
    {"count", NULL, &floor_options.count},
    {"alone", NULL, &floor_options.alone},
    {"broker_pid", NULL, &floor_options.broker_pid},
    {"postgres_pid", NULL, &floor_options.postgres_pid},
};

static void read_option(const char *argument)
{
    const char *value = strchr(argument, '=');
    size_t length = value ? (size_t)(value - argument) : 0;

    for (size_t i = 0; value && i < sizeof option_table / sizeof *option_table; i++) {
        const char *name = option_table[i].name;
        if (strlen(name) != length || strncmp(name, argument, length) != 0)
            continue;
        if (option_table[i].text) {
            *option_table[i].text = value + 1;
        } else {
            char *end;
            *option_table[i].number = (int)strtol(value + 1, &end, 10);
            if (end == value + 1 || *end)
                fail(argument, "not a number");
        }
        return;
    }
    fail(argument, "unknown option");
}

/* --- processor time --- */

struct usage {
    double at_s, wal_bytes;
    long transactions, messages;
    double broker_s, database_s, role_s[ROLES], generator_s;
    double machine_s[8]; /* user nice system idle iowait irq softirq steal */
};

/* Processor seconds of a process, with those of its ended children if asked. Sets *ret_parent. */
static double process_s(int pid, bool with_children, int *ret_parent)
{
    char path[32], text[1024];
    unsigned long user = 0, system = 0;
    long children_user = 0, children_system = 0;
    const char *rest;
    size_t length;
    FILE *file;

    *ret_parent = -1;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return 0;
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    rest = strrchr(text, ')'); /* the name before may contain anything */
    if (!rest || sscanf(rest + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
                        ret_parent, &user, &system, &children_user, &children_system) != 5)
        return 0;
    if (with_children) {
        user += (unsigned long)children_user;
        system += (unsigned long)children_system;
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* PostgreSQL: its first process, with the children that ended, and those that run. */
static double database_s(int pid)
{
    int parent;
    double sum = process_s(pid, true, &parent);
    DIR *proc = opendir("/proc");

    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        double seconds = process_s(atoi(entry->d_name), false, &parent);
        if (parent == pid)
            sum += seconds;
    }
    if (proc)
        closedir(proc);
    return sum;
}

static void read_machine(double machine_s[8])
{
    FILE *file = fopen("/proc/stat", "re");
    unsigned long ticks[8] = {0};

    if (!file || fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &ticks[0], &ticks[1],
                        &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) != 8)
        fail("/proc/stat", "cannot be read");
    fclose(file);
    for (int i = 0; i < 8; i++)
        machine_s[i] = (double)ticks[i] / (double)sysconf(_SC_CLK_TCK);
}

static struct usage take_usage(void)
{
    struct usage usage = {.wal_bytes = store_wal_bytes(), .at_s = now_s()};
    int parent;

    usage.transactions = floor_shared->transactions;
    usage.messages = floor_shared->messages;
    if (floor_options.broker_pid)
        usage.broker_s = process_s(floor_options.broker_pid, false, &parent);
    if (floor_options.postgres_pid)
        usage.database_s = database_s(floor_options.postgres_pid);
    for (int i = 0; i < child_count; i++)
        usage.role_s[children[i].role] += process_s(children[i].pid, false, &parent);
    usage.generator_s = process_s(getpid(), false, &parent);
    read_machine(usage.machine_s);
    return usage;
}

/* --- the processes --- */

static void start_child(enum role role, int index)
{
    pid_t pid = fork();

    if (pid < 0)
        fail("fork", "refused");
    if (pid > 0) {
        children[child_count].pid = pid;
        children[child_count++].role = role;
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    seed_random();
    if (role == WORKER)
        run_worker();
    else if (index == 0)
        run_peer("vnfm", "o.vnfm", true);
    else
        run_peer("drv", "o.drv", false);
}

static void stop_children(void)
{
    double deadline_s = now_s() + 2;

    floor_shared->stop = 1;
    for (int i = 0; i < child_count; i++)
        while (waitpid(children[i].pid, NULL, WNOHANG) == 0) {
            if (now_s() > deadline_s)
                kill(children[i].pid, SIGKILL);
            usleep(2000);
        }
}

static void check_progress(double began_s, double limit_s, const char *what)
{
    if (floor_shared->failed || now_s() - began_s > limit_s) {
        stop_children();
        fprintf(stderr, "floor: %s: %s\n", what,
                floor_shared->failed ? "a process failed" : "it takes too long");
        exit(1);
    }
}

static void start_children(void)
{
    double began_s = now_s();

    for (int i = 0; i < WORKERS; i++)
        start_child(WORKER, i);
    start_child(PEER, 0);
    start_child(PEER, 1);
    while (floor_shared->ready < CHILDREN) {
        check_progress(began_s, 10, "start");
        usleep(1000);
    }
}

/* --- the generator --- */

bool take_start(struct message *message)
{
    long n = floor_shared->claimed;

    do {
        if (n >= floor_shared->started)
            return false;
    } while (!atomic_compare_exchange_weak(&floor_shared->claimed, &n, n + 1));
    *message = (struct message){.step = STEP_START};
    new_id(message->id);
    nsr_id(message->nsr, (int)n);
    return true;
}

static void wake(int fd)
{
    uint64_t once = 1;

    if (write(fd, &once, sizeof once) != sizeof once)
        fail("eventfd", "cannot be written");
}

void nsr_is_done(const char id[ID_SIZE])
{
    floor_shared->done_s[nsr_number(id)] = now_s();
    floor_shared->done++;
    wake(floor_shared->done_fd);
}

/* Deploy until so many are done in all, with at most so many at a time. */
static void deploy(int until, int at_a_time)
{
    struct floor_shared *f = floor_shared;
    double began_s = now_s();

    while (f->done < until) {
        struct pollfd fd = {.fd = f->done_fd, .events = POLLIN};
        uint64_t times;
        bool has_started = false;
        for (; f->started - f->done < at_a_time && f->started < until; has_started = true) {
            f->started_s[f->started] = now_s();
            f->started++;
        }
        if (has_started)
            wake(f->start_fd);
        if (poll(&fd, 1, 50) > 0 && read(f->done_fd, &times, sizeof times) < 0)
            fail("eventfd", "cannot be read");
        check_progress(began_s, DEADLINE_S, "deploy");
    }
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* --- the report --- */

static void report_latency(const char *name, double *latency_s, int count)
{
    if (count == 0)
        return;
    qsort(latency_s, (size_t)count, sizeof *latency_s, compare_doubles);
    printf("  %-22s p50 %8.2f ms   p99 %8.2f ms\n", name, latency_s[count / 2] * 1e3,
           latency_s[(size_t)count * 99 / 100] * 1e3);
}

static void report_share(const char *name, double seconds, double all_s)
{
    printf("  %-22s %5.1f %% of the machine %8.0f us per NSR\n", name, 100 * seconds / all_s,
           seconds / floor_options.count * 1e6);
}

static void report_machine(const struct usage *from, const struct usage *to)
{
    double spent_s[8], all_s = 0;

    for (int i = 0; i < 8; i++) {
        spent_s[i] = to->machine_s[i] - from->machine_s[i];
        all_s += spent_s[i];
    }
    if (floor_options.broker_pid)
        report_share("broker", to->broker_s - from->broker_s, all_s);
    if (floor_options.postgres_pid)
        report_share("database", to->database_s - from->database_s, all_s);
    report_share("workers", to->role_s[WORKER] - from->role_s[WORKER], all_s);
    report_share("vnfm and driver", to->role_s[PEER] - from->role_s[PEER], all_s);
    report_share("generator", to->generator_s - from->generator_s, all_s);
    report_share("idle", spent_s[3], all_s);
    report_share("waiting for disk", spent_s[4], all_s);
    report_share("stolen", spent_s[7], all_s);
}

static double *latencies(int from, int count)
{
    double *found = calloc((size_t)count + 1, sizeof *found);

    for (int i = 0; found && i < count; i++)
        found[i] = floor_shared->done_s[from + i] - floor_shared->started_s[from + i];
    return found ? found : (fail("memory", "not enough"), NULL);
}

static void report(const struct usage *from, const struct usage *to)
{
    const struct floor_options *o = &floor_options;
    double *loaded_s = latencies(o->warm, o->count);
    double *alone_s = latencies(o->warm + o->count, o->alone);
    long transactions = to->transactions - from->transactions;

    printf("floor_nsr_per_s=%.1f\n", o->count / (to->at_s - from->at_s));
    printf("nsrs=%d\nhandled_per_nsr=%.2f\ntransactions_per_nsr=%.2f\n",
           o->warm + o->count + o->alone, (double)(to->messages - from->messages) / o->count,
           (double)transactions / o->count);
    printf("  %-22s %s, %d NSRs after %d for warm-up\n", "what", o->label, o->count, o->warm);
    report_latency("latency under load", loaded_s, o->count);
    report_latency("latency alone", alone_s, o->alone);
    printf("  %-22s %.2f\n", "messages a transaction",
           (double)(to->messages - from->messages) / (double)transactions);
    printf("  %-22s %.0f KB\n", "log per NSR", (to->wal_bytes - from->wal_bytes) / o->count / 1024);
    report_machine(from, to);
    free(loaded_s);
    free(alone_s);
}

static void *shared_memory(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        fail("memory", "not enough");
    return at;
}

static void set_up(int total)
{
    struct floor_shared *f = shared_memory(sizeof *f);
    struct bus *bus;

    f->started_s = shared_memory((size_t)total * sizeof(double));
    f->done_s = shared_memory((size_t)total * sizeof(double));
    f->start_fd = eventfd(0, EFD_NONBLOCK);
    f->done_fd = eventfd(0, EFD_NONBLOCK);
    if (f->start_fd < 0 || f->done_fd < 0)
        fail("eventfd", "refused");
    floor_shared = f;
    signal(SIGPIPE, SIG_IGN);
    seed_random();
    prepare_messages();
    store_create(total);
    bus = bus_connect();
    bus_declare(bus);
    start_children();
}

int main(int argc, char **argv)
{
    const struct floor_options *o = &floor_options;
    struct usage before, after;

    for (int i = 1; i < argc; i++)
        read_option(argv[i]);
    if (o->warm < 0 || o->count < 1 || o->alone < 0)
        fail("options", "count must be positive, warm and alone not negative");
    set_up(o->warm + o->count + o->alone);

    deploy(o->warm, IN_FLIGHT);
    before = take_usage();
    deploy(o->warm + o->count, IN_FLIGHT);
    after = take_usage();
    usleep(300000); /* the broker still writes what came under load, and nothing tells when it is
                       through */
    deploy(o->warm + o->count + o->alone, 1);
    stop_children();

    report(&before, &after);
    return 0;
}
