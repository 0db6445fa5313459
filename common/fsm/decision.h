/* What a pure decider sees and says: the value types between common/engine, which loads and stores,
 * and a domain's lifecycle folder, which decides. No I/O, no clock, no randomness: time and ids
 * come in (design.md, section 3).
 *
 * An aggregate is a root row and its members; one transaction locks one aggregate. Rows carry text
 * documents; the domain decodes what it needs and writes back what it changed. Everything lives in
 * the batch's arena. */
#ifndef COMMON_FSM_DECISION_H
#define COMMON_FSM_DECISION_H

#include "common/base/arena.h"
#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define ROW_KEYS_MAX 10
#define ID_SIZE      37 /* a uuid as text and its NUL */

/* --- rows --- */
enum row_mark { ROW_CLEAN, ROW_NEW, ROW_CHANGED, ROW_GONE };

struct row {
    uint8_t kind;  /* index into the domain's table of row kinds */
    uint8_t mark;  /* enum row_mark: what save has to do */
    int32_t phase; /* by the kind's words; -1: the store has a word that is not one of them */
    int64_t seq;   /* roots only: numbers commands and outbox rows of the aggregate */
    const char *id, *agg;
    const char *key[ROW_KEYS_MAX]; /* by the kind's table of key columns; never NULL when saved, ""
                                      if empty */
    const char *doc, *state;       /* "" if empty */
    void *decoded;                 /* the domain's, not saved */
};
struct rows {
    struct row **at;
    uint32_t n;
};

/* --- commands: what is outstanding --- */
/* A request to a peer, a timer, or what another aggregate waits for from us. Every wait has one,
 * with a deadline. A reply counts only when it closes one. Its id is "<aggregate id>:<aggregate
 * kind>.<command kind>.<n>", so an answer finds its aggregate, and how to be read, by itself,
 * without a look into the store. */
struct command {
    const char *id, *agg;
    uint8_t agg_kind;
    uint8_t kind;        /* the domain's */
    uint8_t mark;        /* enum row_mark */
    const char *subject; /* row that it is about */
    int64_t due_at;      /* microseconds, database clock */
    int64_t opened_at;   /* likewise; 0: in this batch. The store's, not saved */
    const char *data;    /* the domain's, "" if none */
    const char *room; /* where it was sent: only an answer out of that room is its answer; "": the
                         inner one, or sent to nobody */
};
struct commands {
    struct command **at;
    uint32_t n;
};

/* --- sends: what goes out --- */
enum send_policy { /* may it be sent again after a crash between publish and confirm? (design.md,
                      "May it be sent again?") */
                   SEND_BLIND, /* yes: the peer recognises a repetition, or repeating does no harm
                                */
                   SEND_ASK,   /* no: in doubt, the bus tells whether it was given to its receiver
                                  (engine_bus, was_taken); where it cannot, the domain is asked (its
                                  event "in doubt") and looks at the peer first */
                   SEND_NEVER, /* no: the same; where the bus cannot tell, the command runs into its
                                  deadline: outcome unknown */
};
enum send_reply { /* how the answer finds its way back */
                  SEND_NO_REPLY,
                  SEND_REPLY_SHARED,  /* correlation id = command id, reply_to = the shared reply
                                         queue */
                  SEND_REPLY_PRIVATE, /* a queue per request, dead-lettered to the shared one */
};
/* Where a secret stands in a body, and which. It is beside the body, never a mark inside of it:
 * users and peers write into bodies (a zone with such a mark read another project's PoP), and no
 * text may become a reference. The publisher puts the text in, after COMMIT: secrets never enter
 * the outbox. */
struct send_ref {
    size_t at;       /* byte of the body that it stands before */
    uint8_t kind;    /* the domain's; 0 is none */
    const char *id;  /* of what */
    int64_t version; /* the domain's */
    const char *arg; /* the domain's, "" if none */
};
struct send_refs { /* by place, ascending */
    struct send_ref *at;
    uint32_t n;
};
struct send {
    const char *room;           /* virtual host that it goes to; "": the inner one */
    const char *exchange, *key; /* exchange "" = default */
    const char *command; /* correlation id of requests; NULL for answers and internal events */
    const char *correlation_id; /* of answers: the request's own, echoed; NULL if it had none */
    const char *body;           /* without what refs stands for */
    struct send_refs refs;
    int64_t until_at; /* an unroutable one is retried until then; 0 = an answer: once */
    uint8_t policy, reply;
    bool is_answer;   /* to a reply_to: a return is final (amq.gen-*), or meaningless
                         (amq.rabbitmq.reply-to.*) */
    bool is_internal; /* to one of our own aggregates */
};
struct sends {
    struct send **at;
    uint32_t n;
};

/* --- events: what subscribers may want to know; the store finds them by project, action and the
 * NSR's or VNFR's id --- */
struct outgoing_event {
    const char *action; /* word */
    /* vnfr_id NULL: it is about the NSR */
    const char *project_id, *nsr_id, *vnfr_id;
    bool is_of_both;  /* of a VNFR and its NSR: who subscribed to either is told, once */
    const char *body; /* {"action":..,"payload":..} */
};
struct outgoing_events {
    struct outgoing_event **at;
    uint32_t n;
};

struct history_note { /* for people, kept beside the record */
    const char *doc;
};
struct history_notes {
    struct history_note **at;
    uint32_t n;
};

struct record_line {     /* what happened to one row, for people: kept beside it, the last 500 */
    const char *subject; /* row */
    int64_t n;           /* numbers the row's lines: the domain counts */
    const char *key;     /* of what a peer says: it is kept once; "": always */
    const char *doc;
};
struct record_lines {
    struct record_line **at;
    uint32_t n;
};

struct finished_operation { /* a synchronous REST call that ends here: HTTP status; body "" = what
                               is stored now */
    const char *id;
    int status;
    const char *body;
};
struct finished_operations {
    struct finished_operation **at;
    uint32_t n;
};

struct step { /* a machine went from one phase to another: for the log */
    const char *machine, *id, *name, *from, *event, *to;
    int64_t since;      /* in `from`; database clock, microseconds. 0: not known */
    const char *reason; /* of a fault, else NULL */
};
struct steps {
    struct step *at;
    uint32_t n;
};

/* --- the question: what arrived --- */
struct intent {
    uint8_t agg_kind;
    const char *agg; /* aggregate id */
    int event;       /* the domain's */
    unsigned facts;  /* what has to be loaded beside the aggregate */
    /* What else they are looked up by, when no stored row tells it; or NULL */
    const char *fact_key;
    /* The command that it answers or whose deadline it is; NULL for requests */
    const char *command;
    const char *subject;                   /* row that it is about, when known */
    const void *payload;                   /* decoded message, the domain's type by event */
    const char *reply_to, *correlation_id; /* of a peer's request */
    const char *room; /* of a message: out of which it came, and so whose it is; else NULL */
    bool is_echo;     /* of a message: written by ourselves, and brought back by somebody */
    bool is_forged;   /* of a message: in our own queue, and written by somebody else */
};

/* --- the decision --- */
struct ids { /* port: where new ids come from */
    void *ctx;
    void (*make)(void *ctx, char out[ID_SIZE]);
    int64_t (*number)(void *ctx); /* never twice, for hostnames (decisions.md D20) */
};

struct decision {
    struct arena *arena;
    const struct ids *ids;
    int64_t now;          /* database clock, microseconds */
    const void *settings; /* the domain's options */
    const struct intent *in;
    /* the aggregate: rows may be added, changed, marked ROW_GONE; root is NULL when it does not
     * exist */
    struct row *root;
    struct rows rows; /* members, without root */
    struct commands commands;
    struct rows facts; /* rows of other aggregates, read only */
    /* The domain's decoded form of the aggregate; kept over the intents of one batch */
    void *model;
    /* what came of it */
    struct sends sends;
    struct outgoing_events events;
    struct history_notes notes;
    struct record_lines lines;
    struct steps steps; /* of the current intent */
    enum {
        DECISION_APPLIED,
        DECISION_STALE,
        DECISION_EMPTY,
        DECISION_FOREIGN, /* the author may not say that: no effect; text says why */
    } outcome;
    struct err err;   /* for a user's command: refused, and why */
    const char *text; /* for a user's command: the answer; FOREIGN: what was refused */
    struct finished_operations operations;
    /* A stored document of the aggregate, or of its facts, that could not be read (the first), and
     * why. The decision is refused then: whatever else it says is thrown away, nothing of the
     * aggregate is saved, the document keeps its text. */
    const struct row *unreadable;
    struct err unreadable_why;
};

/* Helpers of deciders. All memory from d->arena. */
const char *decision_new_id(struct decision *d);
/* row's document cannot be read. The decider returns as soon as it can. */
void decision_unreadable(struct decision *d, const struct row *row, const struct err *why);
struct row *decision_add_row(struct decision *d, int kind, const char *id,
                             int phase); /* ROW_NEW, member of d->root's aggregate */
void row_touch(struct row *r);           /* ROW_CLEAN -> ROW_CHANGED */
/* room is "": who sends it elsewhere says so. */
struct command *decision_open(struct decision *d, int kind, const char *subject, int64_t timeout_us,
                              const char *data);
void decision_close(struct command *c);
struct command *decision_find(const struct decision *d,
                              const char *command_id); /* open ones only */
struct command *decision_find_for(const struct decision *d, int kind,
                                  const char *subject); /* kind < 0: any */
/* false: not the id of a command of ours. */
bool command_id_parse(const char *id, struct arena *a, const char **ret_agg, int *ret_agg_kind,
                      int *ret_kind);
/* To the inner room: who sends it elsewhere says so. */
struct send *decision_send(struct decision *d, const char *exchange, const char *key,
                           const char *body);
/* A secret stands before byte `at` of the body: struct send_ref. Copies id and arg. */
void decision_refer(struct decision *d, struct send_refs *refs, size_t at, int kind, const char *id,
                    int64_t version, const char *arg);
void send_refs_copy(struct arena *a, const struct send_refs *from, struct send_refs *ret);
/* Answer a request at its reply_to, in the room that it came from; nothing when it was one-way:
 * NULL. */
struct send *decision_answer(struct decision *d, const char *room, const char *reply_to,
                             const char *correlation_id, const char *body);

#endif
