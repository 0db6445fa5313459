/* Required members, as the reference's schema check refuses a body (rest-api.md 1.8): status 400.
 * What the integrity rules refuse with a message of their own (onboard.c) is left to them. */
#include "nfvo/catalogue/catalogue.h"

#include <stdio.h>
#include <string.h>

struct report {
    struct err *err;
    int n;
    bool is_by_reference; /* some VNFD is a reference: only links and dependencies are looked at */
};

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_for_integrity_rules(const char *path)
{
    static const char *const members[] = {"vnfd", "vdu", "vm_image", "endpoint", "event"};
    const char *last = strrchr(path, '.');
    last = last ? last + 1 : path;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (strcmp(last, members[i]) == 0)
            return true;
    return strcmp(last, "name") == 0 &&
           (starts_with(path, "vld[") || strstr(path, "virtual_link[") != NULL);
}

static void collect(void *arg, const char *path, const char *what)
{
    struct report *r = arg;
    if (is_for_integrity_rules(path))
        return;
    if (r->is_by_reference && !starts_with(path, "vld[") && !starts_with(path, "vnf_dependency["))
        return;
    if (r->n++ == 0) {
        err_set(r->err, ERR_SYNTAX, "%s: %s", path, what);
        err_where(r->err, "%s", path);
    } else if (r->n <= 5) {
        size_t used = strlen(r->err->msg);
        snprintf(r->err->msg + used, sizeof(r->err->msg) - used, ", %s: %s", path, what);
    }
}

static enum err_code check(const struct proto_type *type, const void *rec, bool is_by_reference,
                           struct err *err)
{
    struct err ignored = ERR_INIT;
    struct report r = {.err = err ? err : &ignored, .is_by_reference = is_by_reference};
    proto_validate_all(type, rec, 1000, collect, &r);
    if (r.n == 0)
        return ERR_OK;
    return err_hint(r.err, "required members: rest-api.md 1.8");
}

enum err_code catalogue_check_nsd_schema(const struct nsd *nsd, struct err *err)
{
    bool is_by_reference = false;
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        is_by_reference |= catalogue_is_reference(nsd->vnfd.at[i]);
    return check(&nsd_type, nsd, is_by_reference, err);
}

enum err_code catalogue_check_vnfd_schema(const struct vnfd *vnfd, struct err *err)
{
    return check(&vnfd_type, vnfd, false, err);
}

struct relay {
    void (*report)(void *arg, const char *path, const char *what);
    void *arg;
    int n;
};

static void pass_on(void *arg, const char *path, const char *what)
{
    struct relay *r = arg;
    if (is_for_integrity_rules(path))
        return;
    r->n++;
    r->report(r->arg, path, what);
}

int catalogue_vnfd_violations(const struct vnfd *vnfd,
                              void (*report)(void *arg, const char *path, const char *what),
                              void *arg)
{
    struct relay r = {report, arg, 0};
    proto_validate_all(&vnfd_type, vnfd, 1000, pass_on, &r);
    return r.n;
}
