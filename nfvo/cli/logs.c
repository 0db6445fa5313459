#include "nfvo/cli/logs.h"

#include <string.h>

#include "common/http/http.h"

int cli_ask_logs(struct cli *c, const struct cli_host *h, long lines, int64_t timeout_ms,
                 struct cli_answer *a)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    sbuf_addf(&path, "/api/v1/logs/%s/vnfrecord/", h->nsr);
    http_percent_encode(&path, h->vnfr);
    sbuf_adds(&path, "/hostname/");
    http_percent_encode(&path, h->host);
    if (lines > 0)
        sbuf_addf(&body, "{\"lines\":%ld}", lines);
    else
        sbuf_adds(&body, "{}");
    return cli_request_within(c, timeout_ms, "POST", path.s, body.s, a);
}

/* "== INSTANTIATE install.sh (2026-11-23 00:10:11, exit 0, 0.3 s)": up to the parenthesis it stays
 * the same while the script runs. */
static bool is_same_heading(const char *a, const char *b)
{
    size_t n = strcspn(a, "(");
    return strncmp(a, "== ", 3) == 0 && n == strcspn(b, "(") && strncmp(a, b, n) == 0;
}

static const char *line_at(const json_t *lines, size_t i)
{
    const char *text = json_string_value(json_array_get(lines, i));
    return text ? text : "";
}

void cli_logs_diff(const json_t *before, const json_t *now, cli_log_line_fn *report, void *arg)
{
    size_t old_n = json_array_size(before), n = json_array_size(now), i;
    const char *changed = NULL; /* a heading that says how its script ended: after its output */
    bool is_old = true;
    for (i = 0; i < n; i++) {
        const char *text = line_at(now, i), *was = is_old && i < old_n ? line_at(before, i) : NULL;
        if (changed && strncmp(text, "== ", 3) == 0) {
            report(arg, changed);
            changed = NULL;
        }
        if (was && strcmp(was, text) == 0)
            continue;
        if (was && is_same_heading(was, text)) {
            changed = text;
            continue;
        }
        is_old = false;
        report(arg, text);
    }
    if (changed)
        report(arg, changed);
}
