/* What the pages of `baton explain` are made of: fields, and the parts that several pages share. Of
 * each: nothing is printed when there is nothing to tell. vnfr, host: of this one only; NULL: all.
 */
#ifndef NFVO_CLI_EXPLAIN_PARTS_H
#define NFVO_CLI_EXPLAIN_PARTS_H

#include "nfvo/cli/cli.h"

struct page {
    struct cli *c;
    const json_t *all, *hit; /* the answer, and the one thing in it */
    int64_t now_us;
};

#define FURTHER "\n             " /* the next line of a field */

int64_t page_time_of(const json_t *object, const char *member); /* microseconds; 0: none */
const json_t *page_by_id(const json_t *list, const char *id);   /* borrowed; NULL: not there */
/* "LABEL        text"; what comes from the server is made safe for a terminal. */
void page_field(struct page *p, const char *label, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What is waited for, until when; needs: what of it each dependency lacks. */
void page_waits(struct page *p, const char *vnfr, const char *host, const json_t *needs);
void page_operations(struct page *p, const char *vnfr); /* those that have not ended */
/* Which VNFs do not know what their sources have; vnfr: as target or source. */
void page_untold(struct page *p, const char *vnfr);
void page_outbox(struct page *p);   /* messages that could not be sent */
void page_refusals(struct page *p); /* what the broker refuses to whom this concerns */
void page_losses(struct page *p, const char *vnfr, const char *host); /* agents, servers gone */
void page_unreadable(struct page *p);
void page_fault(struct page *p, const json_t *fault);
void page_history(struct page *p, const char *vnfr, const char *host); /* its last lines */
/* Asks the VNFM for what the scripts say; waits 1.5 s for each of four hosts at most. */
void page_scripts(struct page *p, const char *vnfr, const char *host);
/* Since when it is in its phase: the last step that it made. 0: not known. */
int64_t page_phase_since(struct page *p, const char *vnfr, const char *host);
void page_phase(struct page *p, const char *phase, const char *meaning, const char *wire,
                int64_t since);

#endif
