/* In which form a step that failed goes out again: a table of how it failed x what it is x whose
 * peer it is (operations.md 3.1). Pure. */
#ifndef NFVO_LIFECYCLE_OPERATION_RETRY_H
#define NFVO_LIFECYCLE_OPERATION_RETRY_H

#include "nfvo/lifecycle/operation/operation.h"

/* What a person agrees to: that scripts may run a second time. */
enum retry_unknown { UNKNOWN_ASK, UNKNOWN_REPEAT, UNKNOWN_IS_DONE };
struct retry_consent {
    bool repeat;                /* "repeat": true */
    enum retry_unknown unknown; /* "unknown": "repeat" or "done": somebody looked */
};

/* WHOLE: scripts of a whole VNFR, RESUME goes on with them. ONE: of one instance, or on request:
 * RESUME names no instance and would run on all, so foreign peers are not sent it. */
enum retry_group { GROUP_WHOLE, GROUP_ONE, GROUP_SCALE_OUT, GROUP_DRIVER, GROUP_INTERNAL, GROUP_N };
enum retry_group retry_group(const struct plan_step *s);

/* clang-format off */
/* cause, group; ours, java, python, unknown, go. REFUSED: with consent MESSAGE; so is RESUME of a
 * foreign peer, which may answer that it cannot. */
#define RETRY_FORMS(X) \
    X(UNSENT,    WHOLE,     MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(UNSENT,    ONE,       MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(UNSENT,    SCALE_OUT, MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(RESOURCES, WHOLE,     MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(RESOURCES, ONE,       MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(RESOURCES, SCALE_OUT, MESSAGE, MESSAGE, MESSAGE, MESSAGE, MESSAGE) \
    X(SCRIPT,    WHOLE,     RESUME,  RESUME,  RESUME,  RESUME,  REFUSED) \
    X(SCRIPT,    ONE,       RESUME,  REFUSED, REFUSED, REFUSED, REFUSED) \
    X(SCRIPT,    SCALE_OUT, RESUME,  ANEW,    ANEW,    ANEW,    ANEW)    \
    X(OUTCOME,   WHOLE,     SAME,    REFUSED, REFUSED, REFUSED, REFUSED) \
    X(OUTCOME,   ONE,       SAME,    REFUSED, REFUSED, REFUSED, REFUSED) \
    X(OUTCOME,   SCALE_OUT, SAME,    REFUSED, REFUSED, REFUSED, REFUSED)
/* clang-format on */

/* FORM_REFUSED: not without consent. Driver steps: LISTING; internal ones: MESSAGE. */
enum step_form retry_form(const struct plan_step *s, enum sdk sdk,
                          const struct retry_consent *consent);
/* Why it is refused, for people. */
const char *retry_refusal(const struct plan_step *s);

#endif
