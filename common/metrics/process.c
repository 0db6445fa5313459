/* What a process says of itself, read from /proc while the page is made. */
#include "common/metrics/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void add(struct sbuf *out, const char *name, const char *type, const char *help,
                double value)
{
    sbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

/* A file of /proc, at most size - 1 bytes of it; false: it cannot be read. */
static bool read_small(const char *path, char *ret, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    ret[fread(ret, 1, size - 1, f)] = '\0';
    fclose(f);
    return true;
}

static unsigned long long field(const char *text, unsigned n) /* from 0, separated by blanks */
{
    while (text && n-- > 0) {
        text = strchr(text, ' ');
        text = text ? text + 1 : NULL;
    }
    return text ? strtoull(text, NULL, 10) : 0;
}

static double boot_time(void)
{
    char text[16384];
    const char *at = read_small("/proc/stat", text, sizeof(text)) ? strstr(text, "\nbtime ") : NULL;
    return at ? strtod(at + 7, NULL) : 0;
}

static void add_stat(struct sbuf *out)
{
    /* proc(5): fields count from 1; the second is the name, which may hold anything but ends with
     * the last parenthesis. */
    enum {
        UTIME = 14,
        STIME = 15,
        THREADS = 20,
        START = 22,
        VSIZE = 23,
        RSS = 24,
        BEHIND_NAME = 3
    };
    char text[2048];
    const char *at = read_small("/proc/self/stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    if (!at || ticks <= 0)
        return;
    at += 2;
#define FIELD(n) ((double)field(at, (n)-BEHIND_NAME))
    add(out, "process_cpu_seconds_total", "counter", "User and system CPU time.",
        (FIELD(UTIME) + FIELD(STIME)) / ticks);
    add(out, "process_threads", "gauge", "Threads.", FIELD(THREADS));
    add(out, "process_start_time_seconds", "gauge", "When it was started, since the epoch.",
        boot_time() + FIELD(START) / ticks);
    add(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", FIELD(VSIZE));
    add(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
        FIELD(RSS) * (double)sysconf(_SC_PAGESIZE));
#undef FIELD
}

static void add_descriptors(struct sbuf *out)
{
    struct rlimit limit;
    DIR *dir = opendir("/proc/self/fd");
    double n = 0;
    for (const struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] != '.';
    if (dir) {
        closedir(dir);
        add(out, "process_open_fds", "gauge", "Open file descriptors.", n - 1); /* not this one */
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        add(out, "process_max_fds", "gauge", "File descriptors that it may have.",
            (double)limit.rlim_cur);
}

void metrics_render_process(struct sbuf *out, const char *process, const char *version)
{
    add_stat(out);
    add_descriptors(out);
    sbuf_addf(out,
              "# HELP baton_build_info Which process of which version this is; always 1.\n"
              "# TYPE baton_build_info gauge\nbaton_build_info{process=\"%s\",version=\"%s\"} 1\n",
              process, version);
}
