/* What a PoP lists against what the store says of it. Pure: facts in, findings out; the thread that
 * asks PoPs and writes what is found is nfvo/reconcile, and the simulator calls the same functions.
 *
 *     judge_match(&seen, &a);              which listed server is whose
 *     ...                                  addresses of records, where they have to be looked at
 *     judge(&seen, &limits, &a, &found);
 *
 * Nothing is believed on one listing: each finding has a weight, which grows with every listing in
 * a row that says the same, and is believed from DRIFT_BELIEVED on: two good ones, or five that say
 * nothing (an empty body is all that some SDKs can say of an empty list: instance.h). One good
 * listing that shows the server as it should be ends it. */
#ifndef NFVO_LIFECYCLE_RECONCILE_JUDGE_H
#define NFVO_LIFECYCLE_RECONCILE_JUDGE_H

#include "nfvo/lifecycle/types.h"
#include "nfvo/words/drifts.h"

#define JUDGE_GOOD 3
#define JUDGE_WEAK 1

enum drift {
    DRIFT_NONE,
#define X(word, ...) DRIFT_##word,
    DRIFTS(X)
#undef X
        DRIFT_N
};
struct drift_row {
    const char *word, *severity, *event_type, *cause;
    bool is_down;
    const char *text; /* for people */
};
extern const struct drift_row drift_rows[DRIFT_N];
enum drift drift_parse(const char *word); /* DRIFT_NONE: no such kind */

/* One of ours that should be there. Texts are borrowed. */
struct watched {
    const char *id, *hostname, *vc_id;
    bool
        is_judged; /* up, of a service that no operation is changing; others only own their server */
    enum drift kind, believed; /* what was found before; DRIFT_NONE */
    int64_t weight;
    const char *detail;    /* likewise */
    const char *addresses; /* "net=10.0.0.2 .." of its record; NULL: not compared */
    /* of judge_match: */
    const struct listed_server *server; /* NULL: it is not listed */
    bool is_by_id;
};

struct seen {
    const struct pop_listing *listing;
    struct watched *watched;
    uint32_t n;
    const struct listed_server **strangers; /* of judge_match: nobody's of ours */
    uint32_t n_strangers;
};

struct finding {
    const struct watched *of;
    enum drift kind, believed; /* believed: DRIFT_NONE, not yet */
    int64_t weight;
    const char *detail;
    bool is_new; /* what is believed, or what is said of it, is not what it was */
};

struct judge_limits {
    int64_t
        outage_percent;   /* a PoP that lacks more than this share of our servers is suspected .. */
    int64_t outage_least; /* .. if they are at least so many */
};

struct judged {
    struct finding *findings; /* of those with a finding, or that had one */
    uint32_t n;
    uint32_t n_judged, n_down;
    bool is_outage; /* so much is missing that the cloud, or its listing, is suspected */
    bool is_unsure; /* something is not believed yet: the next listing should come soon */
    bool is_weak;
};

void judge_match(struct seen *s, struct arena *a);
void judge(const struct seen *s, const struct judge_limits *limits, struct arena *a,
           struct judged *ret);
/* The weight after one more listing that says `kind`. */
int64_t judge_weight(enum drift before, int64_t weight, enum drift kind, bool is_weak);
/* A word of a driver or cloud for a server that does not run. Words that are not known are none. */
bool judge_is_down(const char *status);
/* "net=1.2.3.4 net2=.." against a listing's: the first network in which the listed server has
 * addresses, and not this one. NULL: none. In the arena. */
const char *judge_moved(const char *record, const char *listed, struct arena *a);

#endif
