/* A plan in a file, with the request that it was made for: baton nsr ... --plan --save FILE, and
 * baton op apply FILE. */
#ifndef NFVO_CLI_SAVED_PLAN_H
#define NFVO_CLI_SAVED_PLAN_H

#include "nfvo/cli/cli.h"

struct cli_saved_plan {
    const char *word, *method, *path, *body; /* "heal"; of the call without ?plan */
    bool is_text;                            /* the body is no JSON */
    const json_t *plan;
};
/* 0600: a body may hold values that are secret. Prints what failed. */
int cli_save_plan(struct cli *c, const char *file, const struct cli_saved_plan *saved);

#endif
