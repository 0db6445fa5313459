/* The environment of a script (amqp-protocol.md 7.5), and the bodies of commands (7.4). */
#include "vnfm-generic/lifecycle/internal.h"

#include "proto/environment.h"

#include <ctype.h>
#include <string.h>

/* Null values are left out: they would keep an agent's process from starting. So are names that
 * change how programs load, wherever they came from; run_plan refuses them with words. */
static void set(struct run *run, struct proto_strmap *env, const char *value, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void set(struct run *run, struct proto_strmap *env, const char *value, const char *fmt, ...)
{
    va_list ap;
    if (!value)
        return;
    va_start(ap, fmt);
    char *name = arena_vprintf(run->arena, fmt, ap);
    va_end(ap);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) || (unsigned char)*c >= 128)
            *c = '_';
    if (name[0] && !environment_is_steering(name))
        proto_strmap_set(env, name, value, run->arena);
}

static void set_configuration(struct run *run, struct proto_strmap *env,
                              const struct configuration *c)
{
    for (uint32_t i = 0; i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key)
            set(run, env, c->parameters.at[i]->value, "%s", c->parameters.at[i]->conf_key);
}

static void set_instance(struct run *run, struct proto_strmap *env, const char *prefix,
                         const struct vnfc_instance *instance)
{
    for (uint32_t i = 0; i < instance->ips.n; i++)
        if (instance->ips.at[i]->net_name)
            set(run, env, instance->ips.at[i]->ip, "%s%s", prefix, instance->ips.at[i]->net_name);
    for (uint32_t i = 0; i < instance->floating_ips.n; i++)
        if (instance->floating_ips.at[i]->net_name)
            set(run, env, instance->floating_ips.at[i]->ip, "%s%s_floatingIp", prefix,
                instance->floating_ips.at[i]->net_name);
    set(run, env, instance->hostname, "%shostname", prefix);
}

static void set_all(struct run *run, struct proto_strmap *env, const char *type,
                    const struct proto_strmap *values)
{
    for (uint32_t i = 0; i < values->n; i++)
        set(run, env, values->at[i].value, "%s_%s", type, values->at[i].key);
}

static void set_source(struct run *run, struct proto_strmap *env, const struct step *step)
{
    const struct vnf_record_dependency *dep = run->request->dependency;
    for (uint32_t i = 0; i < dep->parameters.n; i++)
        if (strcmp(dep->parameters.at[i].key, step->source_type) == 0)
            set_all(run, env, step->source_type, &dep->parameters.at[i].value->parameters);
    for (uint32_t i = 0; i < dep->vnfc_parameters.n; i++) {
        const struct vnfc_dependency_parameters *sources = dep->vnfc_parameters.at[i].value;
        if (strcmp(dep->vnfc_parameters.at[i].key, step->source_type) != 0)
            continue;
        for (uint32_t k = 0; k < sources->parameters.n; k++)
            if (strcmp(sources->parameters.at[k].key, step->source) == 0)
                set_all(run, env, step->source_type, &sources->parameters.at[k].value->parameters);
    }
}

/* Made anew for each execution: the reference keeps one map and removes an instance's values from
 * it, and with them what they had covered (7.5 [BUG]). */
struct proto_strmap run_environment(const struct run *const_run, const struct run_host *host,
                                    const struct step *step)
{
    struct proto_strmap env = {0};
    struct run scope = *const_run; /* names go into its arena, nothing else is touched */
    struct run *run = &scope;
    if (run->vnfr->provides && run->vnfr->configurations) {
        set_configuration(run, &env, run->vnfr->provides);
        set_configuration(run, &env, run->vnfr->configurations);
    }
    set_instance(run, &env, "", host->instance);
    if (run->request->action == ACTION_HEAL)
        set(run, &env, run->request->cause, "cause");
    if (run->request->action == ACTION_SCALE_IN && run->request->instance)
        set_instance(run, &env, "removing_", run->request->instance);
    if (step->source_type && run->request->dependency)
        set_source(run, &env, step);
    return env;
}

static const char *steering_of(const struct configuration *c)
{
    for (uint32_t i = 0; c && i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key && environment_is_steering(c->parameters.at[i]->conf_key))
            return c->parameters.at[i]->conf_key;
    return NULL;
}

static const char *steering_in(struct arena *a, const char *type, const struct proto_strmap *values)
{
    for (uint32_t i = 0; i < values->n; i++) {
        const char *name = arena_printf(a, "%s_%s", type, values->at[i].key);
        if (environment_is_steering(name))
            return name;
    }
    return NULL;
}

static const char *steering_of_sources(struct arena *a, const struct vnf_record_dependency *dep)
{
    const char *found = NULL;
    for (uint32_t i = 0; dep && !found && i < dep->parameters.n; i++)
        if (dep->parameters.at[i].value)
            found =
                steering_in(a, dep->parameters.at[i].key, &dep->parameters.at[i].value->parameters);
    for (uint32_t i = 0; dep && !found && i < dep->vnfc_parameters.n; i++) {
        const struct vnfc_dependency_parameters *sources = dep->vnfc_parameters.at[i].value;
        for (uint32_t k = 0; sources && !found && k < sources->parameters.n; k++)
            if (sources->parameters.at[k].value)
                found = steering_in(a, dep->vnfc_parameters.at[i].key,
                                    &sources->parameters.at[k].value->parameters);
    }
    return found;
}

enum err_code check_parameters(const struct run_request *q, struct arena *a, struct err *err)
{
    const char *name = steering_of(q->vnfr->provides);
    if (!name)
        name = steering_of(q->vnfr->configurations);
    if (!name)
        name = steering_of_sources(a, q->dependency);
    if (!name)
        return ERR_OK;
    err_set(err, ERR_DENIED, "vnfr '%s': no script may have the parameter '%.64s'",
            q->vnfr->name ? q->vnfr->name : "", name);
    return err_hint(err, "it would change how programs are loaded: give it another name");
}

static const char *base64(struct arena *a, struct proto_bytes in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = arena_alloc(a, (in.n + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t bits = (uint32_t)in.at[i] << 16 | (left > 1 ? (uint32_t)in.at[i + 1] << 8 : 0) |
                        (left > 2 ? in.at[i + 2] : 0);
        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[bits & 63] : '=';
    }
    return out;
}

static void execute(const struct run *run, const struct run_host *host, const struct step *step,
                    struct ems_request *m)
{
    int64_t limit = run->is_terminating ? run->limits->terminate : run->limits->script;
    m->payload = host->has_journal ? step->script
                                   : arena_printf(run->arena, RUN_GUARD_SCRIPT " %s %s",
                                                  step->command, step->script);
    if (run->request->action != ACTION_EXECUTE) /* a runtime script inherits (7.4) */
        m->env = run_environment(run, host, step);
    m->timeout_s = limit / USEC_PER_SEC > 0 ? limit / USEC_PER_SEC : 1;
    m->preempt = run->request->action == ACTION_RELEASE_RESOURCES;
}

_Static_assert(EMS_MESSAGE_MAX >= PACKAGE_SCRIPTS_MAX / 3 * 4 + 65536, "a script in base64");

void run_command_body(const struct run *run, const struct run_host *host, const struct step *step,
                      struct sbuf *out)
{
    static const char *const actions[] = {[STEP_SAVE] = EMS_SAVE_SCRIPTS,
                                          [STEP_CLONE] = EMS_CLONE_SCRIPTS,
                                          [STEP_REPLACE] = EMS_SCRIPTS_UPDATE,
                                          [STEP_DEPENDENCY] = EMS_SAVE_VNFR_DEPENDENCY,
                                          [STEP_EXECUTE] = EMS_EXECUTE};
    struct arena scratch = ARENA_INIT;
    struct run scope = *run; /* the body lives in out; the run's arena must not grow per sending */
    struct ems_request m = {.action = actions[step->kind]};
    scope.arena = &scratch;
    if (step->kind == STEP_EXECUTE) {
        execute(&scope, host, step, &m);
    } else {
        m.script_path = EMS_SCRIPTS_DIR;
        m.payload = step->text ? step->text : base64(&scratch, step->payload);
        m.name = step->script[0] ? step->script : NULL;
    }
    proto_encode(&ems_request_type, &m, PROTO_COMPLETE, out);
    arena_release(&scratch);
}
