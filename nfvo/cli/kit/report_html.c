#include "nfvo/cli/kit/report.h"

#include "common/base/utf8.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<style>\n"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;"
    "padding:.4rem .6rem;border-bottom:1px solid #ddd}\n"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.5rem;margin:.2rem "
    "0;font-size:13px}\n"
    ".failed{color:#a40000;font-weight:600}.advice{color:#7a4b00;font-weight:600}"
    ".passed{color:#0b6b2e}.skipped{color:#5a5a5a}\n</style>\n";

static void escape(struct sbuf *out, const char *text)
{
    for (size_t len = strlen(text), i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = utf8_char(text + i, len - i, &c);
        if (n == 0 || (utf8_steers(c) && c != '\n' && c != '\t'))
            sbuf_adds(out, "\xef\xbf\xbd");
        else if (c == '&')
            sbuf_adds(out, "&amp;");
        else if (c == '<')
            sbuf_adds(out, "&lt;");
        else if (c == '>')
            sbuf_adds(out, "&gt;");
        else if (c == '"')
            sbuf_adds(out, "&quot;");
        else if (c == '\'')
            sbuf_adds(out, "&#39;");
        else
            sbuf_add(out, text + i, n);
        i += n ? n : 1;
    }
}

static void element(struct sbuf *out, const char *before, const char *text, const char *behind)
{
    if (!text)
        return;
    sbuf_adds(out, before);
    escape(out, text);
    sbuf_adds(out, behind);
}

static void row(const struct kit_report *r, int i, struct sbuf *out)
{
    const struct kit_result *result = &r->rules[i];
    bool is_failed = result->verdict == KIT_FAILED;
    const char *word = !is_failed ? (result->verdict == KIT_PASSED ? "passed" : "skipped")
                       : kit_rules[i].weight == KIT_MUST ? "failed"
                                                         : "advice";
    sbuf_addf(out, "<tr id=\"%s\"><td class=\"%s\">%s</td><td><code>%s</code></td><td>",
              kit_rules[i].word, word, word, kit_rules[i].word);
    element(out, "", kit_rules[i].text, "");
    if (result->verdict == KIT_SKIPPED)
        element(out, "<br><em>", result->reason ? result->reason : "not reached", "</em>");
    if (is_failed)
        element(out, "<br><b>An operator sees:</b> ", kit_rules[i].seen, "");
    for (unsigned f = 0; f < result->finding_n; f++) {
        element(out, "<p>", result->findings[f].what, "</p>");
        element(out, "sent<pre>", result->findings[f].sent, "</pre>");
        element(out, "got<pre>", result->findings[f].got, "</pre>");
    }
    if (result->failures > result->finding_n)
        sbuf_addf(out, "<p>and %u more</p>", result->failures - result->finding_n);
    sbuf_adds(out, "</td></tr>\n");
}

static void rows(const struct kit_report *r, enum kit_verdict verdict, enum kit_weight weight,
                 bool is_any, struct sbuf *out)
{
    for (int i = 0; i < KIT_RULE_N; i++)
        if (kit_rules[i].whose & r->whose && r->rules[i].verdict == verdict &&
            (is_any || kit_rules[i].weight == weight))
            row(r, i, out);
}

void kit_report_html(const struct kit_report *r, struct sbuf *out)
{
    struct kit_counts n = kit_report_count(r);
    sbuf_adds(out, head);
    element(out, "<title>", r->subject, "</title></head><body>\n");
    element(out, "<h1>", r->subject, "</h1>\n");
    element(out, "<p>Tested by the kit of <code>baton</code>, ", r->at, ".</p>\n");
    sbuf_addf(
        out,
        "<p><span class=\"failed\">%u failed</span>, <span class=\"advice\">%u advice</span>, "
        "<span class=\"passed\">%u passed</span>, <span class=\"skipped\">%u skipped</span> "
        "(not applicable, or not reached).</p>\n",
        n.failed, n.advised, n.passed, n.skipped);
    element(out, "<pre>", r->notes.s, "</pre>\n");
    sbuf_adds(out, "<table><thead><tr><th>Verdict</th><th>Rule</th><th>What it says</th></tr>"
                   "</thead><tbody>\n");
    rows(r, KIT_FAILED, KIT_MUST, false, out);
    rows(r, KIT_FAILED, KIT_SHOULD, false, out);
    rows(r, KIT_PASSED, KIT_MUST, true, out);
    rows(r, KIT_SKIPPED, KIT_MUST, true, out);
    sbuf_adds(out, "</tbody></table></body></html>\n");
}
