/* Between the files that are about servers. */
#ifndef NFVO_LIFECYCLE_INSTANCE_H
#define NFVO_LIFECYCLE_INSTANCE_H

#include "nfvo/lifecycle/vnfr.h"

#define REBUILD_SENT "sent" /* of a server that is rebuilt: its driver is asked */

struct vnfr_member *instance_owner(struct nsr_model *m, const struct instance_member *i);

/* --- its machine (instance_fsm.c) --- */
struct instance_input {
    const struct driver_reply *reply; /* LAUNCHED; NULL: nothing */
    const struct err *bad;            /* LAUNCHED: it cannot be read */
    bool is_lost;                     /* LATE: its driver died with it in hand */
    const struct server *server;      /* LISTED */
    bool is_weak;                     /* MISSED: by an empty list, which may be no list */
};
/* false: the event means nothing in its phase. in NULL: it brought nothing. */
bool instance_step(struct nsr_model *m, struct instance_member *i, enum instance_event ev,
                   const struct instance_input *in);

struct instance_turn { /* ctx of the handlers */
    struct nsr_model *m;
    struct instance_member *i;
    const struct instance_input *in;
    /* what follows when the next phase is there */
    const char *text; /* of the step, for people; or NULL */
    bool is_anew;     /* the phase begins again, though it may be the same */
    bool wants_delete, wants_list;
};
fsm_handler instance_on_launched, instance_on_late, instance_on_unsure, instance_on_doubt_over;
fsm_handler instance_on_launch_lost, instance_on_found, instance_on_not_found, instance_on_unlisted;
fsm_handler instance_on_delete, instance_on_deleted, instance_on_there_yet, instance_on_not_there;
fsm_handler instance_on_gone, instance_on_late_launch;
fsm_handler instance_on_rebuild_listed, instance_on_rebuild_missed, instance_on_rebuild_unlisted;
fsm_handler instance_on_rebuild_lost, instance_on_launch_again;

/* --- what all of its files know (instance.c) --- */
/* The PoP by its name, its driver, and the component of a fault; all in the arena. */
struct instance_place {
    const char *pop, *driver, *component;
};
struct instance_place instance_place(struct nsr_model *m, const struct instance_member *i);

/* Its server is gone: another one is launched, with its name and a client token of its own. NULL: it
 * could not be asked for, and nothing has changed. Else the launch settles as any other. */
struct command *instance_launch_again(struct nsr_model *m, struct instance_member *i,
                                      struct vnfr_member *v, const struct vim_instance *pop,
                                      struct err *err);

/* It waits for a listing of its PoP, and how long after the one before. */
bool instance_needs_list(const struct instance_member *i, const char *pop_id);
int64_t instance_pause(const struct nsr_model *m, const struct instance_member *i);

#endif
