/* Between the files that are about PoPs. */
#ifndef NFVO_LIFECYCLE_POP_PRIVATE_H
#define NFVO_LIFECYCLE_POP_PRIVATE_H

#include "nfvo/lifecycle/pop.h"

#define EACH_COMMAND(c, d, kind_)                                                                  \
    for (uint32_t i_ = 0; i_ < (d)->commands.n; i_++)                                              \
        for (struct command *c = (d)->commands.at[i_]; c; c = NULL)                                \
            if (c->mark != ROW_GONE && c->kind == (kind_))

/* data of a CMD_WAIT_LIST of a call: it wants all names (as a process of before asks); all servers with
 * what is compared of them. */
#define POP_INVENTORY "inventory"
#define POP_FULL      "full"

/* --- its machine (pop_fsm.c) --- */

/* What an event brings. Borrowed for the step. */
struct pop_input {
    const struct pop_request *request; /* REFRESH, UPDATE, LIST, COLLECT */
    const struct internal *question;   /* PREPARE, FIND, LATE */
    const struct driver_reply *reply; /* REFRESHED, NETWORK, IMAGE, SERVERS, QUOTA; NULL: nothing */
    /* ... that it cannot be read, or did not come; NO_SNAPSHOT, WAIT_OVER, CALL_OVER: why */
    const struct err *bad;
    struct command
        *command; /* that it is about: NETWORK, IMAGE, LOST, IN_DOUBT, UNSURE, ..._OVER */
};
/* in NULL: it brought nothing. What the handler raised has been done, too, when it returns. */
void pop_step(struct pop_model *p, enum pop_event ev, const struct pop_input *in);
/* The same for what pop_want_refresh has raised. */
void pop_settle(struct pop_model *p);

/* The ctx of the handlers (pop_on.c). */
struct pop_turn {
    struct pop_model *p;
    const struct pop_input *in;
};
fsm_handler pop_on_refresh, pop_on_update, pop_on_list, pop_on_collect, pop_on_delete;
fsm_handler pop_on_prepare, pop_on_find, pop_on_late, pop_on_look;
fsm_handler pop_on_refreshed, pop_on_no_snapshot, pop_on_no_first_snapshot;
fsm_handler pop_on_network, pop_on_image, pop_on_servers, pop_on_quota;
fsm_handler pop_on_lost, pop_on_in_doubt, pop_on_unsure;
fsm_handler pop_on_wait_over, pop_on_call_over, pop_on_registration_over;
void pop_set_keys(struct decision *d, const struct vim_instance *pop);

/* --- who waits (pop_wait.c) --- */
bool pop_is_open(const struct decision *d, int kind);
/* What is looked for, before it is asked for again: a network, an image. */
bool pop_is_making(int kind);
bool pop_is_in_doubt(const struct command *c); /* of those: it may have been sent */
struct internal *pop_asked(struct decision *d, const struct command *c);
bool pop_is_full(const struct command *c);
bool pop_is_inventory(const struct command *c);
int64_t pop_number_of(const struct command *c); /* the tail of its id */
void pop_tell(struct pop_model *p, struct command *c, const char *what, struct internal *answer);
void pop_tell_fault(struct pop_model *p, struct command *c, const char *what, struct fault *fault);
void pop_finish_call(struct pop_model *p, struct command *c, int status, const char *body);
const char *pop_fault_text(struct pop_model *p, const struct fault *f);
struct fault *pop_fault_of(struct pop_model *p, const struct err *err);
/* kind: of the call that failed. CMD_CREATE_NETWORK, CMD_ADD_IMAGE: who waits for what has that name;
 * CMD_REFRESH: all who wait for a preparation. */
void pop_fail_waiting(struct pop_model *p, int kind, const char *name, struct fault *fault);
bool pop_is_fresh_for(const struct pop_model *p, const struct command *waiter);
/* The waiter has all its networks and images; what is missing is sent for. */
bool pop_is_prepared(struct pop_model *p, const struct command *waiter);
/* Raises NO_SNAPSHOT: its event runs when the handler has returned. */
void pop_no_snapshot(struct pop_model *p, const struct err *why);
void pop_want_refresh(struct pop_model *p); /* unless one is under way */
void pop_want_listing(struct pop_model *p);

/* --- its listing (pop_listing.c) --- */
void pop_servers_listed(struct pop_model *p, const struct driver_reply *reply,
                        const struct err *bad);

#endif
