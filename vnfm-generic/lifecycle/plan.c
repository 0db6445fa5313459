/* Which commands go to which instance: amqp-protocol.md 7.6. */
#include "vnfm-generic/lifecycle/internal.h"

#include "common/base/text.h"

#include <string.h>
#include <strings.h>

/* Correlation ids hold at most 255 bytes, and agents make file names of them. */
const char *run_command_id(struct run *run, const struct run_host *host, int seq)
{
    char *id = arena_printf(run->arena, "%.100s.%.100s.%d", run->request->id, host->hostname, seq);
    for (char *c = id; *c; c++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *c))
            *c = '_';
    return id;
}

static struct step *add(struct run *run, struct run_host *host, enum step_kind kind,
                        const char *event, const char *script)
{
    struct step *step = arena_alloc(run->arena, sizeof(*step));
    step->kind = kind;
    step->seq = (int)host->n;
    step->command = run_command_id(run, host, step->seq);
    step->event = event;
    step->script = script;
    step->source = "";
    host->steps = arena_grow_array(run->arena, host->steps, host->n, sizeof(host->steps[0]));
    host->steps[host->n++] = step;
    return step;
}

static const struct lifecycle_event *event_named(const struct vnfr *vnfr, const char *event)
{
    for (uint32_t i = 0; i < vnfr->lifecycle_event.n; i++)
        if (text_matches(vnfr->lifecycle_event.at[i]->event, event))
            return vnfr->lifecycle_event.at[i];
    return NULL;
}

static bool has_scripts(const struct run *run, const char *event)
{
    const struct lifecycle_event *e = event_named(run->vnfr, event);
    return e && e->lifecycle_events.n > 0;
}

static void add_scripts(struct run *run, struct run_host *host, const char *event)
{
    const struct lifecycle_event *e = event_named(run->vnfr, event);
    for (uint32_t i = 0; e && i < e->lifecycle_events.n; i++)
        add(run, host, STEP_EXECUTE, event, e->lifecycle_events.at[i]);
}

static const struct vnfc_dependency_parameters *
sources_of(const struct vnf_record_dependency *dep, const char *script, const char **ret_type)
{
    const char *end = strchr(script, '_');
    for (uint32_t i = 0; dep && end && i < dep->vnfc_parameters.n; i++) {
        const char *type = dep->vnfc_parameters.at[i].key;
        size_t n = (size_t)(end - script);
        if (strlen(type) == n && strncmp(type, script, n) == 0) {
            *ret_type = type;
            return dep->vnfc_parameters.at[i].value;
        }
    }
    return NULL;
}

/* A script that is named after a source's type runs once per instance of it: also never. */
static void add_configure(struct run *run, struct run_host *host)
{
    const struct vnf_record_dependency *dep = run->request->dependency;
    const struct lifecycle_event *e = event_named(run->vnfr, "CONFIGURE");
    for (uint32_t i = 0; e && i < e->lifecycle_events.n; i++) {
        const char *script = e->lifecycle_events.at[i], *type = NULL;
        const struct vnfc_dependency_parameters *sources = sources_of(dep, script, &type);
        if (!sources) {
            add(run, host, STEP_EXECUTE, "CONFIGURE", script);
            continue;
        }
        for (uint32_t k = 0; k < sources->parameters.n; k++) {
            struct step *step = add(run, host, STEP_EXECUTE, "CONFIGURE", script);
            step->source = sources->parameters.at[k].key;
            step->source_type = type;
        }
    }
}

static void add_dependency(struct run *run, struct run_host *host)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    if (!run->request->dependency)
        return;
    proto_encode(&vnf_record_dependency_type, run->request->dependency, PROTO_COMPLETE, &text);
    add(run, host, STEP_DEPENDENCY, "", "")->text = arena_strndup(run->arena, text.s, text.len);
}

static void add_package(struct run *run, struct run_host *host)
{
    const struct vnf_package *package = run->request->package;
    if (!package)
        return;
    if (package->scripts_link && package->scripts_link[0]) {
        add(run, host, STEP_CLONE, "", "")->text = package->scripts_link;
        return;
    }
    for (uint32_t i = 0; i < package->scripts.n; i++)
        add(run, host, STEP_SAVE, "", package->scripts.at[i]->name)->payload =
            package->scripts.at[i]->payload;
}

static void add_guard(struct run *run, struct run_host *host)
{
    struct step *step = add(run, host, STEP_SAVE, "", RUN_GUARD_SCRIPT);
    step->payload = run->request->guard;
    step->is_guard = true;
}

static void plan_instantiate(struct run *run, struct run_host *host)
{
    add_guard(run, host); /* so that its hello is awaited, also without scripts */
    add_package(run, host);
    add_scripts(run, host, "INSTANTIATE");
}

static void plan_modify(struct run *run, struct run_host *host)
{
    if (!has_scripts(run, "CONFIGURE") && !has_scripts(run, "START"))
        return; /* nobody would read the parameters */
    add_guard(run, host);
    add_dependency(run, host);
    add_configure(run, host);
}

static void plan_event(struct run *run, struct run_host *host, const char *event)
{
    if (!has_scripts(run, event))
        return;
    add_guard(run, host);
    add_scripts(run, host, event);
}

static void plan_start(struct run *run, struct run_host *host)
{
    plan_event(run, host, "START");
}

static void plan_stop(struct run *run, struct run_host *host)
{
    plan_event(run, host, "STOP");
}

static void plan_scale_out(struct run *run, struct run_host *host)
{
    plan_instantiate(run, host);
    add_dependency(run, host);
    if (run->request->dependency)
        add_configure(run, host);
    if (!run->request->is_standby && !is_in_state(host->instance, INSTANCE_STANDBY))
        add_scripts(run, host, "START");
}

static void plan_scale_in(struct run *run, struct run_host *host)
{
    plan_event(run, host, "SCALE_IN");
}

/* On a server that was made anew nothing is there: what the others have, first. */
static void plan_heal(struct run *run, struct run_host *host)
{
    if (run->request->rebuilt_at) {
        plan_scale_out(run, host);
        add_scripts(run, host, "HEAL");
    } else if (!is_switch_to_standby(run->request))
        plan_event(run, host, "HEAL");
    else if (run->request->is_resumed || is_in_state(host->instance, INSTANCE_STANDBY))
        plan_event(run, host, "START"); /* one that failed at it is STANDBY no more */
}

static void plan_release(struct run *run, struct run_host *host)
{
    run->is_terminating = run->skips_absent = true;
    plan_event(run, host, "TERMINATE");
}

static void plan_update(struct run *run, struct run_host *host)
{
    const struct script *script = run->request->script;
    if (script)
        add(run, host, STEP_REPLACE, "", script->name)->payload = script->payload;
    else
        plan_event(run, host, "UPDATE");
}

/* A file of its own: all such scripts come under one name, and two requests at once must not
 * overwrite each other's. A RESUME finds its predecessor's, so it goes by the first request. */
static const char *runtime_script(struct run *run, const char *name)
{
    const struct run_request *q = run->request;
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *c = q->root ? q->root : q->id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    size_t stem = strcspn(name, ".");
    return arena_printf(run->arena, "%.*s-%08x%s", (int)stem, name, hash, name + stem);
}

static void plan_execute(struct run *run, struct run_host *host)
{
    const struct script *script = run->request->script;
    const char *name = runtime_script(run, script->name);
    add_guard(run, host);
    add(run, host, STEP_SAVE, "", name)->payload = script->payload;
    add(run, host, STEP_EXECUTE, "EXECUTE", name);
}

static void plan_error(struct run *run, struct run_host *host)
{
    run->skips_absent = true;
    run->is_terminating = true;
    plan_event(run, host, "ERROR");
}

enum whom { ALL, GIVEN, GIVEN_OR_ALL };
/* Who is left out where no instance is given. A FAILED one was given up, so its host may be silent
 * for ever; a STANDBY one is not in service. */
enum without { NOBODY, FAILED, IDLE };

/* clang-format off */
static const struct {
    enum whom whom;
    enum without without;
    void (*plan)(struct run *run, struct run_host *host);
} rows[ACTION_N] = {
    [ACTION_INSTANTIATE]       = {ALL,          NOBODY, plan_instantiate},
    [ACTION_MODIFY]            = {ALL,          IDLE,   plan_modify},
    [ACTION_CONFIGURE]         = {ALL,          IDLE,   plan_modify},
    [ACTION_START]             = {GIVEN_OR_ALL, IDLE,   plan_start},
    [ACTION_STOP]              = {GIVEN_OR_ALL, IDLE,   plan_stop},
    [ACTION_SCALE_OUT]         = {GIVEN,        NOBODY, plan_scale_out},
    [ACTION_SCALE_IN]          = {ALL,          FAILED, plan_scale_in},
    [ACTION_HEAL]              = {GIVEN,        NOBODY, plan_heal},
    [ACTION_RELEASE_RESOURCES] = {ALL,          NOBODY, plan_release},
    [ACTION_UPDATE]            = {ALL,          FAILED, plan_update},
    [ACTION_EXECUTE]           = {ALL,          FAILED, plan_execute},
    [ACTION_ERROR]             = {ALL,          NOBODY, plan_error},
};
/* clang-format on */

static bool is_left_out(const struct vnfc_instance *instance, enum without without)
{
    return (without != NOBODY && is_in_state(instance, INSTANCE_FAILED)) ||
           (without == IDLE && is_in_state(instance, INSTANCE_STANDBY));
}

static bool is_the_given(const struct vnfc_instance *a, const struct vnfc_instance *given)
{
    return a->id && given->id ? strcmp(a->id, given->id) == 0
                              : text_matches(a->hostname, given->hostname);
}

static void add_host(struct run *run, struct vnfc_instance *instance)
{
    if (!instance->hostname || !instance->hostname[0] ||
        run_host_find(run, instance->hostname)) /* one that was never made has no name */
        return;
    run->hosts = arena_grow_array(run->arena, run->hosts, run->n_hosts, sizeof(run->hosts[0]));
    run->hosts[run->n_hosts++] =
        (struct run_host){.hostname = instance->hostname, .instance = instance};
}

static void add_hosts(struct run *run, enum whom whom, enum without without)
{
    const struct vnfc_instance *given = whom == ALL ? NULL : run->request->instance;
    if (whom == GIVEN && !given)
        return;
    for (uint32_t v = 0; v < run->vnfr->vdu.n; v++)
        for (uint32_t i = 0; i < run->vnfr->vdu.at[v]->vnfc_instance.n; i++) {
            struct vnfc_instance *instance = run->vnfr->vdu.at[v]->vnfc_instance.at[i];
            if (given ? is_the_given(instance, given) : !is_left_out(instance, without))
                add_host(run, instance);
        }
    if (given && run->n_hosts == 0)
        add_host(run, run->request->instance);
}

static bool package_has(const struct vnf_package *package, const char *script)
{
    size_t n = strcspn(script, " \t"); /* arguments may follow */
    for (uint32_t i = 0; i < package->scripts.n; i++) {
        const char *name = package->scripts.at[i]->name;
        if (name && strlen(name) == n && strncmp(name, script, n) == 0)
            return true;
    }
    return false;
}

/* Now, and not when the event comes: then the VNF would have been up for long. */
static enum err_code check_package(const struct run_request *q, struct err *err)
{
    const struct vnf_package *p = q->package;
    if (!p || (p->scripts_link && p->scripts_link[0]))
        return ERR_OK;
    for (uint32_t i = 0; i < q->vnfr->lifecycle_event.n; i++) {
        const struct lifecycle_event *e = q->vnfr->lifecycle_event.at[i];
        for (uint32_t k = 0; k < e->lifecycle_events.n; k++) {
            if (package_has(p, e->lifecycle_events.at[k]))
                continue;
            err_set(err, ERR_NOT_FOUND,
                    "vnfd '%s': event %s names the script '%s', which its package '%s' lacks",
                    q->vnfr->name ? q->vnfr->name : "", e->event, e->lifecycle_events.at[k],
                    p->name ? p->name : "");
            return err_hint(err, "add scripts/%.60s to the package, or take it from the event",
                            e->lifecycle_events.at[k]);
        }
    }
    return ERR_OK;
}

/* Else nothing would run, and be told as done. */
static enum err_code check_members(const struct run_request *q, struct err *err)
{
    const char *vnfr = q->vnfr->name ? q->vnfr->name : "", *word = action_word(q->action);
    if (rows[q->action].whom == GIVEN && !q->instance)
        return err_set(err, ERR_INVALID, "%s of '%s' names no instance", word, vnfr);
    if (q->action == ACTION_EXECUTE && (!q->script || !q->script->name || !q->script->name[0]))
        return err_set(err, ERR_INVALID, "%s of '%s' brings no script", word, vnfr);
    if (q->script && !q->script->name)
        return err_set(err, ERR_INVALID, "%s of '%s': its script has no name", word, vnfr);
    return ERR_OK;
}

static enum err_code check_given(const struct run *run, struct err *err)
{
    const struct run_request *q = run->request;
    bool is_given = rows[q->action].whom != ALL && q->instance;
    if (!is_given || run->n_hosts)
        return ERR_OK;
    return err_set(err, ERR_NOT_FOUND, "%s of '%s': instance '%s' is not in the record",
                   action_word(q->action), q->vnfr->name ? q->vnfr->name : "",
                   q->instance->id ? q->instance->id : "");
}

struct run *run_plan(const struct run_request *q, const struct run_limits *limits, struct arena *a,
                     struct err *err)
{
    if (q->action >= ACTION_N || !rows[q->action].plan || !q->vnfr) {
        err_set(err, ERR_INVALID, "%s cannot be carried out", action_word(q->action));
        return NULL;
    }
    if (check_members(q, err) != ERR_OK || check_package(q, err) != ERR_OK)
        return NULL;
    /* What runs already is let go: its scripts do without. */
    if (q->action != ACTION_RELEASE_RESOURCES && check_parameters(q, a, err) != ERR_OK)
        return NULL;
    struct run *run = arena_alloc(a, sizeof(*run));
    run->request = q;
    run->limits = limits;
    run->arena = a;
    run->vnfr = q->vnfr;
    run->due_at = INT64_MAX;
    add_hosts(run, rows[q->action].whom, rows[q->action].without);
    if (check_given(run, err) != ERR_OK)
        return NULL;
    for (uint32_t i = 0; i < run->n_hosts; i++)
        rows[q->action].plan(run, &run->hosts[i]);
    return run;
}

struct run_host *run_host_find(const struct run *run, const char *hostname)
{
    for (uint32_t i = 0; i < run->n_hosts; i++)
        if (strcmp(run->hosts[i].hostname, hostname) == 0)
            return &run->hosts[i];
    return NULL;
}
