#include "tests/bench/floor.h"

#include <string.h>
#include <unistd.h>

/* A message that was published and waits for its confirm. */
struct awaited {
    uint64_t sequence;
    uint64_t tag;     /* delivery to acknowledge then, 0 for none */
    char id[ID_SIZE]; /* outbox row to delete then, "" for none */
};

struct window {
    struct awaited items[RING];
    unsigned first, end;
};

enum { DELETE_MAX = 200 }; /* outbox rows in one statement */

static struct window window;
static char sent[RING][ID_SIZE]; /* confirmed: their outbox rows go with the next transaction */
static int sent_count;

static struct awaited *await(uint64_t sequence, uint64_t tag)
{
    struct awaited *item = &window.items[window.end++ % RING];

    if (window.end - window.first == RING)
        fail("await", "too many confirms are owed");
    item->sequence = sequence;
    item->tag = tag;
    item->id[0] = '\0';
    return item;
}

/* Acknowledge deliveries whose consequences the broker has confirmed, the last one for all. */
static void settle(struct bus *bus)
{
    uint64_t tag = 0;

    for (; window.first != window.end; window.first++) {
        const struct awaited *item = &window.items[window.first % RING];
        if (item->sequence > bus->confirmed)
            break;
        if (item->tag)
            tag = item->tag;
        if (item->id[0]) {
            if (sent_count == RING)
                fail("settle", "too many outbox rows wait for deletion");
            memcpy(sent[sent_count++], item->id, ID_SIZE);
        }
    }
    if (tag)
        bus_ack(bus, tag);
}

static int deletable(void)
{
    return sent_count < DELETE_MAX ? sent_count : DELETE_MAX;
}

static void forget_sent(int count)
{
    sent_count -= count;
    memmove(sent, sent + count, (size_t)sent_count * ID_SIZE);
}

/* As much as is waiting, never lingering for more. Returns the number of messages handled. */
static int handle_batch(struct bus *bus)
{
    static struct outgoing out[OUT_MAX];
    struct message batch[BATCH_MAX];
    int count = 0, out_count, deleted = deletable();
    uint64_t tag = 0; /* of the last delivery: a start is none */

    while (count < BATCH_MAX && bus_take(bus, &batch[count]))
        tag = batch[count++].tag;
    while (count < BATCH_MAX && take_start(&batch[count]))
        count++;
    if (count == 0)
        return 0;
    out_count = store_handle(batch, count, out, sent, deleted);
    forget_sent(deleted);

    bus_cork(bus, true);
    for (int i = 0; i < out_count; i++) {
        struct awaited *item = await(bus_publish(bus, &out[i]), i == out_count - 1 ? tag : 0);
        memcpy(item->id, out[i].id, ID_SIZE);
    }
    if (out_count == 0)
        await(bus->published, tag);
    bus_cork(bus, false);
    return count;
}

void run_worker(void)
{
    struct bus *bus = bus_connect();

    store_open();
    bus_consume(bus, "o.vnfm", PREFETCH);
    bus_consume(bus, "o.drv", PREFETCH);
    floor_shared->ready++;
    while (!floor_shared->stop) {
        int frames = bus_read(bus, 0);
        settle(bus);
        if (handle_batch(bus) > 0 || frames > 0)
            continue;
        if (!bus_wait(bus, floor_shared->start_fd, sent_count > 0 ? 10 : 100) && sent_count > 0) {
            int deleted = deletable();
            store_delete_sent(sent, deleted);
            forget_sent(deleted);
        }
    }
    _exit(0);
}

void run_peer(const char *commands, const char *answers, bool is_big)
{
    struct bus *bus = bus_connect();
    struct message command;
    struct outgoing answer;

    bus_consume(bus, commands, PREFETCH);
    floor_shared->ready++;
    while (!floor_shared->stop) {
        bus_read(bus, 100);
        bus_cork(bus, true);
        while (bus_take(bus, &command)) {
            make_message(&answer, answers, command.nsr, command.chain, command.step, is_big);
            await(bus_publish(bus, &answer), command.tag);
        }
        settle(bus);
        bus_cork(bus, false);
    }
    _exit(0);
}
