#include "nfvo/lifecycle/operation/kinds.h"

#include <string.h>

/* clang-format off */
const struct operation_kind_row operation_kinds[OPERATION_KIND_N] = {
#define X(w, code_, class_, scope_, nsr_, vnfr_, instance_, target_, hold_, rollback_, finish_, task_, done_, sol003_, sol005_, sentence_) \
    [OPERATION_##w] = { .word = #w, .code = code_, .class = CLASS_##class_, .scope = SCOPE_##scope_, \
        .claims = { CLAIM_##nsr_, CLAIM_##vnfr_, CLAIM_##instance_, CLAIM_##target_ }, .hold = HOLD_##hold_, \
        .rollback = ROLLBACK_##rollback_, .finish = ACTION_##finish_, .task = task_, .task_done = done_, \
        .sol003 = sol003_, .sol005 = sol005_, .sentence = sentence_ },
    OPERATION_KINDS(X)
#undef X
};
/* clang-format on */

int operation_kind_parse(const char *word)
{
    for (int k = 0; word && k < OPERATION_KIND_N; k++)
        if (strcmp(operation_kinds[k].word, word) == 0)
            return k;
    return -1;
}

int operation_kind_of_code(int code)
{
    for (int k = 0; k < OPERATION_KIND_N; k++)
        if (operation_kinds[k].code == code)
            return k;
    return -1;
}
