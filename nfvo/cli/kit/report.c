#include "nfvo/cli/kit/report.h"

#include "common/base/mem.h"
#include "common/base/text.h"

#include <stdlib.h>

void kit_report_init(struct kit_report *r, enum kit_whose whose, const char *subject,
                     const char *at)
{
    *r = (struct kit_report){
        .whose = whose, .subject = xstrdup(subject), .at = xstrdup(at), .notes = SBUF_INIT};
}

void kit_report_release(struct kit_report *r)
{
    for (int i = 0; i < KIT_RULE_N; i++) {
        for (unsigned f = 0; f < r->rules[i].finding_n; f++) {
            free(r->rules[i].findings[f].what);
            free(r->rules[i].findings[f].sent);
            free(r->rules[i].findings[f].got);
        }
        free(r->rules[i].reason);
    }
    free(r->subject);
    free(r->at);
    sbuf_release(&r->notes);
}

void kit_report_pass(struct kit_report *r, enum kit_rule rule)
{
    struct kit_result *result = &r->rules[rule];
    result->passes++;
    if (result->verdict == KIT_SKIPPED)
        result->verdict = KIT_PASSED;
}

/* Not in the middle of a character. */
static char *beginning(const char *text)
{
    if (!text)
        return NULL;
    size_t len = strnlen(text, KIT_SHOWN_MAX + 1);
    if (len <= KIT_SHOWN_MAX)
        return xstrdup(text);
    len = KIT_SHOWN_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    struct sbuf cut = SBUF_INIT;
    sbuf_add(&cut, text, len);
    sbuf_adds(&cut, " ...");
    return sbuf_take(&cut);
}

void kit_report_fail(struct kit_report *r, enum kit_rule rule, const char *sent, const char *got,
                     const char *what)
{
    struct kit_result *result = &r->rules[rule];
    result->verdict = KIT_FAILED;
    result->failures++;
    if (result->finding_n == KIT_FINDINGS_MAX)
        return;
    result->findings[result->finding_n++] =
        (struct kit_finding){xstrdup(what), beginning(sent), beginning(got)};
}

void kit_report_skip(struct kit_report *r, enum kit_rule rule, const char *reason)
{
    if (!r->rules[rule].reason)
        r->rules[rule].reason = xstrdup(reason);
}

struct kit_counts kit_report_count(const struct kit_report *r)
{
    struct kit_counts n = {0};
    for (int i = 0; i < KIT_RULE_N; i++) {
        if (!(kit_rules[i].whose & r->whose))
            continue;
        enum kit_verdict v = r->rules[i].verdict;
        if (v == KIT_SKIPPED)
            n.skipped++;
        else if (v == KIT_PASSED)
            n.passed++;
        else if (kit_rules[i].weight == KIT_MUST)
            n.failed++;
        else
            n.advised++;
    }
    return n;
}

static void json_finding(const struct kit_finding *f, struct sbuf *out)
{
    sbuf_adds(out, "{\"what\":");
    text_add_json(out, f->what);
    if (f->sent) {
        sbuf_adds(out, ",\"sent\":");
        text_add_json(out, f->sent);
    }
    if (f->got) {
        sbuf_adds(out, ",\"got\":");
        text_add_json(out, f->got);
    }
    sbuf_addc(out, '}');
}

static void json_rule(const struct kit_report *r, int i, struct sbuf *out)
{
    static const char *const words[] = {"skipped", "passed", "failed"};
    const struct kit_result *result = &r->rules[i];
    sbuf_addf(out,
              "{\"rule\":\"%s\",\"weight\":\"%s\",\"verdict\":\"%s\",\"text\":", kit_rules[i].word,
              kit_rules[i].weight == KIT_MUST ? "must" : "should", words[result->verdict]);
    text_add_json(out, kit_rules[i].text);
    sbuf_adds(out, ",\"operatorSees\":");
    text_add_json(out, kit_rules[i].seen);
    if (result->verdict == KIT_SKIPPED && result->reason) {
        sbuf_adds(out, ",\"reason\":");
        text_add_json(out, result->reason);
    }
    sbuf_adds(out, ",\"findings\":[");
    for (unsigned f = 0; f < result->finding_n; f++) {
        sbuf_adds(out, f ? "," : "");
        json_finding(&result->findings[f], out);
    }
    sbuf_adds(out, "]}");
}

void kit_report_json(const struct kit_report *r, struct sbuf *out)
{
    struct kit_counts n = kit_report_count(r);
    const char *before = "";
    sbuf_adds(out, "{\"subject\":");
    text_add_json(out, r->subject);
    sbuf_adds(out, ",\"at\":");
    text_add_json(out, r->at);
    sbuf_addf(out, ",\"passed\":%u,\"failed\":%u,\"advised\":%u,\"skipped\":%u,\"rules\":[",
              n.passed, n.failed, n.advised, n.skipped);
    for (int i = 0; i < KIT_RULE_N; i++)
        if (kit_rules[i].whose & r->whose) {
            sbuf_adds(out, before);
            json_rule(r, i, out);
            before = ",";
        }
    sbuf_adds(out, "]}\n");
}
