#include "nfvo/cli/validate.h"

#include "common/sys/ids.h"
#include "nfvo/catalogue/catalogue.h"

#include <stdio.h>
#include <string.h>

struct check {
    finding_fn *report;
    void *arg;
    bool is_strict;
    int errors;
    struct arena *a;
};

static void finding(void *arg, enum finding_level level, const char *path, const char *what)
{
    struct check *k = arg;
    k->errors += level == FINDING_ERROR;
    k->report(k->arg, level, path, what);
}

static void on_violation(void *arg, const char *path, const char *what)
{
    struct check *k = arg;
    finding(k, FINDING_ERROR, path, what);
}

static void on_unknown(void *arg, const char *path, const char *what)
{
    struct check *k = arg;
    finding(k, k->is_strict ? FINDING_ERROR : FINDING_WARNING, path, what);
}

static const char *make_id(void *arg)
{
    struct check *k = arg;
    char id[ID_SIZE];
    id_new(id);
    return arena_strdup(k->a, id);
}

/* Elements that only refer to a stored VNFD cannot be looked up here. */
static bool has_references(const struct nsd *nsd)
{
    for (uint32_t i = 0; i < nsd->vnfd.n; i++)
        if (catalogue_is_reference(nsd->vnfd.at[i]))
            return true;
    return false;
}

static void check_rules(struct check *k, struct nsd *nsd)
{
    const struct catalogue_rules rules = {
        .project_id = "", .now = "", .make_id = make_id, .arg = k};
    struct err err = ERR_INIT;
    enum err_code rc = catalogue_check_nsd_schema(nsd, &err);
    if (rc == ERR_OK && has_references(nsd)) {
        finding(k, FINDING_NOTE, "vnfd",
                "refers to VNFDs of the server: what depends on them is not checked here");
        return;
    }
    if (rc == ERR_OK)
        rc = catalogue_onboard_nsd(nsd, &rules, k->a, &err);
    if (rc != ERR_OK)
        finding(k, FINDING_ERROR, err.where,
                err.hint[0] ? arena_printf(k->a, "%s (%s)", err_what(&err), err.hint)
                            : err_what(&err));
}

int cli_validate_nsd(const char *text, size_t len, bool is_strict, finding_fn *report, void *arg)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct check k = {.report = report, .arg = arg, .is_strict = is_strict, .a = &a};
    struct err err = ERR_INIT;
    struct nsd *nsd;
    if (proto_decode(&nsd_type, text, len, 0, &a, &nsd, &err) != ERR_OK) {
        finding(&k, FINDING_ERROR, err.where, err_what(&err));
        return k.errors;
    }
    catalogue_unknown_members(&nsd_type, nsd, on_unknown, &k);
    int before = k.errors;
    k.errors = 0;
    catalogue_nsd_violations(nsd, on_violation, &k);
    catalogue_advise_nsd(nsd, &a, finding, &k);
    if (k.errors == 0) /* the rules stop at the first one, and would repeat what the tables said */
        check_rules(&k, nsd);
    return k.errors + before;
}
