/* What a run leaves in the record: published values, states of instances, history. */
#include "common/base/utf8.h"
#include "vnfm-generic/lifecycle/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HISTORY_MAX = 200, DESCRIPTION_MAX = 1000 };

static struct configuration_parameter *provided(const struct run *run, const char *key)
{
    const struct configuration *c = run->vnfr->provides;
    for (uint32_t i = 0; c && i < c->parameters.n; i++)
        if (c->parameters.at[i]->conf_key && strcmp(c->parameters.at[i]->conf_key, key) == 0)
            return c->parameters.at[i];
    return NULL;
}

void record_publish(struct run *run, const struct step *step)
{
    for (uint32_t i = 0; i < step->sets.n; i++) {
        struct configuration_parameter *p = provided(run, step->sets.at[i].key);
        if (p && strlen(step->sets.at[i].value) <= SET_VALUE_MAX)
            p->value = step->sets.at[i].value;
    }
}

/* yyyy.MM.dd-HH:mm:ss:SSS-z, as the reference writes it. */
static const char *executed_at(struct arena *a, int64_t us)
{
    time_t seconds = us / USEC_PER_SEC;
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    return arena_printf(a, "%04d.%02d.%02d-%02d:%02d:%02d:%03d-UTC", tm.tm_year + 1900,
                        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                        (int)(us / 1000 % 1000));
}

static void add_history(struct run *run, const struct step *step, const char *text)
{
    struct history_event *h = proto_new(&history_event_type, run->arena);
    h->event = step->event;
    h->description =
        arena_strndup(run->arena, text, utf8_cut(text, strnlen(text, DESCRIPTION_MAX)));
    h->executed_at = executed_at(run->arena, step->done_at);
    proto_list_add(&run->vnfr->lifecycle_event_history, h, run->arena);
}

static const char *outcome(const struct run *run, const struct step *step)
{
    switch (step->state) {
    case STEP_DONE:
    case STEP_FAILED:
        return arena_printf(run->arena, "exit %d", step->exit_code);
    case STEP_SKIPPED:
        return "not run, its agent is not there";
    case STEP_UNKNOWN:
    case STEP_PLANNED:
    case STEP_SENT:
        break;
    }
    return "outcome unknown";
}

static void describe(struct run *run, const struct run_host *host, const struct step *step)
{
    const char *tail = step->state == STEP_DONE ? "" : output_tail(run->arena, step);
    add_history(run, step,
                arena_printf(run->arena, "%s%s%s on %s: %s, %.1f s%s%s", step->script,
                             step->source[0] ? " for " : "", step->source, host->hostname,
                             outcome(run, step), (double)step->took_ms / 1000, tail[0] ? ": " : "",
                             tail));
    for (uint32_t i = 0; i < step->sets.n; i++) {
        const char *key = step->sets.at[i].key;
        if (!provided(run, key))
            add_history(run, step,
                        arena_printf(run->arena,
                                     "%s on %s published '%.100s', which the VNFD's provides does "
                                     "not declare: dropped",
                                     step->script, host->hostname, key));
        else if (strlen(step->sets.at[i].value) > SET_VALUE_MAX)
            add_history(run, step,
                        arena_printf(run->arena,
                                     "%s on %s published more than 64 KiB as '%.100s': dropped",
                                     step->script, host->hostname, key));
    }
}

static int by_end(const void *a, const void *b)
{
    const struct run_send *left = a, *right = b;
    return (left->step->done_at > right->step->done_at) -
           (left->step->done_at < right->step->done_at);
}

static void write_history(struct run *run)
{
    struct run_orders all = {0};
    for (uint32_t i = 0; i < run->n_hosts; i++)
        for (uint32_t k = 0; k < run->hosts[i].n; k++) {
            struct step *step = run->hosts[i].steps[k];
            if (step->kind != STEP_EXECUTE || step->is_inherited || step->done_at == 0)
                continue;
            all.at = arena_grow_array(run->arena, all.at, all.n, sizeof(all.at[0]));
            all.at[all.n++] = (struct run_send){&run->hosts[i], step};
        }
    if (all.n)
        qsort(all.at, all.n, sizeof(all.at[0]), by_end);
    for (uint32_t i = 0; i < all.n && i < HISTORY_MAX; i++)
        describe(run, all.at[i].host, all.at[i].step);
}

bool is_in_state(const struct vnfc_instance *instance, const char *state)
{
    return instance->state && strcasecmp(instance->state, state) == 0;
}

bool is_switch_to_standby(const struct run_request *request)
{
    return request->cause && strcmp(request->cause, "switchToStandby") == 0;
}

static const char *state_after(const struct run *run, const struct vnfc_instance *instance)
{
    const struct run_request *q = run->request;
    bool is_standby = is_in_state(instance, INSTANCE_STANDBY);
    switch (q->action) {
    case ACTION_START:
        return "ACTIVE";
    case ACTION_SCALE_OUT:
        return is_standby || q->is_standby ? INSTANCE_STANDBY : "ACTIVE";
    case ACTION_HEAL: /* to standby is how a failed one is relieved: amqp-protocol.md 4.11 */
        return is_switch_to_standby(q) && (is_standby || q->is_resumed) ? "ACTIVE" : NULL;
    case ACTION_STOP:
        return "INACTIVE";
    default:
        return NULL;
    }
}

void run_finish_record(struct run *run)
{
    write_history(run);
    for (uint32_t i = 0; i < run->n_hosts; i++) {
        struct vnfc_instance *instance = run->hosts[i].instance;
        const char *state = run->end.has_failed ? NULL : state_after(run, instance);
        if (state)
            instance->state = state;
    }
    struct vnfc_instance *given = run->request->instance;
    for (uint32_t i = 0; given && given->hostname && i < run->n_hosts; i++)
        if (strcmp(run->hosts[i].hostname, given->hostname) == 0)
            given->state = run->hosts[i].instance->state;
}
