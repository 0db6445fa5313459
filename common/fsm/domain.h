/* A domain: what common/engine has to be told of the rows, messages and decisions of one process.
 * Tables and pure functions only. */
#ifndef COMMON_FSM_DOMAIN_H
#define COMMON_FSM_DOMAIN_H

#include "common/fsm/decision.h"

/* What numbers of the program are called in the store: there stand words, never numbers. */
struct words {
    const char *const *at; /* by number; NULL: there is no such number */
    int n;
};
/* -1: not one of them. */
int words_find(const struct words *w, const char *word);

struct row_kind {
    const char *table;
    const char *keys[ROW_KEYS_MAX]; /* key columns, NULL behind the last */
    struct words phases;            /* none: rows of this kind are facts only */
    bool has_doc, has_state;
    const char *phase_column; /* NULL: "phase" */
    unsigned numbers; /* bit i: column keys[i] is a bigint, decimal digits in the row; "" is 0 */
    /* Rows that are not members any more: those of phase n_open and above. The store's column
     * `open` (boolean) says the same. NULL: all are members for ever. */
    const char *open;
    int n_open;
    const char
        *once; /* column that a new row gets of row.state, and that is never loaded; or NULL */
    bool survives_root; /* stays when its aggregate ends */
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
        const struct row *candidate); /* the same as a predicate, for stores in memory: may say
                                         yes to more, all that it says yes to must be harmless */
    bool wants_keys;                  /* sql has $2 = text[] of the intents' fact_key */
};
struct message {      /* a delivery as the domain sees it */
    const char *room; /* virtual host that it was in: its author; "": the inner one */
    const char *queue, *routing_key, *reply_to, *correlation_id, *first_death_queue;
    bool is_echo; /* of our own broker account, by the broker's word, and not in a queue of our own:
                     a dead letter of somebody who wants us to hear ourselves */
    bool is_forged; /* in a queue of our own, and not of our own broker account, or dead-lettered on
                       its way: somebody who wants to be us */
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
    struct words commands; /* kinds of command */
    /* Read a message, purely. ERR_OK: *in is filled. ERR_NOT_FOUND: nothing to do (logged, acked).
     * Any other: a bad message, it goes to the dead letters with *err as its reason; if in->command
     * is set by then, that command is told (event_bad_reply). */
    enum err_code (*understand)(const struct message *m, struct arena *a, struct intent *in,
                                struct err *err);
    void (*decide)(struct decision *d);
    /* After the last intent of an aggregate in a batch: write what the model changed back into the
     * rows. */
    void (*flush)(struct decision *d);
    /* The intent was refused: *d->err says which stored document cannot be read. The aggregate is
     * not shown (root is NULL); the domain may answer whoever asked. May be NULL. */
    void (*refused)(struct decision *d);
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
