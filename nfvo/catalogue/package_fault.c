/* Faults of a package, in the order in which they were found: so many of each level are kept. */
#include "nfvo/catalogue/package_internal.h"

static struct package_fault *add_fault(struct package_reader *r, const struct package_fault *f)
{
    static const uint32_t room[FINDING_LEVEL_N] = {PACKAGE_FAULTS_MAX / 4, PACKAGE_FAULTS_MAX / 2,
                                                   PACKAGE_FAULTS_MAX};
    r->error_n += f->level == FINDING_ERROR;
    r->level_n[f->level]++;
    if (r->fault_n >= room[f->level]) /* the first error always has room */
        return arena_alloc(r->a, sizeof(*f));
    r->faults[r->fault_n] = *f;
    return &r->faults[r->fault_n++];
}

struct package_fault *package_fault(struct package_reader *r, enum err_code code, const char *file,
                                    uint32_t line, const char *path, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(r->a, fmt, ap);
    va_end(ap);
    return add_fault(r, &(struct package_fault){.level = FINDING_ERROR,
                                                .code = code,
                                                .file = file,
                                                .line = line,
                                                .path = arena_strdup(r->a, path),
                                                .message = text,
                                                .hint = ""});
}

struct package_fault *package_tell(struct package_reader *r, enum finding_level level,
                                   const char *file, uint32_t line, const char *path,
                                   const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(r->a, fmt, ap);
    va_end(ap);
    return add_fault(r, &(struct package_fault){.level = level,
                                                .file = file,
                                                .line = line,
                                                .path = arena_strdup(r->a, path),
                                                .message = text,
                                                .hint = ""});
}

void package_hint(struct package_reader *r, struct package_fault *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    f->hint = arena_vprintf(r->a, fmt, ap);
    va_end(ap);
}
