/* When a server that is gone, or does not run, is healed: the one mechanism for that (attempts,
 * pauses, so many at once), whoever found out. Pure. */
#ifndef NFVO_LIFECYCLE_RECONCILE_HEAL_H
#define NFVO_LIFECYCLE_RECONCILE_HEAL_H

#include <stdbool.h>
#include <stdint.h>

/* What the metadata of a VDU, or of its VNFD, says (VDU_HEAL, proto/records/policy.h). */
enum heal_policy {
    HEAL_BY_NOBODY, /* none, the default */
    HEAL_INSTANCE,  /* that server is made anew and set up: operation HEAL */
    HEAL_VNF,       /* all servers of its VNF are: operation RESTART */
};
/* vdu: its word, "" or NULL: none said; then the VNFD's counts. Words that are not known are none. */
enum heal_policy heal_policy_of(const char *vdu, const char *vnfd);

struct heal_limits {
    int64_t per_hour;  /* attempts for one server */
    int64_t at_once;   /* heals at a time on one PoP */
    int64_t pause_us;  /* after the first attempt; doubles */
    int64_t settle_us; /* listings have to be good for so long before anything is healed */
    int64_t outage_us; /* so long nothing is healed on a PoP that is suspected of an outage */
};
struct heal_facts {
    int64_t now;
    int64_t good_since, outage_at; /* of its PoP; 0: it is not good; no outage */
    bool is_outage_acked;          /* a person has looked: go on */
    int64_t looked_at;  /* when the last listing of its PoP that was compared was asked for */
    int64_t changed_at; /* when an operation on its service last began, went on, or ended */
    int64_t running;    /* heals on that PoP that have not ended */
    int64_t attempts, hour_at,
        last_at; /* of this server, within the last hour: the first, the last */
};
enum heal_answer {
    HEAL_NOW,
    HEAL_AFTER_OUTAGE, /* so much is missing that the cloud is suspected, not the servers */
    HEAL_SETTLING,     /* the PoP, or its driver, came back a moment ago */
    HEAL_UNSEEN,       /* no listing is younger than what was last done to its service */
    HEAL_PAUSE,        /* the last attempt is not long ago */
    HEAL_HOUR,         /* all attempts of the hour are used up */
    HEAL_TURN,         /* others are being healed on that PoP */
};
/* ret_at: when to ask again; 0: when something has changed. */
enum heal_answer heal_decide(const struct heal_limits *limits, const struct heal_facts *facts,
                             int64_t *ret_at);
/* The pause after so many attempts. */
int64_t heal_pause(const struct heal_limits *limits, int64_t attempts);

#endif
