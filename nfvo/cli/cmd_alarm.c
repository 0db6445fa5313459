/* baton alarm, baton pop reconcile|orphans. */
#include "common/base/mem.h"
#include "common/http/http.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/operation.h"
#include "nfvo/cli/table.h"
#include "nfvo/cli/words.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define ALARMS "/api/v1/baton/alarms"

enum { PREFIX_MIN = 4, POLL_MS = 250 };

/* --- alarms ------------------------------------------------------------------------------------ */

static void print_state(const json_t *alarm, struct sbuf *cell)
{
    bool is_acked = strcmp(cli_json_str(alarm, "ackState"), "ACKNOWLEDGED") == 0;
    sbuf_adds(cell, *cli_json_str(alarm, "alarmClearedTime") ? "cleared" : "open");
    if (is_acked)
        sbuf_addf(cell, ", acknowledged by %s", cli_json_str(alarm, "acknowledgedBy"));
}

static void print_details(const json_t *alarm, struct sbuf *cell)
{
    size_t i;
    const json_t *text;
    json_array_foreach(json_object_get(alarm, "faultDetails"), i, text)
        sbuf_addf(cell, "%s%s", i ? "; " : "", json_is_string(text) ? json_string_value(text) : "");
}

static void print_age(const json_t *alarm, struct sbuf *cell)
{
    cli_put_age(cell, clock_wall_us() - cli_operation_time(alarm, "alarmRaisedTime"));
}

static void print_root(const json_t *alarm, struct sbuf *cell)
{
    const json_t *root = json_array_get(json_object_get(alarm, "correlatedAlarmIds"), 0);
    if (json_is_string(root))
        sbuf_addf(cell, "no, it follows from %s", json_string_value(root));
    else
        sbuf_adds(cell, "yes");
}

static const struct cli_column list_columns[] = {
    {.heading = "ID", .path = "id"},
    {.heading = "SEVERITY", .path = "perceivedSeverity"},
    {.heading = "ALARM", .path = "faultType"},
    {.heading = "HOST", .path = "host"},
    {.heading = "NSR", .path = "nsrName"},
    {.heading = "POP", .path = "popName"},
    {.heading = "AGE", .print = print_age, .is_narrow = true},
    {.heading = "RAISED", .path = "alarmRaisedTime", .is_wide = true},
    {.heading = "STATE", .print = print_state},
    {.heading = "WHAT", .print = print_details, .is_wide = true},
    {.heading = "HEALING", .path = "healing", .is_wide = true},
    {0}};

static const struct cli_column page_columns[] = {
    {.heading = "ALARM", .path = "faultType"},
    {.heading = "ID", .path = "id"},
    {.heading = "WHAT", .print = print_details},
    {.heading = "SEVERITY", .path = "perceivedSeverity"},
    {.heading = "STATE", .print = print_state},
    {.heading = "CAUSE", .path = "probableCause"},
    {.heading = "ROOT CAUSE", .print = print_root},
    {.heading = "HEALING", .path = "healing"},
    {.heading = "NSR", .path = "nsrName"},
    {.heading = "HOST", .path = "host"},
    {.heading = "POP", .path = "popName"},
    {.heading = "RESOURCE", .path = "rootCauseFaultyResource.faultyResource.resourceId"},
    {.heading = "RAISED", .path = "alarmRaisedTime"},
    {.heading = "CHANGED", .path = "alarmChangedTime"},
    {.heading = "CLEARED", .path = "alarmClearedTime"},
    {0}};

static const struct cli_kind alarms = {"alarm", ALARMS, list_columns, NULL, true};

int cli_cmd_alarm_list(struct cli *c)
{
    for (int i = 0; i < c->arg_n; i++)
        if (!strchr(c->args[i], '='))
            return cli_fail(c, CLI_USAGE, NULL,
                            "a filter is NAME=VALUE (state=open, severity=critical, nsr=NAME), not "
                            "'%s'",
                            c->args[i]);
    return cli_list(c, &alarms);
}

/* The whole id, or how it begins. */
static int resolve(struct cli *c, const char *wanted, struct sbuf *ret_id)
{
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    size_t i, n = 0;
    json_t *alarm;
    if (id_is_valid(wanted)) {
        sbuf_adds(ret_id, wanted);
        return CLI_OK;
    }
    if (strlen(wanted) < PREFIX_MIN)
        return cli_fail(c, CLI_USAGE, NULL,
                        "an alarm is named by its id, or its first %d characters or more, not '%s'",
                        PREFIX_MIN, wanted);
    if (cli_request(c, "GET", ALARMS "?limit=1000&sort=-created", NULL, &a) != CLI_OK)
        return cli_report(c, &a, "look up the alarm '%s'", wanted);
    json_array_foreach(a.json, i, alarm)
    {
        if (strncmp(cli_json_str(alarm, "id"), wanted, strlen(wanted)) != 0)
            continue;
        n++;
        sbuf_clear(ret_id);
        sbuf_adds(ret_id, cli_json_str(alarm, "id"));
    }
    if (n == 1)
        return CLI_OK;
    int exit = cli_fail(c, n ? CLI_USAGE : CLI_NOT_FOUND, NULL,
                        n ? "several alarms begin with '%s'" : "there is no alarm '%s'", wanted);
    fprintf(c->errors, "  hint: baton alarm list\n");
    return exit;
}

static int show(struct cli *c, const char *method, const char *wanted, const char *body)
{
    static const struct cli_kind page = {"alarm", ALARMS, page_columns, NULL, false};
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int exit = resolve(c, wanted, &id);
    if (exit != CLI_OK)
        return exit;
    sbuf_addf(&path, ALARMS "/%s", id.s);
    if (cli_request(c, method, path.s, body, &a) != CLI_OK)
        return cli_report(c, &a, "%s the alarm '%s'", body ? "acknowledge" : "show", wanted);
    cli_print_object(c, &page, &a);
    return CLI_OK;
}

int cli_cmd_alarm_show(struct cli *c)
{
    return show(c, "GET", c->args[0], NULL);
}

int cli_cmd_alarm_ack(struct cli *c)
{
    int exit = CLI_OK;
    for (int i = 0; exit == CLI_OK && i < c->arg_n; i++)
        exit = show(c, "PATCH", c->args[i], "{\"ackState\":\"ACKNOWLEDGED\"}");
    return exit;
}

/* --- a PoP and the store ------------------------------------------------------------------------ */

static int64_t number(const json_t *object, const char *path)
{
    return json_integer_value(cli_json_at(object, path));
}

static int get_state(struct cli *c, const char *method, const char *id, struct cli_answer *ret)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "/api/v1/baton/pops/%s/reconcile", id);
    if (cli_request(c, method, path.s, NULL, ret) == CLI_OK)
        return CLI_OK;
    return cli_report(c, ret, "reconcile the pop '%s'", c->args[0]);
}

static bool is_unsure(const json_t *state)
{
    size_t i;
    const json_t *d;
    json_array_foreach(json_object_get(state, "drift"), i, d)
    {
        if (!json_is_true(json_object_get(d, "believed")))
            return true;
    }
    return false;
}

static void print_since(const json_t *row, struct sbuf *cell)
{
    char text[CLOCK_TEXT_SIZE];
    clock_text(number(row, "since"), text);
    sbuf_adds(cell, text);
}

static void print_sure(const json_t *row, struct sbuf *cell)
{
    sbuf_adds(cell, json_is_true(json_object_get(row, "believed")) ? "yes" : "not yet");
}

static const struct cli_column drift_columns[] = {{.heading = "DRIFT", .path = "kind"},
                                                  {.heading = "HOST", .path = "host"},
                                                  {.heading = "NSR", .path = "nsr"},
                                                  {.heading = "SINCE", .print = print_since},
                                                  {.heading = "SURE", .print = print_sure},
                                                  {.heading = "DETAIL", .path = "detail"},
                                                  {0}};

static const struct cli_column orphan_columns[] = {{.heading = "ID", .path = "id"},
                                                   {.heading = "HOST", .path = "host"},
                                                   {.heading = "STATUS", .path = "status"},
                                                   {.heading = "MARK", .path = "mark"},
                                                   {.heading = "WAS OF", .path = "nsr"},
                                                   {.heading = "VNF", .path = "vnfr"},
                                                   {.heading = "SINCE", .print = print_since},
                                                   {.heading = "ASKED BY", .path = "askedBy"},
                                                   {0}};

static void say_state(struct cli *c, const json_t *state)
{
    const char *fault = cli_json_str(state, "fault");
    if (*fault)
        fprintf(c->out, "PoP '%s' was not listed: %s\n", cli_json_str(state, "name"), fault);
    fprintf(c->out,
            "PoP '%s' lists %lld servers; %lld of services were compared: %zu differ, %zu "
            "orphans\n",
            cli_json_str(state, "name"), (long long)number(state, "servers"),
            (long long)number(state, "expected"), json_array_size(json_object_get(state, "drift")),
            json_array_size(json_object_get(state, "orphans")));
    if (json_array_size(json_object_get(state, "drift")))
        cli_print_list(c, drift_columns, json_object_get(state, "drift"));
}

/* Until a listing that was asked for after this command, and one more where something is not sure. */
static int await_look(struct cli *c, const char *id, int64_t timeout_ms, struct cli_answer *ret)
{
    int exit = get_state(c, "POST", id, ret);
    int64_t from = exit == CLI_OK ? number(ret->json, "now") : 0, now = from;
    int64_t failures = exit == CLI_OK ? number(ret->json, "failures") : 0;
    while (exit == CLI_OK && now - from < timeout_ms * USEC_PER_MS) {
        poll(NULL, 0, POLL_MS);
        cli_answer_release(ret);
        *ret = (struct cli_answer)CLI_ANSWER_INIT;
        exit = get_state(c, "GET", id, ret);
        if (exit != CLI_OK)
            break;
        now = number(ret->json, "now");
        if (number(ret->json, "failures") > failures + 1)
            return CLI_OK; /* its fault says why */
        if (number(ret->json, "lookedAt") >= from && !is_unsure(ret->json))
            return CLI_OK;
    }
    if (exit == CLI_OK)
        exit = cli_fail(c, CLI_TIMEOUT, NULL, "pop '%s' was not listed in time", c->args[0]);
    return exit;
}

int cli_cmd_pop_reconcile(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    int64_t timeout_ms;
    if (cli_timeout_ms(c, &timeout_ms) != CLI_OK)
        return CLI_USAGE;
    int exit = cli_resolve(c, "pop", cli_pop.path, c->args[0], &id);
    if (exit == CLI_OK)
        exit = await_look(c, id.s, timeout_ms, &a);
    if (exit != CLI_OK)
        return exit;
    if (cli_is_for_people(c))
        say_state(c, a.json);
    else
        cli_print_json(c, a.json, a.body.s);
    return *cli_json_str(a.json, "fault") ? CLI_FAULT : CLI_OK;
}

static int collect(struct cli *c, const char *id)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    json_t *names = json_array();
    for (int i = 1; i < c->arg_n; i++)
        json_array_append_new(names, json_string(c->args[i]));
    char *body = json_dumps(names, JSON_COMPACT);
    json_decref(names);
    sbuf_addf(&path, "/api/v1/baton/pops/%s/collect", id);
    int exit = cli_request(c, "POST", path.s, body, &a);
    free(body);
    if (exit != CLI_OK)
        return cli_report(c, &a, "collect orphans of the pop '%s'", c->args[0]);
    fprintf(c->errors, "their deletion is asked for: baton pop orphans %s says what is left\n",
            c->args[0]);
    return CLI_OK;
}

static void print_orphans(struct cli *c, const json_t *orphans)
{
    size_t i;
    const json_t *one;
    if (c->output == CLI_JSON) {
        AUTO(freep) char *text = json_dumps(orphans, JSON_COMPACT | JSON_ENCODE_ANY);
        cli_print_json(c, orphans, text);
    } else if (c->output == CLI_NAME) {
        json_array_foreach(orphans, i, one) fprintf(c->out, "%s\n", cli_json_str(one, "id"));
    } else if (json_array_size(orphans)) {
        cli_print_list(c, orphan_columns, orphans);
    } else {
        fprintf(c->errors, "none\n");
    }
}

int cli_cmd_pop_orphans(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf id = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    if (c->arg_n > 1 && !c->option[CLI_OPT_COLLECT])
        return cli_fail(c, CLI_USAGE, NULL, "servers are named to be collected: --collect");
    int exit = cli_resolve(c, "pop", cli_pop.path, c->args[0], &id);
    if (exit != CLI_OK)
        return exit;
    if (c->option[CLI_OPT_COLLECT])
        return collect(c, id.s);
    exit = get_state(c, "GET", id.s, &a);
    if (exit != CLI_OK)
        return exit;
    print_orphans(c, json_object_get(a.json, "orphans"));
    return CLI_OK;
}
