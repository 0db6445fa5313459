/* Between broker_watch.c, refusals.c and load_watch.c. */
#ifndef NFVO_VNFM_BROKER_WATCH_INTERNAL_H
#define NFVO_VNFM_BROKER_WATCH_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/arena.h"
#include "common/bus/bus.h"
#include "common/db/db.h"
#include "nfvo/broker/rooms.h"
#include "nfvo/vnfm/load.h"
#include "nfvo/vnfm/management.h"
#include "nfvo/vnfm/refusal.h"

enum {
    PREFETCH = 256,
    PENDING_MAX = 64, /* different refusals between two writes; more become "several" */
    SEEN_MAX = 256,   /* different ones in an hour, of all; of one account, of strangers: */
    STRANGERS_MAX = 16,
    STORE_MS = 500,   /* after the first */
    EARLY_MS = 10000, /* so long is an agent's refusal kept whose login is not made yet */
    LINE_MS = 2000,   /* a line of the broker's log comes within it */
    ALARMS_MS = 5000,
    LOADS_MS = 2500, /* half of what the broker takes to count */
    LOADS_SOON_MS = 1000,
    SLOW = 3,         /* times manager-check-interval: what costs more to look for */
    SILENT_MS = 30000 /* connected for so long without a consumer */
};

enum log_state { LOG_UNKNOWN, LOG_READ, LOG_NOT_READ };

struct pending {
    struct refusal what;
    int64_t n, first_us, last_us; /* when they came */
    bool is_kept_back;            /* it is told later, or not at all */
};
/* Which are let in as they are: the others are summed up. */
struct seen {
    uint64_t key, account;
    bool is_stranger;
};
struct unacked {
    uint64_t tag, epoch;
    int n;
};

struct store_shut;

struct broker_watch {
    const struct registry_setup *setup;
    struct metrics *metrics;
    struct management management;
    struct db *db;
    struct bus *bus; /* NULL: there is no log to read */
    struct sbuf queue;
    struct arena rooms_arena;
    struct room_list rooms; /* in it; of rooms_version */
    uint64_t rooms_version;
    struct pending *pending; /* of PENDING_MAX; NULL: none yet */
    size_t pending_n;
    struct unacked unacked; /* the last delivery whose refusals are not stored yet */
    struct seen seen[SEEN_MAX];
    size_t seen_n;
    int64_t seen_until_us;
    int64_t alarms_at_us, log_at_us, agents_at_us, store_at_us; /* 0: at once; store: never */
    bool has_failed, is_store_failing, has_missed_log;
    struct sbuf failure;
    int64_t silent_ms;
    struct load *load;
    struct arena shut_arena;
    struct store_shut *shut; /* in it, as of the last look */
    size_t shut_n;
    int64_t loads_at_us, look_usual_us; /* usual: 0: not known */
    bool is_load_failing;
    int wake_fd; /* readable: stop */
    atomic_bool is_stopping;
    pthread_t thread;
    pthread_mutex_t lock;
    struct sbuf alarm_list, alarm_text, log_fault; /* under lock */
    struct sbuf accounts_fault, accounts_hint;     /* under lock */
    enum log_state log_state;                      /* under lock, written by the thread */
};

/* --- broker_watch.c --- */
/* A look did not find the log. Told from the second on: a broker that has just started makes the
 * exchange a few seconds late. */
void broker_log_missed(struct broker_watch *w, const char *why);

/* --- load_watch.c --- */
/* When it is time: who gives the broker too much work is shut out, who was for long enough is let
 * in again. */
void loads_look(struct broker_watch *w, bool is_turn_ours);
/* A line of the broker's log (key "info"). */
void loads_note(struct broker_watch *w, const char *line, size_t len);
/* Did we shut this account out? */
bool loads_is_shut(const struct broker_watch *w, const char *account);
void loads_forget(struct broker_watch *w);

/* --- refusals.c --- */
void refusals_follow_rooms(struct broker_watch *w);
/* One that we found out by ourselves. */
void refusals_add(struct broker_watch *w, struct refusal *r);
/* A line of the broker's log. */
void refusals_note(struct broker_watch *w, const char *line, size_t len);
/* Writes what was noted when it is time, and acknowledges it. Agents' logins are made beside their
 * launch, so an agent may be refused before its own is there: that is no refusal, it comes again. One
 * whose login is not made yet is kept back until it is, for EARLY_MS. */
void refusals_store(struct broker_watch *w);
void refusals_forget(struct broker_watch *w);
/* Without the log: from who is connected. */
void refusals_guess(struct broker_watch *w);

#endif
