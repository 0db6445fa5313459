#include "ems-agent/slim.h"

#include "common/base/macros.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

void slim_set_up(void)
{
    mallopt(M_ARENA_MAX, 1); /* one thread works: further arenas would only hold memory */
    mallopt(M_TRIM_THRESHOLD, 64 * 1024);
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
}

struct region {
    char *start;
    size_t len;
    bool is_file; /* private, of a file, not writable */
};

static bool read_region(const char *line, struct region *ret)
{
    unsigned long start, end;
    char perms[5], path[2];
    int n = sscanf(line, "%lx-%lx %4s %*x %*x:%*x %*u %1s", &start, &end, perms, path);

    if (n < 3)
        return false;
    *ret =
        (struct region){.start = (char *)start, // NOLINT(performance-no-int-to-ptr)
                        .len = end - start,
                        .is_file = n == 4 && path[0] == '/' && perms[1] == '-' && perms[3] == 'p'};
    return true;
}

/* Only where no page differs from the file: those that were relocated at the start look alike, and
 * would come back as they stand in the file. */
void slim_down(void)
{
    char line[512];
    struct region r = {0};
    unsigned long kb;
    FILE *f = fopen("/proc/self/smaps", "re");

    malloc_trim(0);
    while (f && fgets(line, sizeof(line), f)) {
        if (read_region(line, &r))
            continue;
        if (r.is_file && sscanf(line, "Anonymous: %lu kB", &kb) == 1 && kb == 0)
            madvise(r.start, r.len, MADV_DONTNEED);
    }
    if (f)
        fclose(f);
}
