/* What the server's words mean, in sentences: phases, waits, times. All of it is appended. */
#ifndef NFVO_CLI_WORDS_H
#define NFVO_CLI_WORDS_H

#include "nfvo/cli/cli.h"

/* "asked its VNFM to instantiate it"; "" for a phase that is not known here. */
const char *cli_vnfr_meaning(const char *phase);
const char *cli_nsr_meaning(const char *phase);
/* Of one whose phase is ACTIVE: what its status on the wire says beside that; "" where it says no more. */
const char *cli_vnfr_status_meaning(const char *status);
bool cli_runs_scripts(const char *phase); /* of a VNFR: scripts may run on its servers */
const char *cli_instance_meaning(const char *phase);

/* Times are microseconds since the epoch. "12:03:10", with the date when it is not that of now_us.
 */
void cli_put_clock(struct sbuf *out, int64_t at_us, int64_t now_us);
/* "45s", "12m", "5h", "12d": how old; for columns. */
void cli_put_age(struct sbuf *out, int64_t us);
/* "0.2 s", "41 s", "6 min", "3 h", "2 d"; never negative. */
void cli_put_span(struct sbuf *out, int64_t us);

/* One row of explain's `waits`: "VNFM 'generic' to answer INSTANTIATE of server". needs: names of
 * the VNFs that a TIMER_SOURCES waits for, or NULL. */
void cli_put_wait(struct sbuf *out, const json_t *wait, const json_t *needs);
/* A limit and not a wait for somebody: it only says when patience ends. */
bool cli_is_limit(const json_t *wait);
/* What the others wait for first (drivers, PoPs, then VNFMs, then turns), those alike as they came;
 * limits last. A new array. */
json_t *cli_waits_near_first(const json_t *waits);
/* The one to show when there is room for one only, of this VNFR (its name; NULL: of all). A
 * server's launch says more than the INSTANTIATE around it. Borrowed; NULL: none. */
const json_t *cli_main_wait(const json_t *waits, const char *vnfr);

/* One row of explain's `notTold`: "client does not have what web has now: port, instance web-3". */
void cli_put_untold(struct sbuf *out, const json_t *untold);
/* "account 'x' (agent of web-1) was refused write on exchange 'y', 3 times, the last 5.0 s ago":
 * without what to do, which is its member "hint". */
void cli_put_refusal(struct sbuf *out, const json_t *refusal, int64_t now_us);

#endif
