#include "nfvo/cli/cli.h"

const struct cli_option_row cli_option_rows[CLI_OPT_N] = {
#define X(id, text, letter_, value_, help_) {text, letter_, value_, help_},
    CLI_OPTIONS(X)
#undef X
};
