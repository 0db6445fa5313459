/* What the SDKs of VNFMs answer to each step, and what an answer means. A table read off their
 * sources (operations.md 2.2); no handler asks which SDK a peer has. Pure.
 *
 * An answer is judged by the step that its command belongs to, never by its own nsrId, record id or
 * vnfcInstance: some SDKs send another service's, or an old copy. */
#ifndef NFVO_LIFECYCLE_OPERATION_ANSWERS_H
#define NFVO_LIFECYCLE_OPERATION_ANSWERS_H

#include "nfvo/lifecycle/operation/step_kinds.h"

#include <stdbool.h>

/* C: ours. UNKNOWN: a foreign peer whose SDK nobody told (`baton manager enrol --sdk`). */
#define SDKS(X) X(UNKNOWN, "") X(C, "c") X(JAVA, "java") X(PYTHON, "python") X(GO, "go")
enum sdk {
#define X(name, word) SDK_##name,
    SDKS(X)
#undef X
        SDK_N
};
const char *sdk_word(enum sdk sdk);
enum sdk sdk_parse(const char *word); /* SDK_UNKNOWN when NULL or unknown */

/* SAYS: the step's own action. NULL: acknowledges with `null`. SILENT: nothing at all when it went
 * well. HOLLOW: says so, but no script ran. UPDATES: answers UPDATE, and no script ran.
 * UNBUILT: `null`, since the SDK does not know the action.
 *
 * Not in the table: SCALE_OUT whose SCALING was refused. C answers ERROR, JAVA and GO `null`, PYTHON
 * nothing at all (tests/interop/answers.py): who refused knows that the step has failed, and must
 * not wait for the answer. */
enum sdk_manner { SDK_SAYS, SDK_NULL, SDK_SILENT, SDK_HOLLOW, SDK_UPDATES, SDK_UNBUILT };

/* clang-format off */
/* step, action of its answer, what `null` means; the manner of UNKNOWN, C, JAVA, PYTHON, GO */
#define STEP_ANSWERS(X) \
    X(INSTANTIATE,   INSTANTIATE,       FAULT, SAYS,   SAYS, SAYS, SAYS,   SAYS)    \
    X(REINSTANTIATE, INSTANTIATE,       FAULT, SAYS,   SAYS, SAYS, HOLLOW, UPDATES) \
    X(MODIFY,        MODIFY,            FAULT, SAYS,   SAYS, SAYS, SAYS,   SAYS)    \
    X(START,         START,             FAULT, SAYS,   SAYS, SAYS, SAYS,   SAYS)    \
    X(STOP,          STOP,              FAULT, SAYS,   SAYS, SAYS, SAYS,   SAYS)    \
    X(SCALE_OUT,     SCALED,            FAULT, SAYS,   SAYS, SAYS, SAYS,   SAYS)    \
    X(SCALE_IN,      SCALE_IN,          DONE,  SILENT, NULL, NULL, SILENT, NULL)    \
    X(HEAL,          HEAL,              FAULT, SAYS,   SAYS, SAYS, SAYS,   UNBUILT) \
    X(UPDATE_SCRIPT, UPDATE,            NOTE,  SILENT, SAYS, SAYS, SILENT, UNBUILT) \
    X(UPDATE,        UPDATE,            NOTE,  SILENT, SAYS, SAYS, SILENT, UNBUILT) \
    X(EXECUTE,       EXECUTE,           NOTE,  SILENT, SAYS, SAYS, SILENT, NULL)    \
    X(TERMINATE,     RELEASE_RESOURCES, DONE,  SAYS,   SAYS, SAYS, SAYS,   SAYS)
/* clang-format on */

enum null_means { NULL_FAULT, NULL_DONE, NULL_NOTE /* DONE, "acknowledged without a result" */ };
struct step_answers_row {
    enum action action;   /* ACTION_NONE: the step is not one of VNFMs */
    enum null_means null; /* of peers that do not say so by their manner */
    enum sdk_manner manner[SDK_N];
};
extern const struct step_answers_row step_answers_rows[STEP_KIND_N];

/* REQUIRED or OPTIONAL for what the table of kinds leaves to the SDK; else that table's word.
 * OPTIONAL: done at the broker's confirm and a short grace; the command stays open until the
 * deadline, so that a later ERROR is noted. */
enum step_answers step_answers_of(enum step_kind kind, enum sdk sdk);

enum reply_shape {
    REPLY_ACTION, /* a message with an action that is not ERROR */
    REPLY_NULL,
    REPLY_ERROR,
    REPLY_UNREADABLE
};
struct verdict {
    bool is_ok;
    bool
        ran_nothing; /* taken as done, but no script ran: what follows on the VNFR may be useless */
    const char *note; /* for people, a constant; NULL: nothing to say */
};
/* is_resume: the request was RESUME, whose answer names the step's action, or RESUME (Python). */
struct verdict answer_judge(enum step_kind kind, bool is_resume, enum sdk sdk,
                            enum reply_shape shape, enum action action);

/* Why a peer of that SDK cannot do a step, for plans and refusals; NULL: it can. A warning where it
 * takes it without an effect (*ret_refuse false). */
const char *sdk_cannot(enum step_kind kind, enum sdk sdk, bool *ret_refuse);

#endif
