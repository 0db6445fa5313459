/* The reconciler: what PoPs list against what the store says.
 *
 * Every reconcile-interval each PoP with servers of ours is asked for its servers (an EV_POP_LIST:
 * one listing serves all who wait), ten times less often one without; at once on demand
 * (store_watch_soon), when its driver came back, and again a moment later while something is not
 * believed yet. What differs (lifecycle/reconcile/judge.h) becomes rows of table drift, and alarms
 * when it is believed; their services are told (EV_NSR_ALARM: history, event). What has a policy is
 * healed by ordinary operations (lifecycle/reconcile/heal.h). Servers that were ours and that no
 * row owns are orphans.
 *
 * A process is one thread; any number of processes share the rows: who takes a PoP has it until a
 * lease ends, and a listing that has come is read by whichever process sees it first. Nothing is in
 * memory but addresses that were right (so that records are read only when a listing changes). */
#ifndef NFVO_RECONCILE_RECONCILER_H
#define NFVO_RECONCILE_RECONCILER_H

#include "common/base/sbuf.h"
#include "common/config/config.h"
#include "common/sys/ids.h"
#include "nfvo/lifecycle/types.h"

struct reconciler; /* opaque */
struct store;

struct reconcile_options {
    int64_t interval_ms, confirm_ms; /* interval 0: no schedule; on demand only */
    int64_t outage_percent, outage_least;
    int64_t heal_per_hour, heal_at_once;
    int64_t heal_pause_ms, heal_settle_ms, heal_outage_ms;
    int64_t collect_after_ms; /* 0: orphans are collected on request only */
    int64_t alarm_keep_ms;
    int64_t of_before_ms; /* pop-check-interval: no effect */
};

/* clang-format off */
#define RECONCILE_CONFIG(S, m) \
    CONFIG_DURATION(S, m.interval_ms, "reconcile-interval", "45s", 0, 86400000, "how often PoPs with servers of services are asked for them, to see what is gone, stopped or changed; what differs is believed after two listings, so within 60 s by default; 0: on demand only (baton pop reconcile POP)"), \
    CONFIG_DURATION(S, m.confirm_ms, "reconcile-confirm", "2s", 100, 600000, "pause before the second listing, where the first one differs"), \
    CONFIG_INT(S, m.outage_percent, "outage-share", "50", 1, 100, NULL, "percent of its servers that a PoP may lack before an outage of the cloud is suspected, so that nothing is healed there"), \
    CONFIG_INT(S, m.outage_least, "outage-servers", "3", 1, 100000, NULL, "and at least so many servers"), \
    CONFIG_DURATION(S, m.heal_outage_ms, "outage-pause", "30m", 0, 86400000, "nothing is healed for so long on a PoP that is suspected of an outage, unless its alarm is acknowledged (baton alarm ack ALARM)"), \
    CONFIG_INT(S, m.heal_per_hour, "heal-per-hour", "3", 1, 60, NULL, "attempts at healing one server within an hour, where baton.heal in the metadata of its VDU or VNFD says instance or vnf"), \
    CONFIG_INT(S, m.heal_at_once, "heal-at-once", "2", 1, 1000, NULL, "servers that are healed at a time on one PoP"), \
    CONFIG_DURATION(S, m.heal_pause_ms, "heal-pause", "2m", 0, 3600000, "pause after the first attempt; doubles with each"), \
    CONFIG_DURATION(S, m.heal_settle_ms, "heal-settle", "60s", 0, 3600000, "listings of a PoP have to be good for so long, also after its driver came back, before anything is healed there"), \
    CONFIG_DURATION(S, m.collect_after_ms, "orphans-collect-after", "0", 0, INT64_C(4233600000), "servers that were launched here and that no service owns are deleted after this time; 0: on request only (baton pop orphans POP --collect)"), \
    CONFIG_DURATION(S, m.alarm_keep_ms, "alarms-keep", "30d", 60000, INT64_C(4233600000), "how long cleared alarms are kept"), \
    CONFIG_DURATION(S, m.of_before_ms, "pop-check-interval", "2m", 0, 86400000, "of before, without effect: reconcile-interval takes its place")
/* clang-format on */

/* What is asked of the engine. None of them blocks. done: exactly once, from any thread; err NULL:
 * accepted. */
struct reconcile_heal { /* borrowed for the call */
    const char *nsr, *vnfr, *instance, *operation, *cause;
    bool is_whole; /* RESTART of the VNF instead of HEAL of the instance */
    bool is_gone;  /* the instance's server is not listed: it cannot be rebuilt, but launched */
};
typedef void reconcile_done_fn(void *arg, const struct err *err);
struct reconcile_engine {
    void *ctx;
    void (*make_id)(void *ctx, char out[ID_SIZE]);                   /* of an operation */
    void (*list)(void *ctx, const char *operation, const char *pop); /* a full one */
    void (*refresh)(void *ctx, const char *pop);                     /* nobody waits for it */
    void (*collect)(void *ctx, const char *pop, const struct proto_strs *servers);
    void (*tell)(void *ctx, const char *nsr, const struct alarm_news *news, reconcile_done_fn *done,
                 void *arg);
    void (*heal)(void *ctx, const struct reconcile_heal *heal, reconcile_done_fn *done, void *arg);
};

struct reconciler_setup { /* borrowed until reconciler_close */
    const struct reconcile_options *options;
    struct store *store;
    struct reconcile_engine engine;
};

MUST_USE enum err_code reconciler_open(struct reconciler **ret,
                                       const struct reconciler_setup *setup, struct err *err);
void reconciler_close(struct reconciler *r); /* NULL is fine */
/* Any thread. Prometheus text, appended. */
void reconciler_metrics(struct reconciler *r, struct sbuf *out);

#endif
