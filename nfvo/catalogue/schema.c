/* What the field tables refuse. Members that are missing: status 400, as the reference's schema
 * check refuses a body (rest-api.md 1.8); values that cannot be: 422, with what is wrong. What the
 * integrity rules refuse with a message of their own (onboard.c) is left to them. */
#include "nfvo/catalogue/catalogue.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

#define VIOLATIONS_MAX 1000

struct report {
    struct err *err;
    int n;
    const struct nsd *nsd; /* NULL: a VNFD on its own */
};

static bool is_for_integrity_rules(const char *path)
{
    static const char *const members[] = {"vnfd", "vdu", "vm_image", "endpoint", "event"};
    const char *last = strrchr(path, '.');
    last = last ? last + 1 : path;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (strcmp(last, members[i]) == 0)
            return true;
    return strcmp(last, "name") == 0 &&
           (text_starts_with(path, "vld[") || strstr(path, "virtual_link[") != NULL);
}

/* Inside an element of nsd.vnfd that only refers to a stored VNFD: what else it holds is not read.
 */
static bool is_of_reference(const struct nsd *nsd, const char *path)
{
    unsigned i;
    return nsd && sscanf(path, "vnfd[%u]", &i) == 1 && i < nsd->vnfd.n &&
           catalogue_is_reference(nsd->vnfd.at[i]);
}

static void add(struct report *r, enum err_code code, const char *path, const char *what)
{
    if (r->n++ == 0) {
        err_set(r->err, code, "%s: %s", path, what);
        err_where(r->err, "%s", path);
    } else if (r->n <= 5) {
        size_t used = strlen(r->err->msg);
        snprintf(r->err->msg + used, sizeof(r->err->msg) - used, ", %s: %s", path, what);
    }
}

static void collect(void *arg, const char *path, const char *what)
{
    struct report *r = arg;
    if (!is_for_integrity_rules(path) && !is_of_reference(r->nsd, path))
        add(r, ERR_SYNTAX, path, what);
}

static void collect_form(void *arg, const char *path, const char *what)
{
    struct report *r = arg;
    if (!is_of_reference(r->nsd, path))
        add(r, ERR_INVALID, path, what);
}

static enum err_code check(const struct proto_type *type, const void *rec, const struct nsd *nsd,
                           struct err *err)
{
    struct err ignored = ERR_INIT;
    struct report r = {.err = err ? err : &ignored, .nsd = nsd};
    proto_check(type, rec, PROTO_CHECK_FORMS, VIOLATIONS_MAX, collect_form, &r);
    if (r.n > 0)
        return r.err->code;
    proto_check(type, rec, PROTO_CHECK_PRESENCE, VIOLATIONS_MAX, collect, &r);
    if (r.n == 0)
        return ERR_OK;
    return err_hint(r.err, "these members are needed; baton nsd validate FILE shows all that is "
                           "wrong, with lines");
}

enum err_code catalogue_check_nsd_schema(const struct nsd *nsd, struct err *err)
{
    return check(&nsd_type, nsd, nsd, err);
}

enum err_code catalogue_check_vnfd_schema(const struct vnfd *vnfd, struct err *err)
{
    return check(&vnfd_type, vnfd, NULL, err);
}

struct relay {
    void (*report)(void *arg, const char *path, const char *what);
    void *arg;
    const struct nsd *nsd;
    int n;
};

static void pass_on(void *arg, const char *path, const char *what)
{
    struct relay *r = arg;
    if (is_of_reference(r->nsd, path))
        return;
    r->n++;
    r->report(r->arg, path, what);
}

static void pass_on_vnfd(void *arg, const char *path, const char *what)
{
    if (!is_for_integrity_rules(path))
        pass_on(arg, path, what);
}

int catalogue_vnfd_violations(const struct vnfd *vnfd,
                              void (*report)(void *arg, const char *path, const char *what),
                              void *arg)
{
    struct relay r = {report, arg, NULL, 0};
    proto_check(&vnfd_type, vnfd, PROTO_CHECK_FORMS, VIOLATIONS_MAX, pass_on, &r);
    proto_check(&vnfd_type, vnfd, PROTO_CHECK_PRESENCE, VIOLATIONS_MAX, pass_on_vnfd, &r);
    return r.n;
}

int catalogue_nsd_violations(const struct nsd *nsd,
                             void (*report)(void *arg, const char *path, const char *what),
                             void *arg)
{
    struct relay r = {report, arg, nsd, 0};
    proto_validate_all(&nsd_type, nsd, VIOLATIONS_MAX, pass_on, &r);
    return r.n;
}
