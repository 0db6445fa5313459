/* A domain: what common/engine has to be told of the rows, messages and decisions of one process.
 * Tables and pure functions only. */
#ifndef COMMON_FSM_DOMAIN_H
#define COMMON_FSM_DOMAIN_H

#include "common/fsm/decision.h"

struct row_kind {
    const char *table;
    const char *keys[ROW_KEYS_MAX]; /* key columns, NULL behind the last */
    bool has_phase, has_doc, has_state;
};
struct agg_kind {
    const char *name;
    uint8_t root;                  /* row kind; roots have a seq */
    uint8_t members[4], n_members; /* row kinds */
};
struct fact_kind {
    unsigned bit;
    uint8_t row_kind; /* what comes; only id, phase, keys, doc, state are set */
    uint8_t agg_kind; /* which aggregates may ask for it; n_aggs: any */
    const char *sql;  /* rest of the SELECT: "FROM pop r WHERE r.id IN (...)"; $1 = text[] of the
                         asking aggregates' ids */
    bool (*relates)(
        const struct row *root,
        const struct row *candidate); /* the same as a predicate, for stores in memory */
};
struct message { /* a delivery as the domain sees it */
    const char *queue, *routing_key, *reply_to, *correlation_id, *first_death_queue;
    const char *body;
    size_t len;
};
struct domain {
    const struct row_kind *rows;
    uint8_t n_rows;
    const struct agg_kind *aggs;
    uint8_t n_aggs;
    const struct fact_kind *facts;
    uint8_t n_facts;
    /* Read a message, purely. ERR_OK: *in is filled. ERR_NOT_FOUND: nothing to do (logged, acked).
     * Any other: a bad message, it goes to the dead letters with *err as its reason; if in->command
     * is set by then, that command is told (event_bad_reply). */
    enum err_code (*understand)(const struct message *m, struct arena *a, struct intent *in,
                                struct err *err);
    void (*decide)(struct decision *d);
    /* After the last intent of an aggregate in a batch: write what the model changed back into the
     * rows. */
    void (*flush)(struct decision *d);
    int event_deadline;    /* a command's due_at has passed; intent.command tells which */
    int event_in_doubt;    /* a SEND_ASK or SEND_NEVER message may or may not have left */
    int event_answer_lost; /* an answer that names a command (send.command: whose work it served)
                              could not be routed: whoever asked is gone; final */
    int event_bad_reply;   /* the answer to intent.command was not readable; payload = struct err */
    unsigned facts_of_internal_events; /* what these three may need */
    /* Commands of this kind may have a private reply queue (SEND_REPLY_PRIVATE). May be NULL. */
    bool (*may_have_reply_queue)(int command_kind);
    const void *settings;
};

#endif
