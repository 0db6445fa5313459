/* The reference page of the VNFR machine and of the commands, from their tables: phases.md. */
#include "nfvo/api/contract/contract.h"
#include "nfvo/lifecycle/types.h"

static void facts(struct sbuf *out, unsigned bits)
{
    static const char *const names[] = {"PoPs", "subscriptions", "drivers"};
    const char *sep = "";
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (bits & (1u << i)) {
            sbuf_addf(out, "%s%s", sep, names[i]);
            sep = ", ";
        }
}

static void rows(struct sbuf *out, int phase)
{
    sbuf_addf(out,
              "\n### %s\n\nWire status: `%s`.\n\n| event | next phase | facts |\n|---|---|---|\n",
              vnfr_phase_names[phase], vnfr_status_of(phase));
    for (int e = 0; e < VNFR_EV_N; e++) {
        const struct fsm_rule *r = fsm_rule(&vnfr_fsm, phase, e);
        const char *sep = "";
        if (!r->handle)
            continue;
        sbuf_addf(out, "| %s | ", vnfr_event_names[e]);
        for (int to = 0; to < VNFR_PHASE_N; to++)
            if (r->next & FSM_BIT(to)) {
                sbuf_addf(out, "%s%s", sep, vnfr_phase_names[to]);
                sep = ", ";
            }
        sbuf_addf(out, " | ");
        facts(out, r->facts);
        sbuf_addf(out, " |\n");
    }
}

static void commands(struct sbuf *out)
{
    static const char *const peers[] = {[COMMAND_TO_VNFM] = "VNFM",
                                        [COMMAND_TO_DRIVER] = "driver",
                                        [COMMAND_TO_POP] = "PoP (ours)",
                                        [COMMAND_OF_ASKER] = "who asked us",
                                        [COMMAND_TIMER] = "time"};
    static const char *const again[] = {
        [SEND_BLIND] = "yes", [SEND_ASK] = "after a look at the peer", [SEND_NEVER] = "no"};
    sbuf_addf(
        out, "\n## Commands\n\nWhat is outstanding, from nfvo/words/commands.h. The code stands in "
             "command ids. A peer that recognises repetitions may always be asked again.\n\n"
             "| command | code | waits for | asked | again? |\n|---|---|---|---|---|\n");
    for (int kind = 1; kind < CMD_KIND_N; kind++) {
        const struct command_row *r = &command_rows[kind];
        if (r->word)
            sbuf_addf(out, "| %s | %d | %s | %s | %s |\n", r->word, kind, peers[r->peer], r->call,
                      *r->call ? again[r->again] : "");
    }
}

void lifecycle_page(struct sbuf *out)
{
    sbuf_addf(out, "# The VNFR's machine, and the commands\n\nMade from the matrix in "
                   "nfvo/lifecycle/vnfr_fsm.c. An event "
                   "without a row means nothing in that "
                   "phase: it is counted and refused, and a VNFM that asked gets an Error.\n\n");
    fsm_graph(out, &vnfr_fsm, "INSTANTIATING", "GONE");
    sbuf_addc(out, '\n');
    sbuf_addf(out, "## Phases\n");
    for (int p = 0; p < VNFR_PHASE_N; p++)
        rows(out, p);
    commands(out);
}
