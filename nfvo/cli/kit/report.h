/* What a test found: a verdict per rule, with the exchanges that show it. Pure; the writers take any
 * text of a peer.
 *
 * A rule is checked in several places: one failure makes it FAILED, else one success PASSED. What
 * was not checked is SKIPPED with a reason: not applicable, or not reached. */
#ifndef NFVO_CLI_KIT_REPORT_H
#define NFVO_CLI_KIT_REPORT_H

#include "common/base/macros.h"
#include "common/base/sbuf.h"
#include "nfvo/cli/kit/rules.h"

#include <stdint.h>

enum kit_verdict { KIT_SKIPPED, KIT_PASSED, KIT_FAILED };
enum { KIT_FINDINGS_MAX = 8, KIT_SHOWN_MAX = 600 };

struct kit_finding { /* all given to the report; NULL: nothing to show */
    char *what, *sent, *got;
};
struct kit_result {
    enum kit_verdict verdict;
    unsigned passes, failures;
    struct kit_finding findings[KIT_FINDINGS_MAX]; /* the first ones */
    unsigned finding_n;
    char *reason; /* of SKIPPED */
};
struct kit_report {
    enum kit_whose whose;
    char *subject;     /* "VNFM 'web'" */
    char *at;          /* when, for people */
    struct sbuf notes; /* lines: how it was tested */
    struct kit_result rules[KIT_RULE_N];
};

void kit_report_init(struct kit_report *r, enum kit_whose whose, const char *subject,
                     const char *at);
void kit_report_release(struct kit_report *r);
void kit_report_pass(struct kit_report *r, enum kit_rule rule);
/* sent, got: bodies, of which the beginning is kept; NULL: none. Of NUL bytes nothing behind. */
void kit_report_fail(struct kit_report *r, enum kit_rule rule, const char *sent, const char *got,
                     const char *what);
/* The first reason stays. */
void kit_report_skip(struct kit_report *r, enum kit_rule rule, const char *reason);

struct kit_counts {
    unsigned passed, failed, advised, skipped; /* advised: SHOULD rules that are broken */
};
struct kit_counts kit_report_count(const struct kit_report *r);

/* The plan and a line per rule, TAP version 14, without its first line. A broken SHOULD rule is
 * "not ok ... # TODO", which no harness counts as a failure. */
void kit_report_tap(const struct kit_report *r, struct sbuf *out);
/* One HTML file that loads nothing. */
void kit_report_html(const struct kit_report *r, struct sbuf *out);
void kit_report_json(const struct kit_report *r, struct sbuf *out);

#endif
