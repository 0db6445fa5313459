/* The actions of NFV messages (amqp-protocol.md 3.2): one byte each, their words, and what they
 * mean by direction. ACTIONS_OURS are between our own processes only: or_vnfm.h. */
#ifndef PROTO_MESSAGES_ACTION_H
#define PROTO_MESSAGES_ACTION_H

/* clang-format off */
#define ACTIONS(X)                                                                                 \
    X(GRANT_OPERATION) X(ALLOCATE_RESOURCES) X(SCALE_IN) X(SCALE_OUT) X(SCALING) X(ERROR)          \
    X(RELEASE_RESOURCES) X(INSTANTIATE) X(MODIFY) X(HEAL) X(UPDATEVNFR) X(UPDATE) X(SCALED)        \
    X(RELEASE_RESOURCES_FINISH) X(INSTANTIATE_FINISH) X(CONFIGURE) X(START) X(STOP) X(LOG_REQUEST) \
    X(RESUME) X(EXECUTE)
#define ACTIONS_OURS(X) X(CANCEL)
/* clang-format on */

enum action {
    ACTION_NONE,
#define X(word) ACTION_##word,
    ACTIONS(X) ACTIONS_OURS(X)
#undef X
        ACTION_N
};

const char *action_word(enum action a);     /* "GRANT_OPERATION"; "" for ACTION_NONE */
enum action action_parse(const char *word); /* ACTION_NONE when NULL or unknown */

#endif
