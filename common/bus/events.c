#include "common/base/mem.h"
#include "common/bus/internal.h"

#include <stdlib.h>
#include <string.h>

static void append(struct event_queue *q, struct event_node *node)
{
    if (q->tail)
        q->tail->next = node;
    else
        q->head = node;
    q->tail = node;
}

struct bus_event *bus_event_push(struct event_queue *q, enum bus_event_type type, const char *name,
                                 const char *text)
{
    size_t name_len = name ? strlen(name) + 1 : 0;
    size_t text_len = text ? strlen(text) + 1 : 1;
    struct event_node *node = xcalloc(1, sizeof(*node) + name_len + text_len);

    node->ev.type = type;
    if (name)
        node->ev.name = memcpy(node->strings, name, name_len);
    node->ev.text = memcpy(node->strings + name_len, text ? text : "", text_len);
    append(q, node);
    return &node->ev;
}

void bus_event_push_delivery(struct event_queue *q, enum bus_event_type type,
                             struct bus_delivery *taken)
{
    bus_event_push(q, type, NULL, NULL)->delivery = taken;
    q->tail->delivery = taken;
}

void bus_event_push_settled(struct event_queue *q, enum bus_event_type type, uint64_t seq)
{
    struct bus_event *ev = q->tail ? &q->tail->ev : NULL;

    if (!ev || ev->type != type || ev->seq_last + 1 != seq) {
        ev = bus_event_push(q, type, NULL, NULL);
        ev->seq = seq;
    }
    ev->seq_last = seq;
}

struct event_node *bus_event_pop(struct event_queue *q)
{
    struct event_node *node = q->head;

    if (node) {
        q->head = node->next;
        if (!q->head)
            q->tail = NULL;
        node->next = NULL;
    }
    return node;
}

void bus_event_splice(struct event_queue *to, struct event_queue *from)
{
    if (!from->head)
        return;
    if (to->tail)
        to->tail->next = from->head;
    else
        to->head = from->head;
    to->tail = from->tail;
    from->head = from->tail = NULL;
}

void bus_event_drop_deliveries(struct event_queue *q)
{
    struct event_queue kept = {0};
    struct event_node *node;

    while ((node = bus_event_pop(q))) {
        if (node->delivery)
            bus_event_node_free(node);
        else
            append(&kept, node);
    }
    *q = kept;
}

void bus_event_node_free(struct event_node *node)
{
    if (!node)
        return;
    bus_delivery_free(node->delivery);
    free(node);
}

void bus_event_queue_release(struct event_queue *q)
{
    struct event_node *node;

    while ((node = bus_event_pop(q)))
        bus_event_node_free(node);
}
