/* The requests of steps: amqp-protocol.md 3.3, operations.md 2.1. */
#include "nfvo/lifecycle/operate_private.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/published.h"
#include "nfvo/lifecycle/vnfr.h"

#include <assert.h>
#include <string.h>

_Static_assert(CMD_STEP_REBUILD + 1 == CMD_KIND_N, "see wired");
/* clang-format off */
static const struct {
    int command;
    const char *record; /* what the class calls the VNFR */
} wired[STEP_KIND_N] = {
    [STEP_REINSTANTIATE] = { CMD_STEP_REINSTANTIATE, "vnfr" },
    [STEP_MODIFY]  = { CMD_STEP_MODIFY,  "vnfr" },
    [STEP_START]   = { CMD_STEP_START,   "virtualNetworkFunctionRecord" },
    [STEP_STOP]    = { CMD_STEP_STOP,    "virtualNetworkFunctionRecord" },
    [STEP_SCALE_IN] = { CMD_STEP_SCALE_IN, "virtualNetworkFunctionRecord" },
    [STEP_SCALE_OUT] = { CMD_STEP_SCALE_OUT, "virtualNetworkFunctionRecord" },
    [STEP_HEAL]    = { CMD_STEP_HEAL,    "virtualNetworkFunctionRecord" },
    [STEP_UPDATE]  = { CMD_STEP_UPDATE,  "vnfr" },
    [STEP_UPDATE_SCRIPT] = { CMD_STEP_UPDATE_SCRIPT, "vnfr" },
    [STEP_EXECUTE] = { CMD_STEP_EXECUTE, "vnfr" },
};
/* clang-format on */

/* The instance that the request is about; NULL: the whole VNFR. SCALE_IN's is another VNFR's: the
 * step's, or of what a MODIFY had told, the next. */
static const char *instance_of(struct vnfr_member *v, const struct run_action *a)
{
    const struct plan_step *s = a->step;
    if (a->kind == STEP_SCALE_IN && s->kind != STEP_SCALE_IN)
        return operate_next_told(v->m, v, s);
    return a->kind == s->kind || step_kinds[s->kind].takes == TAKES_BOTH ? s->instance : NULL;
}

/* Never without its instance: the Java VNFM would run on all. */
static void add_instance(struct sbuf *body, struct vnfr_member *v, const char *id)
{
    const struct vnfc_instance *x = NULL;
    for (uint32_t i = 0; i < v->m->n_vnfrs && !x; i++)
        x = operate_instance(&v->m->vnfrs[i], id);
    if (!x)
        return;
    sbuf_adds(body, ",\"vnfcInstance\":");
    proto_encode(&vnfc_instance_type, x, PROTO_COMPLETE, body);
}

static void add_script(struct sbuf *body, const struct plan_step *s)
{
    const char *text = s->before ? s->before : "";
    const struct script script = {.name = "ob_runtime_script",
                                  .payload = {(const uint8_t *)text, strlen(text)}};
    sbuf_adds(body, ",\"script\":");
    proto_encode(&script_type, &script, PROTO_COMPLETE, body);
}

static void add_dependency(struct sbuf *body, const struct vnf_record_dependency *dep)
{
    sbuf_adds(body, ",\"vnfrd\":");
    proto_encode(&vnf_record_dependency_type, dep, PROTO_COMPLETE, body);
}

/* The last request of the step, for ours; its dependency, for those that run MODIFY again. */
static void add_resumed(struct sbuf *body, struct vnfr_member *v, const struct run_action *a)
{
    const struct vnf_record_dependency *dep =
        a->kind == STEP_MODIFY      ? operate_told(v->m, v, a->step)
        : a->kind == STEP_SCALE_OUT ? NULL /* it is in `dependency`, as in the request */
        : a->kind == STEP_SCALE_IN  ? NULL /* it has the instance yet that is said to go */
                                    : dependency_of(v->m, v->row->key[VNFR_NAME]);
    if (a->step->command) {
        message_add_text(body, "resumes", a->step->command);
        message_add_text(body, "resumedAction", action_word(step_kinds[a->kind].action));
    }
    if (dep)
        add_dependency(body, dep);
}

/* Its server was made anew first: nothing is on it, and the agent of before does not count. */
static void add_rebuilt(struct sbuf *body, struct vnfr_member *v, const struct run_action *a,
                        bool is_resume)
{
    const struct vnf_record_dependency *dep = dependency_of(v->m, v->row->key[VNFR_NAME]);
    const char *since = operate_rebuilt_since(a, v->m->d->arena);
    if (!since)
        return;
    sbuf_addf(body, ",\"extension\":{\"" OR_VNFM_REBUILT "\":\"%s\"}", since);
    if (dep && !is_resume) {
        sbuf_adds(body, ",\"dependency\":");
        proto_encode(&vnf_record_dependency_type, dep, PROTO_COMPLETE, body);
    }
}

static void build(struct sbuf *body, struct send_refs *places, struct vnfr_member *v,
                  const struct run_action *a, const char *instance)
{
    const struct plan_step *s = a->step;
    bool is_resume = a->what == RUN_SEND && a->form == FORM_RESUME;
    published_count(v);
    sbuf_addf(body, "{\"action\":\"%s\",\"%s\":",
              is_resume ? "RESUME" : action_word(step_kinds[a->kind].action),
              is_resume ? "vnfr" : wired[a->kind].record);
    proto_encode(&vnfr_type, member_vnfr(v), PROTO_COMPLETE, body);
    if (is_resume)
        add_resumed(body, v, a);
    if (instance && (a->kind != STEP_SCALE_OUT || is_resume))
        add_instance(body, v, instance);
    if (a->kind == STEP_MODIFY && !is_resume)
        add_dependency(body, operate_told(v->m, v, s));
    if (a->kind == STEP_SCALE_OUT)
        operate_add_scaling(body, places, v, a);
    if (a->kind == STEP_REINSTANTIATE && !is_resume)
        operate_add_reinstantiate(body, places, v, a);
    if (a->kind == STEP_HEAL) { /* never missing: the Java VNFM dereferences it */
        message_add_text(body, "cause", s->before ? s->before : "");
        add_rebuilt(body, v, a, is_resume);
    }
    if (a->kind == STEP_EXECUTE)
        add_script(body, s);
    if (a->kind == STEP_UPDATE_SCRIPT)
        operate_script_add(body, a, v->m->d->arena);
    sbuf_addc(body, '}');
}

/* "<vnfr>/<operation>/<step>/<attempt>[/undo[/<instance>]]": of a stage that is about several
 * things, which one. */
static const char *subject_of(const struct vnfr_member *v, const struct run_action *a,
                              const char *instance)
{
    bool is_undo = a->what == RUN_UNDO, is_one_of = is_undo && a->step->only.n && instance;
    return arena_printf(v->m->d->arena, "%s/%s/%u/%u%s%s%s", v->row->id, a->op->id, a->step->n,
                        a->step->attempt, is_undo ? "/undo" : "", is_one_of ? "/" : "",
                        is_one_of ? instance : "");
}

/* The same id again: the peer joins its own run, or gives the answer that was given. */
static struct command *command_of(struct nsr_model *m, const struct vnfr_member *v,
                                  const struct run_action *a, const char *instance)
{
    struct decision *d = m->d;
    const struct plan_step *s = a->step;
    int kind = wired[a->kind].command;
    struct command *c =
        a->what == RUN_SEND && a->form == FORM_SAME ? decision_find(d, s->command) : NULL;
    if (c) {
        command_change(c, d->now + command_time(settings_of(d), kind), "");
        return c;
    }
    return command_open(d, kind, subject_of(v, a, instance), NULL);
}

void operate_send(struct nsr_model *m, struct vnfr_member *v, const struct run_action *a,
                  bool is_optional)
{
    struct decision *d = m->d;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    struct send_refs places = {0};
    const char *instance = instance_of(v, a);
    if (a->kind == STEP_SCALE_IN && !instance) { /* nothing is left to tell: over at once */
        decision_open(d, CMD_TIMER_OPERATION, subject_of(v, a, NULL), 0, NOTHING_TO_TELL);
        return;
    }
    if (a->kind == STEP_MODIFY && a->what == RUN_SEND && !a->step->before)
        a->step->before = v->st->stable ? v->st->stable : vnfr_state_words[VNFR_STATE_ACTIVE];
    if (a->kind == STEP_SCALE_OUT)
        operate_scaling_begin(m, a->step, a->form);
    build(&body, &places, v, a, instance);
    struct command *c = command_of(m, v, a, instance);
    struct send *send = send_to_vnfm(v, c, &body);
    send->refs = places;
    const struct step_kind_row *row = &step_kinds[a->kind];
    send->policy = (uint8_t)(v->st->correlates ? row->again_ours : row->again_foreign);
    a->step->command = c->id;
    if (is_optional)
        decision_open(d, CMD_TIMER_OPERATION, c->subject, settings_of(d)->silence_us, NULL);
}
