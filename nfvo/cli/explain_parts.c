#include "nfvo/cli/explain_parts.h"

#include <string.h>

#include "nfvo/cli/common.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/logs.h"
#include "nfvo/cli/open_operations.h"
#include "nfvo/cli/terminal.h"
#include "nfvo/cli/words.h"

#define HISTORY_LINES 10

int64_t page_time_of(const json_t *object, const char *member)
{
    return json_integer_value(json_object_get(object, member));
}

void page_field(struct page *p, const char *label, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    for (char *at = text.s, *next; at; at = next) {
        next = strstr(at, FURTHER);
        if (next)
            *next = '\0';
        cli_put_line(&line, at);
        if (next) {
            sbuf_adds(&line, FURTHER);
            next += strlen(FURTHER);
        }
    }
    fprintf(p->c->out, "%-12s %s\n", label, line.s);
}

const json_t *page_by_id(const json_t *list, const char *id)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (strcmp(cli_json_str(item, "id"), id) == 0) return item;
    return NULL;
}

static void show_wait(struct page *p, const char *label, const json_t *wait, const json_t *needs)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    int64_t opened = page_time_of(wait, "opened"), due = page_time_of(wait, "due");
    cli_put_wait(&text, wait, needs);
    sbuf_adds(&text, FURTHER "since ");
    cli_put_clock(&text, opened, p->now_us);
    sbuf_adds(&text, " (");
    cli_put_span(&text, p->now_us - opened);
    sbuf_adds(&text, "), until ");
    cli_put_clock(&text, due, p->now_us);
    sbuf_adds(&text, due > p->now_us ? " (" : " (overdue by ");
    cli_put_span(&text, due > p->now_us ? due - p->now_us : p->now_us - due);
    sbuf_adds(&text, due > p->now_us ? " left)" : ")");
    sbuf_addf(&text, ", command %s", cli_json_str(wait, "id"));
    page_field(p, label, "%s", text.s);
}

static bool concerns(const json_t *wait, const char *vnfr, const char *host)
{
    if (host && strcmp(cli_json_str(wait, "host"), host) == 0)
        return true;
    return !host && (!vnfr || strcmp(cli_json_str(wait, "vnfr"), vnfr) == 0);
}

void page_waits(struct page *p, const char *vnfr, const char *host, const json_t *needs)
{
    size_t i;
    const json_t *wait;
    const char *label = "WAITS FOR";
    json_t *waits = cli_waits_near_first(json_object_get(p->all, "waits"));
    json_array_foreach(waits, i, wait) if (concerns(wait, vnfr, host))
    {
        show_wait(p, cli_is_limit(wait) ? "LIMIT" : label, wait, needs);
        label = "";
    }
    json_decref(waits);
    if (*label)
        page_field(p, label, "nothing");
}

void page_untold(struct page *p, const char *vnfr)
{
    size_t i;
    const json_t *u;
    const char *label = "NOT TOLD";
    json_array_foreach(json_object_get(p->all, "notTold"), i, u)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (vnfr && strcmp(cli_json_str(u, "target"), vnfr) != 0 &&
            strcmp(cli_json_str(u, "source"), vnfr) != 0)
            continue;
        cli_put_untold(&text, u);
        page_field(p, label, "%s" FURTHER "%s", text.s, cli_json_str(u, "next"));
        label = "";
    }
}

void page_outbox(struct page *p)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(p->all, "outbox"), i, row)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        int64_t attempts = page_time_of(row, "attempts"), until = page_time_of(row, "until");
        sbuf_addf(&text, "a message of %s bytes to '%s', ", cli_json_str(row, "bytes"),
                  cli_json_str(row, "to"));
        if (attempts > 0)
            sbuf_addf(&text, "tried %lld time%s, no consumer took it; again in ",
                      (long long)attempts, attempts == 1 ? "" : "s");
        else
            sbuf_adds(&text, "not confirmed yet; looked at again in ");
        cli_put_span(&text, page_time_of(row, "next") - p->now_us);
        if (until > 0) {
            sbuf_adds(&text, ", at most until ");
            cli_put_clock(&text, until, p->now_us);
        }
        if (json_is_true(json_object_get(row, "maybeSent")))
            sbuf_adds(&text, "; it may have left already");
        page_field(p, i ? "" : "OUTBOX", "%s", text.s);
    }
}

/* What the broker refused to those that this is about. */
void page_refusals(struct page *p)
{
    size_t i;
    const json_t *r;
    json_array_foreach(json_object_get(p->all, "refusals"), i, r)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        cli_put_refusal(&text, r, p->now_us);
        const char *hint = cli_json_str(r, "hint");
        page_field(p, i ? "" : "REFUSED", "%s%s%s", text.s, *hint ? FURTHER : "", hint);
    }
}

static bool show_gone(struct page *p, const json_t *instance, const char *member, const char *label,
                      const char *text)
{
    AUTO(sbuf_release) struct sbuf since = SBUF_INIT;
    int64_t at = page_time_of(instance, member);
    if (!at)
        return false;
    cli_put_clock(&since, at, p->now_us);
    sbuf_adds(&since, " (");
    cli_put_span(&since, p->now_us - at);
    sbuf_addc(&since, ')');
    page_field(p, label, "%s %s since %s", cli_json_str(instance, "hostname"), text, since.s);
    return true;
}

/* Scripts have nowhere to run: it is replaced, the new one first, since one at least stays. */
static void hint_replaced(struct page *p, const json_t *vnfr, const json_t *instance)
{
    const char *nsr = cli_json_str(p->all, "nsr.name");
    page_field(p, "", "replace it: baton nsr scale-out %s %s; baton nsr scale-in %s %s", nsr,
               cli_json_str(vnfr, "name"), nsr, cli_json_str(instance, "hostname"));
}

/* Its PoP lists it otherwise than it is recorded. */
static bool show_drift(struct page *p, const json_t *instance, const char *label)
{
    AUTO(sbuf_release) struct sbuf since = SBUF_INIT;
    const char *text = cli_json_str(instance, "drift.text");
    if (!*text)
        return false;
    cli_put_clock(&since, json_integer_value(cli_json_at(instance, "drift.since")), p->now_us);
    page_field(p, label, "%s, since %s (baton alarm show %.8s)", text, since.s,
               cli_json_str(instance, "drift.alarm"));
    return true;
}

/* Servers that are not there any more, and agents. vnfr and host NULL: of all. */
void page_losses(struct page *p, const char *vnfr, const char *host)
{
    size_t i, k;
    const json_t *v, *instance;
    const char *label = "LOST";
    json_array_foreach(json_object_get(p->all, "vnfrs"), i, v)
    {
        if (vnfr && strcmp(cli_json_str(v, "name"), vnfr) != 0)
            continue;
        json_array_foreach(json_object_get(v, "instances"), k, instance)
        {
            if (host && strcmp(cli_json_str(instance, "hostname"), host) != 0)
                continue;
            if (show_gone(p, instance, "serverGone", label, "is not listed by its PoP any more,")) {
                hint_replaced(p, v, instance);
                label = "";
            } else if (show_drift(p, instance, label)) {
                label = "";
            }
            if (*cli_json_str(instance, "drift.healing"))
                page_field(p, "", "%s", cli_json_str(instance, "drift.healing"));
            if (show_gone(p, instance, "agentGone", label, "has an agent that is not connected")) {
                if (!page_time_of(instance, "serverGone"))
                    page_field(p, "", "start it, or rebuild the servers: baton nsr restart %s %s",
                               cli_json_str(p->all, "nsr.name"), cli_json_str(v, "name"));
                label = "";
            }
        }
    }
}

void page_unreadable(struct page *p)
{
    size_t i;
    const json_t *doc;
    json_array_foreach(json_object_get(p->all, "unreadable"), i, doc)
    {
        AUTO(sbuf_release) struct sbuf since = SBUF_INIT;
        cli_put_clock(&since, page_time_of(doc, "found"), p->now_us);
        page_field(p, i ? "" : "UNREADABLE", "%s; since %s", cli_json_str(doc, "message"), since.s);
        page_field(
            p, "",
            "what needs it is refused; its text is kept in the database's table '%s': repair it "
            "there, or restore it from a backup",
            cli_json_str(doc, "kind"));
    }
}

void page_operations(struct page *p, const char *vnfr)
{
    size_t i, n = 0;
    const json_t *op;
    json_array_foreach(json_object_get(p->all, "openOperations"), i, op)
    {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (!cli_is_open_of(op, vnfr) || n++ >= OPEN_OPERATIONS_SHOWN)
            continue;
        cli_put_open_what(&text, op, p->now_us);
        sbuf_adds(&text, FURTHER);
        cli_put_open_state(&text, op, p->now_us);
        cli_put_open_next(&text, op, FURTHER "possible: ");
        page_field(p, n == 1 ? "OPERATION" : "", "%s", text.s);
    }
    if (n > OPEN_OPERATIONS_SHOWN)
        page_field(p, "", "and %zu more: baton op list %s state=open", n - OPEN_OPERATIONS_SHOWN,
                   cli_json_str(p->all, "nsr.id"));
}

void page_fault(struct page *p, const json_t *fault)
{
    if (!json_is_object(fault))
        return;
    fputc('\n', p->c->out);
    cli_print_fault_below(p->c->out, fault);
}

void cli_put_history(struct sbuf *out, const json_t *entry)
{
    const char *event = cli_json_str(entry, "event"), *from = cli_json_str(entry, "from"),
               *text = cli_json_str(entry, "text");
    bool is_step = strcmp(event, "STEP") == 0;
    if (is_step || strcmp(event, "SERVER") == 0)
        sbuf_addf(out, "%s%s%s", from, *from ? " -> " : "", cli_json_str(entry, "to"));
    else
        sbuf_adds(out, event);
    if (*text && !is_step)
        sbuf_addf(out, "  %s", text);
    if (*cli_json_str(entry, "fault.message"))
        sbuf_addf(out, "  %s", cli_json_str(entry, "fault.message"));
}

static bool is_entry_of(const json_t *entry, const char *vnfr, const char *host)
{
    if (host)
        return strcmp(cli_json_str(entry, "host"), host) == 0;
    return !vnfr || strcmp(cli_json_str(entry, "vnfr"), vnfr) == 0;
}

void page_history(struct page *p, const char *vnfr, const char *host)
{
    const json_t *list = json_object_get(p->all, "history");
    size_t n = json_array_size(list), shown = 0, first = n;
    while (first > 0 && shown < HISTORY_LINES)
        shown += is_entry_of(json_object_get(json_array_get(list, --first), "entry"), vnfr, host);
    if (shown == 0)
        return;
    if (vnfr || host)
        fputs("\nLAST\n", p->c->out);
    else
        fprintf(p->c->out, "\nLAST (all: baton nsr history %s)\n", cli_json_str(p->hit, "id"));
    for (; first < n; first++) {
        const json_t *row = json_array_get(list, first), *entry = json_object_get(row, "entry");
        AUTO(sbuf_release) struct sbuf at = SBUF_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        if (!is_entry_of(entry, vnfr, host))
            continue;
        const char *who = cli_json_str(entry, "host");
        cli_put_clock(&at, page_time_of(row, "at"), p->now_us);
        AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
        cli_put_history(&text, entry);
        cli_put_line(&line, text.s);
        fprintf(p->c->out, "  %s.%03d  %-20s  %s\n", at.s,
                (int)(page_time_of(row, "at") / 1000 % 1000),
                *who ? who : cli_json_str(entry, "vnfr"), line.s);
    }
}

/* --- scripts: the VNFM tells; only while they may run, and not for long -------------------------
 */

#define LOGS_WITHIN_MS 1500
#define LOGS_HOSTS_MAX 4

static void keep_heading(void *arg, const char *text)
{
    struct sbuf *last = arg;
    if (strncmp(text, "== ", 3) != 0)
        return;
    sbuf_clear(last);
    sbuf_adds(last, text + 3);
}

static bool show_scripts_of(struct page *p, const json_t *vnfr, const char *host, const char *label)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf last = SBUF_INIT;
    struct cli_host h = {cli_json_str(p->all, "nsr.id"), cli_json_str(vnfr, "name"), host};
    if (cli_ask_logs(p->c, &h, 0, LOGS_WITHIN_MS, &a) != CLI_OK)
        return false;
    cli_logs_diff(NULL, a.json, keep_heading, &last);
    page_field(p, label, "%s: %s", host,
               last.len ? last.s : "none has run yet; its agent is awaited");
    return true;
}

void page_scripts(struct page *p, const char *vnfr, const char *host)
{
    size_t i, k;
    const json_t *v, *instance;
    int n = 0;
    json_array_foreach(json_object_get(p->all, "vnfrs"), i, v)
    {
        if ((vnfr && strcmp(cli_json_str(v, "name"), vnfr) != 0) ||
            !cli_runs_scripts(cli_json_str(v, "phase")))
            continue;
        json_array_foreach(json_object_get(v, "instances"), k, instance)
        {
            const char *name = cli_json_str(instance, "hostname");
            if ((host && strcmp(name, host) != 0) || n >= LOGS_HOSTS_MAX ||
                strcmp(cli_json_str(instance, "phase"), "UP") != 0)
                continue;
            if (!show_scripts_of(p, v, name, n++ ? "" : "SCRIPTS"))
                return;
        }
    }
}

int64_t page_phase_since(struct page *p, const char *vnfr, const char *host)
{
    const json_t *list = json_object_get(p->all, "history");
    for (size_t i = json_array_size(list); i > 0; i--) {
        const json_t *row = json_array_get(list, i - 1), *entry = json_object_get(row, "entry");
        if (strcmp(cli_json_str(entry, "event"), host ? "SERVER" : "STEP") == 0 &&
            is_entry_of(entry, vnfr, host))
            return page_time_of(row, "at");
    }
    return 0;
}

void page_phase(struct page *p, const char *phase, const char *meaning, const char *wire,
                int64_t since)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    sbuf_adds(&text, phase);
    if (since) {
        sbuf_adds(&text, " since ");
        cli_put_clock(&text, since, p->now_us);
        sbuf_adds(&text, " (");
        cli_put_span(&text, p->now_us - since);
        sbuf_addc(&text, ')');
    }
    if (*meaning)
        sbuf_addf(&text, ": %s", meaning);
    page_field(p, "PHASE", "%s", text.s);
    const char *status = wire && strcmp(phase, "ACTIVE") == 0 ? cli_vnfr_status_meaning(wire) : "";
    if (wire && *wire && strcmp(wire, phase) != 0)
        page_field(p, "STATUS", "%s%s%s (what other clients see)", wire, *status ? ": " : "",
                   status);
}
