/* What the store's statements say about phases and kinds of command: each predicate once, in the
 * words of nfvo/words. tests/unit/nfvo/store/test_words.c looks every one up in its table. */
#ifndef NFVO_STORE_WORDS_H
#define NFVO_STORE_WORDS_H

#include "nfvo/words/commands.h"
#include "nfvo/words/drifts.h"
#include "nfvo/words/phases.h"

#define SQL_NSR_IS_SEEN      "phase <> 'TOMBSTONE'" /* by users */
#define SQL_NSR_IS_ACTIVE    "phase = 'ACTIVE'"
#define SQL_NSR_IS_FAILED    "phase = 'FAILED'"
#define SQL_NSR_IS_IN_FLIGHT "phase IN ('DEPLOYING', 'RELEASING')"

#define SQL_VNFR_IS_ACTIVE "phase = 'ACTIVE'"
/* On its way there. */
#define SQL_VNFR_IS_COMING                                                                         \
    "phase IN ('INSTANTIATING', 'GRANTING', 'GRANTED', 'ALLOCATING', 'ALLOCATED', "                \
    "'WAIT_SOURCES', 'MODIFYING', 'WAIT_TURN', 'STARTING')"

/* The wire's status of VNFR v. */
#define SQL_STATUS_OF_(name, status, ...) " WHEN '" #name "' THEN '" #status "'"
#define SQL_VNFR_STATUS                   "CASE v.phase" VNFR_PHASES(SQL_STATUS_OF_) " END"

#define SQL_INSTANCE_IS_UP   "phase = 'UP'"
#define SQL_INSTANCE_IS_LEFT "phase <> 'GONE'" /* its server may be there */
/* Its agent may log in: until its server is being deleted. */
#define SQL_INSTANCE_HAS_AGENT "phase NOT IN ('DELETING', 'GONE')"

#define SQL_POP_IS_SEEN "phase = 'READY'" /* by users: its registration has succeeded */

#define SQL_DRIFT_IS_GONE "believed = 'SERVER_GONE'"
/* Its server is healed, where there is a policy. */
#define SQL_HEALED_(word, severity, type, cause, is_healed, ...) SQL_HEALED_##is_healed(#word)
#define SQL_HEALED_true(word)                                    ", '" word "'"
#define SQL_HEALED_false(word)                                   ""
#define SQL_DRIFT_IS_HEALED                                      "believed IN (''" DRIFTS(SQL_HEALED_) ")"
#define SQL_NUMBER_(n)                                           #n
#define SQL_NUMBER(n)                                            SQL_NUMBER_(n) /* of a constant */

/* Kinds by who is asked: a list of words, each with ", " before it. */
#define SQL_KINDS_OF_VNFM_(name, code, peer, ...) SQL_VNFM_##peer(#name)
#define SQL_VNFM_TO_VNFM(word)                    ", '" word "'"
#define SQL_VNFM_TO_DRIVER(word)                  ""
#define SQL_VNFM_TO_POP(word)                     ""
#define SQL_VNFM_OF_ASKER(word)                   ""
#define SQL_VNFM_TIMER(word)                      ""
#define SQL_KINDS_OF_POP_(name, code, peer, ...)  SQL_POP_##peer(#name)
#define SQL_POP_TO_VNFM(word)                     ""
#define SQL_POP_TO_DRIVER(word)                   ""
#define SQL_POP_TO_POP(word)                      ", '" word "'"
#define SQL_POP_OF_ASKER(word)                    ""
#define SQL_POP_TIMER(word)                       ""
#define SQL_IS_TO_VNFM                            "kind IN (''" COMMAND_KINDS(SQL_KINDS_OF_VNFM_) ")"
#define SQL_IS_TO_POP                             "kind IN (''" COMMAND_KINDS(SQL_KINDS_OF_POP_) ")"

#endif
