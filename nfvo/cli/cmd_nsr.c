#include "common/http/http.h"
#include "common/sys/clock.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/explain.h"
#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/logs.h"
#include "nfvo/cli/operation.h"
#include "nfvo/cli/saved_plan.h"
#include "nfvo/cli/watch.h"
#include "nfvo/cli/words.h"

#include <stdlib.h>
#include <string.h>

#define POLL_QUICK_MS 100 /* at first: a deployment on the test driver takes less than a second */
#define POLL_SLOW_MS  500
#define QUICK_FOR_US  (5 * USEC_PER_SEC)

int cli_cmd_nsr_list(struct cli *c)
{
    return cli_list(c, &cli_nsr);
}

int cli_cmd_nsr_show(struct cli *c)
{
    return cli_show(c, &cli_nsr);
}

#define SAY_LEFT_US    (1 * USEC_PER_SEC)
#define LOGS_EVERY_US  (1 * USEC_PER_SEC)
#define LOGS_AFTER_US  (500 * USEC_PER_MS) /* a step that is over sooner needs no looking into */
#define LOGS_WITHIN_MS 2000                /* the progress must not wait for a VNFM */
#define LOGS_HOSTS_MAX 16
#define HEADING_WIDTH  28

struct wait {
    struct cli *c;
    char name[128], id[64];
    bool is_delete;
    int64_t start_us, deadline_us;
    bool is_away; /* the server did not answer last time */
    struct cli_watch *watch;
    json_t *logs;   /* what the scripts of each host said when last asked */
    json_t *phases; /* of the VNFRs, when last looked at */
    int64_t logs_at_us;
    bool has_no_logs; /* the VNFM cannot tell, or not in time */
};

static const char *noun_of(const struct wait *w)
{
    return w->is_delete ? "deletion" : "deployment";
}

/* true: it is over, with *ret_exit. */
static bool is_over(struct wait *w, const struct cli_answer *a, int *ret_exit)
{
    const char *status = cli_json_str(a->json, "nsr.status");
    *ret_exit = CLI_OK;
    if (a->exit == CLI_UNREACHABLE || a->status >= 500)
        return false; /* it may be starting again: nothing is lost */
    if (a->exit != CLI_OK) {
        *ret_exit = a->exit;
        return true;
    }
    if (!*cli_json_str(a->json, "nsr.id")) { /* gone */
        *ret_exit = w->is_delete ? CLI_OK : CLI_NOT_FOUND;
        return true;
    }
    if (strcmp(status, "ERROR") == 0)
        *ret_exit = CLI_FAULT;
    return !w->is_delete && (strcmp(status, "ACTIVE") == 0 || strcmp(status, "ERROR") == 0);
}

static void note_absence(struct wait *w, const struct cli_answer *a, int64_t now_us)
{
    bool is_away = a->exit == CLI_UNREACHABLE || a->status >= 500;
    if (is_away && !w->is_away)
        cli_watch_say(w->watch, now_us, "", "the server does not answer (%s); waiting for it",
                      a->status ? a->body.s : a->err.msg);
    else if (!is_away && w->is_away)
        cli_watch_say(w->watch, now_us, "", "the server is back");
    w->is_away = is_away;
}

/* --- scripts: their headings are steps of the host ---------------------------------------------
 */

struct heading {
    struct wait *w;
    const char *host;
    int64_t now_us;
    bool has_run; /* one was running when it was asked before */
};

/* "== INSTANTIATE install.sh (2026-11-23 00:10:11, exit 0, 0.3 s)" as "INSTANTIATE install.sh" and
 * "exit 0, 0.3 s". */
static void say_heading(void *arg, const char *text)
{
    const struct heading *h = arg;
    char who[80];
    if (strncmp(text, "== ", 3) != 0)
        return;
    text += 3;
    const char *open = strstr(text, " ("), *comma = open ? strchr(open, ',') : NULL;
    int end = comma ? (int)strcspn(comma + 1, ")") : 0;
    snprintf(who, sizeof(who), "  %s", h->host);
    if (comma) /* one that was not seen running ended some time before */
        cli_watch_say(h->w->watch, h->has_run || strstr(comma, "running") ? h->now_us : -1, who,
                      "%-*.*s %.*s", HEADING_WIDTH, (int)(open - text), text, end, comma + 1);
    else
        cli_watch_say(h->w->watch, h->now_us, who, "%s", text);
}

static bool has_running(const json_t *lines)
{
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        const char *text = json_string_value(line);
        if (text && strncmp(text, "== ", 3) == 0 && strstr(text, ", running)"))
            return true;
    }
    return false;
}

static void ask_host(struct wait *w, const json_t *vnfr, const char *host)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct cli_host h = {w->id, cli_json_str(vnfr, "name"), host};
    const json_t *before = json_object_get(w->logs, host);
    if (cli_ask_logs(w->c, &h, 0, LOGS_WITHIN_MS, &a) != CLI_OK) {
        w->has_no_logs = a.exit != CLI_UNREACHABLE || a.status == 0;
        return;
    }
    struct heading heading = {w, host, clock_mono_us(), has_running(before)};
    if (!before && json_array_size(a.json) == 0 &&
        strcmp(cli_json_str(vnfr, "phase"), "ALLOCATED") == 0)
        say_heading(&heading, "== no script has run yet; the agent is awaited");
    cli_logs_diff(before, a.json, say_heading, &heading);
    json_object_set(w->logs, host, a.json);
}

/* Scripts may be running, or have just ended. */
static bool is_worth_a_look(struct wait *w, const json_t *vnfr, bool is_time, int64_t server_us)
{
    const char *name = cli_json_str(vnfr, "name"), *phase = cli_json_str(vnfr, "phase");
    const char *before = json_string_value(json_object_get(w->phases, name));
    bool has_left = before && strcmp(before, phase) != 0 && cli_runs_scripts(before);
    bool is_in = is_time && cli_runs_scripts(phase) &&
                 server_us - cli_watch_since(w->watch, name) > LOGS_AFTER_US;
    json_object_set_new(w->phases, name, json_string(phase));
    return has_left || is_in;
}

static void look_at_scripts(struct wait *w, const json_t *explain, int64_t now_us)
{
    size_t i, k;
    const json_t *vnfr, *instance;
    int asked = 0;
    int64_t server_us = json_integer_value(json_object_get(explain, "now"));
    bool is_time = now_us - w->logs_at_us >= LOGS_EVERY_US;
    if (is_time)
        w->logs_at_us = now_us;
    json_array_foreach(json_object_get(explain, "vnfrs"), i, vnfr)
    {
        if (!is_worth_a_look(w, vnfr, is_time, server_us))
            continue;
        json_array_foreach(json_object_get(vnfr, "instances"), k, instance)
        {
            if (strcmp(cli_json_str(instance, "phase"), "UP") == 0 && asked++ < LOGS_HOSTS_MAX &&
                !w->has_no_logs)
                ask_host(w, vnfr, cli_json_str(instance, "hostname"));
        }
    }
}

/* --- the end -----------------------------------------------------------------------------------
 */

static int summarize(struct wait *w, const struct cli_answer *a, int exit)
{
    struct cli *c = w->c;
    FILE *to = cli_is_for_people(c) ? c->out : c->errors;
    double took = cli_watch_took(w->watch);
    if (*cli_watch_name(w->watch))
        snprintf(w->name, sizeof(w->name), "%s", cli_watch_name(w->watch));
    if (took < 0)
        took = (double)(clock_mono_us() - w->start_us) / 1e6;
    if (exit == CLI_OK || exit == CLI_FAULT)
        cli_watch_steps(w->watch, c);
    if (exit == CLI_OK && w->is_delete) {
        fprintf(to, "\nnsr '%s' is gone after %.3f s\n", w->name, took);
        fflush(to);
        if (cli_watch_faults(w->watch, c->errors) > 0)
            fprintf(c->errors,
                    "  nsr '%s' was released in spite of that\n"
                    "  next: baton logs %s; baton explain %s\n",
                    w->name, w->id, w->id);
    } else if (exit == CLI_OK) {
        fprintf(to, "\nnsr '%s' is ACTIVE after %.3f s: %zu VNFs, %zu instances (%s)\n", w->name,
                took, cli_count_vnfrs(a->json, NULL), cli_count_instances(a->json), w->id);
    } else if (exit == CLI_NOT_FOUND) {
        fprintf(c->errors, "baton: nsr '%s' was deleted while it was waited for\n", w->name);
    } else if (a->exit != CLI_OK) {
        cli_report(c, a, "wait for the %s of nsr '%s'", noun_of(w), w->name);
    } else {
        char what[200];
        snprintf(what, sizeof(what), "deploy nsr '%s' (%s), %.3f s", w->name, w->id, took);
        fflush(to);
        cli_print_fault(c->errors, what, a->json);
        fprintf(c->errors,
                "  next: baton explain %s; baton logs %s; fix the cause, then baton nsr resume %s "
                "--wait, or baton nsr delete %s --wait\n",
                w->id,
                *cli_json_str(a->json, "fault.host") ? cli_json_str(a->json, "fault.host") : w->id,
                w->id, w->id);
    }
    return exit;
}

static int interrupt(struct wait *w)
{
    w->c->was_interrupted = true;
    cli_watch_end_line(w->watch);
    fprintf(w->c->errors, "baton: the %s of nsr '%s' goes on without being watched\n", noun_of(w),
            w->name);
    fprintf(w->c->errors, "  watch it again: baton nsr wait %s\n", w->id);
    return CLI_TIMEOUT;
}

static int time_out(struct wait *w)
{
    fprintf(w->c->errors, "baton: the %s of nsr '%s' is not done after %.0f s; it goes on\n",
            noun_of(w), w->name, (double)(w->deadline_us - w->start_us) / 1e6);
    fprintf(w->c->errors, "  hint: baton explain %s; go on waiting: baton nsr wait %s\n", w->id,
            w->id);
    return CLI_TIMEOUT;
}

/* The record itself, for the summary and -o json. */
static int conclude(struct wait *w, struct cli_answer *a, int exit)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    if (exit > CLI_FAULT || w->is_delete)
        return summarize(w, a, exit);
    sbuf_addf(&path, "%s/%s", cli_nsr.path, w->id);
    if (cli_request(w->c, "GET", path.s, NULL, a) != CLI_OK)
        return summarize(w, a, a->exit);
    return summarize(w, a, exit);
}

static int follow(struct wait *w, struct cli_answer *a)
{
    int exit;
    for (;;) {
        char query[64];
        snprintf(query, sizeof(query), "limit=1000&after=%lld",
                 (long long)cli_watch_after(w->watch));
        cli_ask_explain(w->c, w->id, query, a);
        int64_t now_us = clock_mono_us();
        if (cli_interrupted(0))
            return interrupt(w);
        note_absence(w, a, now_us);
        if (a->exit == CLI_OK) {
            cli_watch_show(w->watch, a->json, now_us);
            look_at_scripts(w, a->json, now_us);
        }
        if (is_over(w, a, &exit))
            return conclude(w, a, exit);
        if (now_us >= w->deadline_us)
            return time_out(w);
        int pause_ms = now_us - w->start_us < QUICK_FOR_US ? POLL_QUICK_MS : POLL_SLOW_MS;
        int left_ms = clock_left_ms(w->deadline_us);
        if (cli_interrupted(pause_ms < left_ms ? pause_ms : left_ms))
            return interrupt(w);
    }
}

static int wait_for(struct cli *c, const json_t *nsr, bool is_delete, struct cli_answer *a)
{
    struct wait w = {.c = c, .is_delete = is_delete, .start_us = clock_mono_us()};
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    FILE *to = cli_is_for_people(c) ? c->out : c->errors;
    w.deadline_us = w.start_us + timeout_ms * USEC_PER_MS;
    snprintf(w.id, sizeof(w.id), "%s", cli_json_str(nsr, "id"));
    snprintf(w.name, sizeof(w.name), "%s", cli_json_str(nsr, "name"));
    w.logs = json_object();
    w.phases = json_object();
    FILE *raw = to == c->out ? c->raw_out : c->raw_errors;
    w.watch = cli_watch_new(to, raw, is_delete ? "RELEASE" : "DEPLOY", w.start_us);
    c->interrupt_fd = cli_interrupt_fd();
    int exit = follow(&w, a);
    cli_watch_free(w.watch);
    json_decref(w.logs);
    json_decref(w.phases);
    return exit;
}

/* --name goes in behind the first brace: lines of the file stay what they are in its faults. */
static int put_name(struct cli *c, const char *name, struct sbuf *body)
{
    json_t *given = json_loadb(body->s, body->len, 0, NULL), *text = json_string(name);
    bool is_object = json_is_object(given), is_named = json_object_get(given, "name") != NULL;
    bool is_empty = json_object_size(given) == 0;
    json_decref(given);
    if (!text || !*name || !is_object || is_named) {
        json_decref(text);
        return cli_fail(c, CLI_USAGE, NULL, "%s",
                        is_named     ? "the body has a name: leave --name out, or the member"
                        : !is_object ? "the body must be a JSON object"
                                     : "--name takes a name: text in UTF-8");
    }
    AUTO(sbuf_release) struct sbuf named = SBUF_INIT;
    size_t brace = strcspn(body->s, "{") + 1;
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);
    sbuf_add(&named, body->s, brace);
    sbuf_addf(&named, "\"name\":%s%s", quoted, is_empty ? "" : ",");
    sbuf_add(&named, body->s + brace, body->len - brace);
    sbuf_clear(body);
    sbuf_add(body, named.s, named.len);
    free(quoted);
    json_decref(text);
    return CLI_OK;
}

static int read_body(struct cli *c, struct sbuf *body)
{
    int64_t timeout_ms;
    int exit = CLI_OK;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE; /* before anything is deployed */
    if (c->option[CLI_OPT_BODY])
        exit = cli_read_json(c, c->option[CLI_OPT_BODY], body);
    else
        sbuf_adds(body, "{}");
    if (exit == CLI_OK && c->option[CLI_OPT_NAME])
        exit = put_name(c, c->option[CLI_OPT_NAME], body);
    return exit;
}

/* Nothing is deployed. */
static int plan_create(struct cli *c, const char *path, const char *body)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf asked = SBUF_INIT;
    sbuf_addf(&asked, "%s?plan=true", path);
    if (cli_request(c, "POST", asked.s, body, &a) != CLI_OK)
        return cli_report(c, &a, "plan the deployment of the nsd '%s'", c->args[0]);
    const struct cli_saved_plan saved = {"deployment", "POST", path, body, false, a.json};
    int exit = c->option[CLI_OPT_SAVE] ? cli_save_plan(c, c->option[CLI_OPT_SAVE], &saved) : CLI_OK;
    if (exit != CLI_OK)
        return exit;
    if (cli_is_for_people(c))
        cli_show_operation(c, a.json);
    else
        cli_print_json(c, a.json, a.body.s);
    return CLI_OK;
}

int cli_cmd_nsr_create(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer created = CLI_ANSWER_INIT;
    AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
    if (c->option[CLI_OPT_SAVE] && !c->option[CLI_OPT_PLAN])
        return cli_fail(c, CLI_USAGE, NULL, "--save is for a plan: say --plan, too");
    int exit = read_body(c, &body);
    if (exit == CLI_OK)
        exit = cli_resolve(c, "nsd", cli_nsd.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", cli_nsr.path, id.s);
    if (c->option[CLI_OPT_PLAN])
        return plan_create(c, path.s, body.s);
    if (cli_request(c, "POST", path.s, body.s, &created) != CLI_OK)
        return cli_report(c, &created, "deploy the nsd '%s'", c->args[0]);
    if (!c->option[CLI_OPT_WAIT] && cli_is_for_people(c)) {
        fprintf(c->out, "nsr '%s' is being deployed: %s\n", cli_json_str(created.json, "name"),
                cli_json_str(created.json, "id"));
        return CLI_OK;
    }
    if (c->option[CLI_OPT_WAIT])
        exit = wait_for(c, created.json, false, &last);
    if (c->output == CLI_NAME || (c->output == CLI_JSON && !last.json))
        cli_print_object(c, &cli_nsr, &created);
    else if (c->output == CLI_JSON)
        cli_print_object(c, &cli_nsr, &last);
    return exit;
}

/* --- deleting several: the server accepts them at once and begins them one by one ------------- */

static int resolve_all(struct cli *c, json_t *ids)
{
    for (int i = 0; i < c->arg_n; i++) {
        AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
        int exit = cli_resolve(c, "nsr", cli_nsr.path, c->args[i], &id);
        if (exit != CLI_OK)
            return exit;
        json_array_append_new(ids, json_string(id.s));
    }
    return CLI_OK;
}

static void say_left(struct cli *c, size_t gone, size_t n, int64_t *said_us, bool is_last)
{
    int64_t now_us = clock_mono_us();
    if (!is_last && now_us - *said_us < SAY_LEFT_US)
        return;
    *said_us = now_us;
    fprintf(cli_is_for_people(c) ? c->out : c->errors, "%zu of %zu are gone\n", gone, n);
}

/* They go about in the order in which they were asked for: each is waited for in turn. */
static int wait_until_gone(struct cli *c, const json_t *ids, int64_t timeout_ms)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t gone = 0, n = json_array_size(ids);
    int64_t said_us = clock_mono_us(), deadline_us = said_us + timeout_ms * USEC_PER_MS;
    while (gone < n) {
        AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
        const char *id = json_string_value(json_array_get(ids, gone));
        sbuf_addf(&path, "%s/%s", cli_nsr.path, id);
        int exit = cli_request(c, "GET", path.s, NULL, &a);
        say_left(c, gone, n, &said_us, false);
        if (exit == CLI_NOT_FOUND) {
            gone++;
            continue;
        }
        if (exit != CLI_OK && exit != CLI_UNREACHABLE && a.status < 500)
            return cli_report(c, &a, "wait for the deletion of nsr '%s'", id);
        if (clock_mono_us() >= deadline_us) {
            say_left(c, gone, n, &said_us, true);
            fprintf(c->errors,
                    "baton: the deletion is not done; it goes on\n  hint: baton status\n");
            return CLI_TIMEOUT;
        }
        if (cli_interrupted(POLL_SLOW_MS)) {
            c->was_interrupted = true;
            fprintf(c->errors, "baton: the deletion goes on without being watched\n"
                               "  watch it again: baton nsr list --watch\n");
            return CLI_TIMEOUT;
        }
    }
    say_left(c, gone, n, &said_us, true);
    return CLI_OK;
}

static int delete_many(struct cli *c, int64_t timeout_ms)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    json_t *ids = json_array();
    int exit = resolve_all(c, ids);
    if (exit == CLI_OK) {
        char *body = json_dumps(ids, JSON_COMPACT);
        exit = cli_request(c, "POST", "/api/v1/ns-records/multipledelete", body, &a);
        free(body);
        if (exit != CLI_OK)
            exit = cli_report(c, &a, "delete %d network services", c->arg_n);
        else
            fprintf(cli_is_for_people(c) ? c->out : c->errors,
                    "%d network services are being deleted\n", c->arg_n);
    }
    if (exit == CLI_OK && c->option[CLI_OPT_WAIT])
        exit = wait_until_gone(c, ids, timeout_ms);
    json_decref(ids);
    return exit;
}

static int plan_delete(struct cli *c, const char *path)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(sbuf_release) struct sbuf asked = SBUF_INIT;
    sbuf_addf(&asked, "%s?plan=true", path);
    if (cli_request(c, "DELETE", asked.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "plan the deletion of the nsr '%s'", c->args[0]);
    if (cli_is_for_people(c))
        cli_show_operation(c, a.json);
    else
        cli_print_json(c, a.json, a.body.s);
    return CLI_OK;
}

int cli_cmd_nsr_delete(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    if (c->arg_n > 1 && c->option[CLI_OPT_PLAN])
        return cli_fail(c, CLI_USAGE, NULL,
                        "a plan is of one service: baton nsr delete NSR --plan");
    if (c->arg_n > 1)
        return delete_many(c, timeout_ms);
    int exit = cli_resolve(c, "nsr", cli_nsr.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s", cli_nsr.path, id.s);
    if (c->option[CLI_OPT_PLAN])
        return plan_delete(c, path.s);
    if (cli_request(c, "DELETE", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "delete the nsr '%s'", c->args[0]);
    if (!c->option[CLI_OPT_WAIT]) {
        fprintf(cli_is_for_people(c) ? c->out : c->errors, "nsr '%s' is being deleted\n",
                c->args[0]);
        return CLI_OK;
    }
    json_t *nsr = json_pack("{ss ss}", "id", id.s, "name", c->args[0]);
    exit = wait_for(c, nsr, true, &last);
    json_decref(nsr);
    return exit;
}

/* --- nsr wait --------------------------------------------------------------------------------- */

/* What it is on its way to is what is waited for. */
static int wait_for_one(struct cli *c, const char *id, const char *named)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    AUTO(cli_answer_release) struct cli_answer last = CLI_ANSWER_INIT;
    if (cli_ask_explain(c, id, "limit=0", &a) != CLI_OK)
        return cli_report(c, &a, "wait for the nsr '%s'", named);
    const char *phase = cli_json_str(a.json, "nsr.phase");
    bool is_delete = strncmp(phase, "RELEAS", 6) == 0 || strcmp(phase, "DELETED") == 0;
    int exit = wait_for(c, json_object_get(a.json, "nsr"), is_delete, &last);
    if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", id);
    else if (c->output == CLI_JSON && last.json && !is_delete)
        cli_print_object(c, &cli_nsr, &last);
    return exit;
}

int cli_cmd_nsr_wait(struct cli *c)
{
    int64_t timeout_ms;
    int worst = CLI_OK;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    json_t *ids = json_array();
    int exit = resolve_all(c, ids);
    for (size_t i = 0; exit == CLI_OK && i < json_array_size(ids) && !c->was_interrupted; i++) {
        int code = wait_for_one(c, json_string_value(json_array_get(ids, i)), c->args[i]);
        worst = worst == CLI_OK ? code : worst;
    }
    json_decref(ids);
    return exit == CLI_OK ? worst : exit;
}

int cli_cmd_nsr_history(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = cli_resolve(c, "nsr", cli_nsr.path, c->args[0], &id);
    if (exit == CLI_NOT_FOUND)
        fprintf(c->errors, "  hint: one that was released has its id only: baton explain %s\n",
                c->args[0]);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, "%s/%s/history", cli_nsr.path, id.s);
    if (cli_request(c, "GET", path.s, NULL, &a) != CLI_OK)
        return cli_report(c, &a, "show the history of nsr '%s'", c->args[0]);
    if (c->output == CLI_JSON)
        cli_print_json(c, a.json, a.body.s);
    else if (c->output == CLI_NAME)
        fprintf(c->out, "%s\n", id.s);
    else
        cli_show_history(c, a.json);
    return CLI_OK;
}
