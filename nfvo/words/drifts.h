/* What may differ between a PoP's listing and the store: one row each. The enum, the words in the
 * columns `kind` and `believed` of table drift, an alarm's faultType and what people are told come from
 * here. The words are stored: never renamed, never given another meaning.
 *
 * severity, type, cause   of its alarm: perceivedSeverity, eventType, probableCause
 * is_healed               by policy (nfvo/lifecycle/reconcile/heal.h)
 * is_down                 its server does not serve: so many of these are an outage
 */
#ifndef NFVO_WORDS_DRIFTS_H
#define NFVO_WORDS_DRIFTS_H

/* Column `weight` from which on it is believed (nfvo/lifecycle/reconcile/judge.h). */
#define DRIFT_BELIEVED 5

/* clang-format off */
/* word, severity, type, cause, is_healed, is_down, text */
#define DRIFTS(X) \
    X(SERVER_GONE,     CRITICAL, EQUIPMENT_ALARM,        "server is not listed by its PoP",                       true,  true,  "the PoP does not list it any more") \
    X(SERVER_REPLACED, CRITICAL, EQUIPMENT_ALARM,        "another server has the name of this one",               false, true,  "the PoP lists another server under its name") \
    X(SERVER_STOPPED,  CRITICAL, EQUIPMENT_ALARM,        "server does not run",                                   true,  true,  "the PoP lists it as not running") \
    X(SERVER_RENAMED,  WARNING,  PROCESSING_ERROR_ALARM, "server was renamed",                                    false, false, "the PoP lists it under another name") \
    X(SERVER_MOVED,    MAJOR,    COMMUNICATIONS_ALARM,   "server has other addresses than its record",            false, false, "the PoP lists it with other addresses") \
    X(NETWORK_GONE,    MAJOR,    COMMUNICATIONS_ALARM,   "network is not listed by its PoP",                      false, false, "the PoP does not list the network any more")
/* clang-format on */

#endif
