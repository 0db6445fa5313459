#include "common/bus/internal.h"

#include <string.h>

enum { SETTLED, OPEN, RETURNED };

static unsigned char *state_of(struct ledger *l, uint64_t seq)
{
    return &l->state[seq % BUS_UNCONFIRMED_MAX];
}

void bus_ledger_init(struct ledger *l)
{
    memset(l, 0, sizeof(*l));
    l->first = l->next = 1;
}

void bus_ledger_new_channel(struct ledger *l)
{
    l->base = l->next - 1;
}

bool bus_ledger_is_full(const struct ledger *l)
{
    return l->next - l->first >= BUS_UNCONFIRMED_MAX;
}

uint64_t bus_ledger_open(struct ledger *l)
{
    *state_of(l, l->next) = OPEN;
    l->open_n++;
    return l->next++;
}

bool bus_ledger_returned(struct ledger *l, uint64_t seq)
{
    if (seq < l->first || seq >= l->next || *state_of(l, seq) != OPEN)
        return false;
    /* It keeps its place until the broker's ack, which follows the return, and that ack must not be
     * told to the caller. */
    *state_of(l, seq) = RETURNED;
    l->open_n--;
    return true;
}

size_t bus_ledger_settle(struct ledger *l, struct event_queue *q, enum bus_event_type type,
                         uint64_t tag, bool is_multiple)
{
    uint64_t last = is_multiple && tag == 0 ? l->next - 1 : l->base + tag;
    uint64_t seq = is_multiple ? l->first : last;
    size_t n = 0;

    if (last >= l->next || seq < l->first) /* not ours: a broker that confirms what nobody sent */
        return 0;
    for (; seq <= last; seq++) {
        unsigned char *state = state_of(l, seq);
        if (*state == OPEN) {
            bus_event_push_settled(q, type, seq);
            l->open_n--;
            n++;
        }
        *state = SETTLED;
    }
    while (l->first < l->next && *state_of(l, l->first) == SETTLED)
        l->first++;
    return n;
}

void bus_ledger_void(struct ledger *l)
{
    l->first = l->next;
    l->open_n = 0;
}
