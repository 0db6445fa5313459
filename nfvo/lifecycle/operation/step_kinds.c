#include "nfvo/lifecycle/operation/step_kinds.h"

#include <string.h>

/* clang-format off */
const struct step_kind_row step_kinds[STEP_KIND_N] = {
#define X(w, code_, peer_, takes_, action_, option_, seconds_, ours_, foreign_, answers_, undo_, effect_, instance_, event_, sentence_) \
    [STEP_##w] = { .word = #w, .code = code_, .peer = PEER_##peer_, .takes = TAKES_##takes_, .action = ACTION_##action_, \
        .deadline = option_, .deadline_us = (seconds_) * USEC_PER_SEC, .again_ours = SEND_##ours_, \
        .again_foreign = SEND_##foreign_, .answers = ANSWERS_##answers_, .undo = UNDO_##undo_, .effect = EFFECT_##effect_, \
        .effect_instance = EFFECT_##instance_, .event = ACTION_##event_, .sentence = sentence_ },
    STEP_KINDS(X)
#undef X
};

const struct step_undo_row step_undos[STEP_UNDO_N] = {
#define X(w, first, second, third, sentence_) \
    [UNDO_##w] = { .word = #w, .stages = { STEP_##first, STEP_##second, STEP_##third }, .sentence = sentence_ },
    STEP_UNDOS(X)
#undef X
};
/* clang-format on */

int step_kind_parse(const char *word)
{
    for (int k = 0; word && k < STEP_KIND_N; k++)
        if (strcmp(step_kinds[k].word, word) == 0)
            return k;
    return -1;
}

int step_kind_of_code(int code)
{
    for (int k = 0; k < STEP_KIND_N; k++)
        if (step_kinds[k].code == code)
            return k;
    return -1;
}

int step_undo_parse(const char *word)
{
    for (int k = 0; word && k < STEP_UNDO_N; k++)
        if (strcmp(step_undos[k].word, word) == 0)
            return k;
    return -1;
}
