/* A machine as a graph, for pages. */
#include "common/fsm/fsm.h"
#include "nfvo/api/contract/contract.h"

void fsm_graph(struct sbuf *out, const struct fsm *m, const char *first, const char *last)
{
    sbuf_adds(out, "```mermaid\nstateDiagram-v2\n");
    if (first)
        sbuf_addf(out, "    [*] --> %s\n", first);
    for (int p = 0; p < m->n_phases; p++)
        for (int to = 0; to < m->n_phases; to++) {
            const char *sep = ": ";
            for (int e = 0; e < m->n_events; e++) {
                const struct fsm_rule *r = fsm_rule(m, p, e);
                if (!r->handle || to == p || !(r->next & FSM_BIT(to)))
                    continue;
                if (*sep == ':')
                    sbuf_addf(out, "    %s --> %s", m->phases[p], m->phases[to]);
                sbuf_addf(out, "%s%s", sep, m->events[e]);
                sep = ", ";
            }
            if (*sep == ',')
                sbuf_adds(out, "\n");
        }
    if (last)
        sbuf_addf(out, "    %s --> [*]\n", last);
    sbuf_adds(out, "```\n");
}
