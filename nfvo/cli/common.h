/* Commands that are the same for all kinds of objects. what: "list the PoPs", for messages. */
#ifndef NFVO_CLI_COMMON_H
#define NFVO_CLI_COMMON_H

#include "nfvo/cli/rest.h"
#include "nfvo/cli/show.h"

struct cli_kind {
    const char *name; /* "nsr" */
    const char *path; /* "/api/v1/ns-records" */
    const struct cli_column *columns;
    void (*show)(struct cli *c, const json_t *object);
    bool has_short_ids; /* commands take them, so lists may show them */
};
extern const struct cli_kind cli_pop, cli_nsd, cli_nsr, cli_event, cli_package;

/* A line from the terminal, unseen, without its end. Appended. The caller wipes it. */
void cli_ask_secret(struct cli *c, const char *prompt, struct sbuf *secret);
/* In pages; --limit, --name, --status and --sort where the command takes them, and arguments
 * NAME=VALUE as further filters (list.c). */
int cli_list(struct cli *c, const struct cli_kind *kind);
int cli_show(struct cli *c, const struct cli_kind *kind);
int cli_create(struct cli *c, const struct cli_kind *kind, const char *path, const char *body);
int cli_delete(struct cli *c, const struct cli_kind *kind);
/* One object as asked for by -o. */
void cli_print_object(struct cli *c, const struct cli_kind *kind, const struct cli_answer *a);

#endif
