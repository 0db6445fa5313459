/* What each kind of object looks like: columns of its list, and the page of one. */
#ifndef NFVO_CLI_SHOW_H
#define NFVO_CLI_SHOW_H

#include "nfvo/cli/table.h"

#define CLI_NSR_PATH "/api/v1/ns-records"

extern const struct cli_column cli_pop_columns[], cli_nsd_columns[], cli_nsr_columns[],
    cli_event_columns[], cli_package_columns[];

void cli_show_pop(struct cli *c, const json_t *pop);
void cli_show_nsd(struct cli *c, const json_t *nsd);
void cli_show_package(struct cli *c, const json_t *package);
void cli_show_nsr(struct cli *c, const json_t *nsr);         /* with faults */
void cli_show_history(struct cli *c, const json_t *history); /* [{"at","entry"},...] */

/* "private=10.0.0.3 mgmt=192.168.0.4 (floating 1.2.3.4)" of a VNFC instance. */
void cli_addresses(const json_t *instance, struct sbuf *out);
/* How many, and how many of them are in this status (NULL: all). */
size_t cli_count_vnfrs(const json_t *nsr, const char *status);
size_t cli_count_instances(const json_t *nsr);

#endif
