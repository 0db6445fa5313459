/* The reference page of operations, out of their tables: operation-tables.md. */
#include "nfvo/api/contract/contract.h"
#include "nfvo/lifecycle/operation/claims.h"

#include <string.h>

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

static void kinds(struct sbuf *out)
{
    static const char *const classes[] = {"LIFE", "SIDE"};
    static const char *const holds[] = {"all", "shrunk", "nothing"};
    static const char *const ways[] = {"reverse", "forward", "never"};
    sbuf_addf(
        out,
        "## Operations\n\nClaims: on the service, the VNFR, the instance, the VNFR's targets "
        "(X excludes, S shares, R runs, T tells). Hold: what is left of them in FAILED_TEMP.\n\n"
        "| Kind | Code | Does | Class | Claims | Hold | Rollback | Event of the service | SOL003 "
        "| SOL005 |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < OPERATION_KIND_N; k++) {
        const struct operation_kind_row *r = &operation_kinds[k];
        sbuf_addf(out, "| %s | %u | %s | %s | %c %c %c %c | %s | %s | %s | %s | %s |\n", r->word,
                  r->code, r->sentence, classes[r->class], claim_letters[r->claims.nsr],
                  claim_letters[r->claims.vnfr], claim_letters[r->claims.instance],
                  claim_letters[r->claims.target], holds[r->hold], ways[r->rollback],
                  or_dash(action_word(r->finish)), or_dash(r->sol003), or_dash(r->sol005));
    }
}

static void steps(struct sbuf *out)
{
    static const char *const peers[] = {"-", "VNFM", "driver", "PoP"};
    static const char *const takes[] = {"-", "whole", "instance", "whole, or instance"};
    static const char *const answers[] = {"-",        "required", "by SDK",
                                          "optional", "verified", "anything"};
    static const char *const again[] = {"blind", "ask", "never"};
    sbuf_addf(
        out,
        "\n## Steps\n\n| Step | Code | Asks | Sends | Takes | Deadline | Again: ours, foreign | "
        "Answer | Undo |\n|---|---|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < STEP_KIND_N; k++) {
        const struct step_kind_row *r = &step_kinds[k];
        sbuf_addf(out, "| %s | %u | %s | %s | %s | ", r->word, r->code, peers[r->peer],
                  or_dash(action_word(r->action)), takes[r->takes]);
        if (r->deadline_us)
            sbuf_addf(out, "%lld s (`%s`)", (long long)(r->deadline_us / USEC_PER_SEC),
                      r->deadline);
        sbuf_addf(out, " | %s, %s | %s | %s: %s |\n", again[r->again_ours], again[r->again_foreign],
                  answers[r->answers], step_undos[r->undo].word, step_undos[r->undo].sentence);
    }
}

static void sdks(struct sbuf *out)
{
    static const char *const manners[] = {"says so",
                                          "`null`",
                                          "nothing",
                                          "says so, **no script ran**",
                                          "UPDATE, **no script ran**",
                                          "`null`: **does not know it**"};
    sbuf_addf(out,
              "\n## What the SDKs answer\n\n| Step | Answer | Unknown SDK | C | Java | Python | Go "
              "|\n|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < STEP_KIND_N; k++) {
        const struct step_answers_row *r = &step_answers_rows[k];
        if (r->action == ACTION_NONE)
            continue;
        sbuf_addf(out, "| %s | %s |", step_kind_word(k), action_word(r->action));
        for (int s = 0; s < SDK_N; s++)
            sbuf_addf(out, " %s |", manners[r->manner[s]]);
        sbuf_addf(out, "\n");
    }
}

static void retries(struct sbuf *out)
{
    static const struct {
        enum retry_group group;
        const char *what;
        struct plan_step example;
    } groups[] = {
        {GROUP_WHOLE, "the whole VNFR", {.kind = STEP_MODIFY}},
        {GROUP_ONE, "one instance, UPDATE, EXECUTE, SCALE_IN", {.kind = STEP_EXECUTE}},
        {GROUP_SCALE_OUT, "SCALE_OUT", {.kind = STEP_SCALE_OUT}},
        {GROUP_DRIVER, "servers", {.kind = STEP_DELETE}},
    };
    const struct retry_consent none = {0};
    sbuf_addf(
        out,
        "\n## In which form a failed step goes out again\n\n| Failed by | Of | Unknown SDK | C | "
        "Java | Python | Go |\n|---|---|---|---|---|---|---|\n");
    for (int cause = CAUSE_UNSENT; cause < CAUSE_N; cause++)
        for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
            struct plan_step s = groups[g].example;
            s.cause = cause;
            s.state = cause == CAUSE_OUTCOME ? STEP_STATE_UNKNOWN : STEP_STATE_FAILED;
            sbuf_addf(out, "| %s | %s |", fault_cause_words[cause], groups[g].what);
            for (int sdk = 0; sdk < SDK_N; sdk++)
                sbuf_addf(out, " %s |", step_form_words[retry_form(&s, sdk, &none)]);
            sbuf_addf(out, "\n");
        }
}

static void matrix(struct sbuf *out, const char *title, const struct fsm *m)
{
    sbuf_addf(out, "\n## %s\n\n", title);
    fsm_graph(out, m, NULL, NULL);
    sbuf_addf(out, "\n| state |");
    for (int e = 0; e < m->n_events; e++)
        sbuf_addf(out, " %s |", m->events[e]);
    sbuf_addf(out, "\n|---|");
    for (int e = 0; e < m->n_events; e++)
        sbuf_addf(out, "---|");
    for (int p = 0; p < m->n_phases; p++) {
        sbuf_addf(out, "\n| %s |", m->phases[p]);
        for (int e = 0; e < m->n_events; e++) {
            const struct fsm_rule *r = fsm_rule(m, p, e);
            const char *sep = " ";
            for (int to = 0; to < m->n_phases; to++)
                if (r->handle && (r->next & FSM_BIT(to))) {
                    sbuf_addf(out, "%s%s", sep, m->phases[to]);
                    sep = ", ";
                }
            sbuf_addf(out, " |");
        }
    }
    sbuf_addf(out, "\n");
}

static struct operation example(int kind, const char *vnfr, const char *instance)
{
    static const char *target = "t", *of[] = {"v", "t", "w"};
    const struct operation_kind_row *r = &operation_kinds[kind];
    struct operation op = {.kind = kind, .state = OPERATION_STATE_PROCESSING};
    op.vnfr = r->scope == SCOPE_NSR ? NULL : vnfr;
    op.instance = r->scope == SCOPE_INSTANCE ? instance : NULL;
    if (kind == OPERATION_UPDATE_SCRIPT)
        for (size_t i = 0; i < ARRAY_LEN(of); i++)
            if (strcmp(of[i], vnfr) == 0)
                op.vnfrs = (struct proto_strs){.at = &of[i], .n = 1};
    if (r->claims.target != CLAIM__ && strcmp(vnfr, "v") == 0)
        op.targets = (struct proto_strs){.at = &target, .n = 1};
    return op;
}

static void admission(struct sbuf *out)
{
    static const char *const vnfr[] = {"v", "v", "t", "w"}, *const instance[] = {"i", "j", "j",
                                                                                 "j"};
    sbuf_addf(
        out,
        "\n## Who runs beside whom\n\nRunning (row) and new (column): where they conflict. i: "
        "the same instance; v: the same VNFR, another instance; t: a target of the running "
        "one's VNFR; w: any other VNFR. Empty: nowhere. A release is always admitted, and ends "
        "all others.\n\n| running |");
    for (int q = 0; q < OPERATION_KIND_N; q++)
        sbuf_addf(out, " %s |", operation_kind_word(q));
    sbuf_addf(out, "\n|---|");
    for (int q = 0; q < OPERATION_KIND_N; q++)
        sbuf_addf(out, "---|");
    for (int r = 0; r < OPERATION_KIND_N; r++) {
        sbuf_addf(out, "\n| %s |", operation_kind_word(r));
        for (int q = 0; q < OPERATION_KIND_N; q++) {
            sbuf_addf(out, " ");
            for (size_t w = 0; w < ARRAY_LEN(vnfr) && q != OPERATION_RELEASE; w++) {
                struct operation running = example(r, "v", "i"),
                                 asked = example(q, vnfr[w], instance[w]);
                if (operations_conflict(&running, false, &asked))
                    sbuf_addf(out, "%c", "ivtw"[w]);
            }
            sbuf_addf(out, "%s |", q == OPERATION_RELEASE ? "ends it" : "");
        }
    }
    sbuf_addf(out, "\n");
}

void operations_page(struct sbuf *out)
{
    sbuf_addf(out, "# Operations\n\nMade from the tables in nfvo/lifecycle/operation.\n\n");
    kinds(out);
    steps(out);
    sdks(out);
    retries(out);
    matrix(out, "A step: state x event", &step_fsm);
    matrix(out, "An operation: state x event", &operation_fsm);
    admission(out);
}
