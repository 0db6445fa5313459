/* How much work each account gives the broker, and who gives it too much. Pure: what the broker
 * counts comes in, verdicts come out.
 *
 *     load_begin(l);
 *     ...for each connection and channel of the broker:  load_add(l, &item);
 *     ...for each login, at any time:                     load_login(l, &item);
 *     load_end(l, now_us, &bounds, report, arg);
 *
 * Work is counted in reductions, the broker's own unit (Erlang): the processes of a connection and
 * of its channels spend them on all that a client can ask for, so one number covers messages,
 * refused ones, gets, declarations, bindings and channels. A small message costs LOAD_MESSAGE; a
 * login is counted as LOAD_LOGIN, since a connection that ends at once is seen by nobody. Bytes do
 * not cost reductions and are counted beside.
 *
 * What is too much: more than `bounds` allow in a second, on average over LOAD_BURST_S (a bucket:
 * what is left over of quiet seconds may be spent at once), and still so LOAD_CONFIRM_S later. A
 * peer that talks with the NFVO may do more, LOAD_PARTNER times what the NFVO does in that room
 * beside it: honest work is a conversation, and as fast as the NFVO is; a flood is not. Machines
 * differ by more than honest work and a flood do, so no bound alone could tell them apart. */
#ifndef NFVO_VNFM_LOAD_H
#define NFVO_VNFM_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load; /* opaque */

enum {
    LOAD_MESSAGE = 400, /* measured: 370 published to a queue, 450 returned */
    LOAD_LOGIN = 80000, /* measured: 5.4 ms of processor against 26 us of a small message */
    LOAD_BURST_S = 10,
    LOAD_CONFIRM_S = 5, /* the broker's counters move every 5 s, each at its own time: by then the
                           partner's have, too */
    LOAD_PARTNER = 2    /* measured: honest VNFMs 1.4, drivers 1.2 */
};

enum load_place {
    LOAD_IGNORED, /* others' virtual hosts, and the inner room */
    LOAD_ROOM,    /* the NFVO is in it, and is the partner */
    LOAD_AGENTS   /* it is not: agents have the bounds alone, all others have them as partners */
};

struct load_item {
    const char *name; /* unlike all others'; of a connection or channel */
    const char *account, *room;
    int64_t work, bytes; /* since it is there */
    enum load_place place;
    bool is_nfvo;  /* the account is ours */
    bool is_agent; /* in LOAD_AGENTS */
};
struct load_bounds {
    int64_t work, bytes; /* a second; 0: none */
};
struct load_excess {
    const char *account, *room;
    bool is_bytes;                       /* they are what was too much, not the work */
    int64_t work, bytes;                 /* a second, on average over LOAD_BURST_S; 0: no bound */
    int64_t allowed_work, allowed_bytes; /* a second; INT64_MAX: no bound */
};

struct load *load_new(void);
void load_free(struct load *l);
void load_begin(struct load *l);
/* Texts are copied. */
void load_add(struct load *l, const struct load_item *item);
/* One more login of item's account, in its room and place; the rest of the item is not read. */
void load_login(struct load *l, const struct load_item *item);
/* report: for each account that does too much; its bucket is empty then. The first look after
 * load_new or load_forget only learns the counters. Returns whether some bucket is full and waits
 * for its confirmation: look again soon. */
bool load_end(struct load *l, int64_t now_us, const struct load_bounds *bounds,
              void (*report)(void *arg, const struct load_excess *excess), void *arg);
/* Another NFVO looked meanwhile, or nobody did. */
void load_forget(struct load *l);

#endif
