#include "nfvo/cli/kit/rules.h"

const struct kit_rule_row kit_rules[KIT_RULE_N] = {
#define X(name, word, whose, weight, text, seen) {word, KIT_##whose, KIT_##weight, text, seen},
    KIT_RULES(X)
#undef X
};
