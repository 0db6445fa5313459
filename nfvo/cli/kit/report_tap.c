#include "nfvo/cli/kit/report.h"

#include "common/base/text.h"

/* A description ends at its line, and '#' and '\' are TAP's own. Control characters would be the
 * terminal's. */
static void describe(struct sbuf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '#' || *text == '\\')
            sbuf_addf(out, "\\%c", *text);
        else
            sbuf_addc(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

/* A JSON string is a YAML string, too. */
static void yaml(struct sbuf *out, const char *indent, const char *name, const char *text)
{
    if (!text)
        return;
    sbuf_addf(out, "%s%s: ", indent, name);
    text_add_json(out, text);
    sbuf_addc(out, '\n');
}

static void diagnostics(const struct kit_report *r, int i, struct sbuf *out)
{
    const struct kit_result *result = &r->rules[i];
    sbuf_adds(out, "  ---\n");
    yaml(out, "  ", "operator_sees", kit_rules[i].seen);
    yaml(out, "  ", "severity", kit_rules[i].weight == KIT_MUST ? "fail" : "advice");
    sbuf_addf(out, "  times: %u\n  found:\n", result->failures);
    for (unsigned f = 0; f < result->finding_n; f++) {
        yaml(out, "    - ", "what", result->findings[f].what);
        yaml(out, "      ", "sent", result->findings[f].sent);
        yaml(out, "      ", "got", result->findings[f].got);
    }
    sbuf_adds(out, "  ...\n");
}

void kit_report_tap(const struct kit_report *r, struct sbuf *out)
{
    unsigned n = 0, total = 0;
    for (int i = 0; i < KIT_RULE_N; i++)
        total += (kit_rules[i].whose & r->whose) != 0;
    sbuf_addf(out, "1..%u\n", total);
    for (int i = 0; i < KIT_RULE_N; i++) {
        const struct kit_result *result = &r->rules[i];
        if (!(kit_rules[i].whose & r->whose))
            continue;
        sbuf_addf(out, "%s %u - %s: ", result->verdict == KIT_FAILED ? "not ok" : "ok", ++n,
                  kit_rules[i].word);
        describe(out, kit_rules[i].text);
        if (result->verdict == KIT_SKIPPED) {
            sbuf_adds(out, " # SKIP ");
            describe(out, result->reason ? result->reason : "not reached");
        } else if (result->verdict == KIT_FAILED && kit_rules[i].weight == KIT_SHOULD) {
            sbuf_adds(out, " # TODO advice only");
        }
        sbuf_addc(out, '\n');
        if (result->verdict == KIT_FAILED)
            diagnostics(r, i, out);
    }
}
