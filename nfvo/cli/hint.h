/* Hints of the server name REST calls, since it answers programs, too; people at a terminal get the
 * command that does the same.
 *
 *     baton: deploy: the NSD names no PoP ...
 *       hint: PoPs of this project: baton pop list       (server: "...: GET /api/v1/datacenters")
 *
 * tests/lint/hints: each REST call in a hint of the NFVO has a row here or no command, and each
 * row is used. */
#ifndef NFVO_CLI_HINT_H
#define NFVO_CLI_HINT_H

#include "common/base/sbuf.h"

/* Append hint, with commands for the REST calls that have one; anything else as it is. */
void cli_put_hint(struct sbuf *out, const char *hint);

#endif
