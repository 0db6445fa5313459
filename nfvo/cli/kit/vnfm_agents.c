/* Of a VNFM whose servers have agents: the scripts of a VNF's life, one that fails, an agent that
 * comes back, one that is silent. Every step is one that the agents of agents.h played. */
#include "nfvo/cli/kit/agents.h"
#include "nfvo/cli/kit/kit.h"

#include "common/base/mem.h"

#define RECORD "virtualNetworkFunctionRecord"

static const struct {
    const char *event, *script, *text;
} scripts[] = {{"INSTANTIATE", "install.sh", "#!/bin/sh\necho \"installed, $hostname\"\n"},
               {"START", "prepare.sh", "#!/bin/sh\n: \xc3\xa4\n"},
               {"START", "start.sh", "#!/bin/sh\nexit 0"},
               {"STOP", "stop.sh", "#!/bin/sh\nexit 3\n"},
               {"TERMINATE", "terminate.sh", "#!/bin/sh\n"}};

static const enum kit_rule rules[] = {
    KIT_AGENT_COMMANDS_RULE, KIT_AGENT_SCRIPTS_RULE, KIT_AGENT_ENV_RULE,  KIT_AGENT_OUTPUT_RULE,
    KIT_AGENT_FAILS_RULE,    KIT_AGENT_REASON_RULE,  KIT_AGENT_BACK_RULE, KIT_AGENT_SILENT_RULE};

static json_t *events(void)
{
    json_t *list = json_array(), *last = NULL;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        if (!last || strcmp(kit_text(last, "event"), scripts[i].event) != 0) {
            last = json_pack("{ss s[]}", "event", scripts[i].event, "lifecycle_events");
            json_array_append_new(list, last);
        }
        json_array_append_new(json_object_get(last, "lifecycle_events"),
                              json_string(scripts[i].script));
    }
    return list;
}

static json_t *package_scripts(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        json_t *bytes = json_array();
        for (const char *c = scripts[i].text; *c; c++)
            json_array_append_new(bytes, json_integer((signed char)*c));
        json_array_append_new(list, json_pack("{ss ss so}", "id", scripts[i].script, "name",
                                              scripts[i].script, "payload", bytes));
    }
    return list;
}

static json_t *instantiate(const struct kit *k, const char *name)
{
    json_t *message = kit_instantiate(k, name, NULL);
    json_object_set_new(json_object_get(message, "vnfd"), "lifecycle_event", events());
    json_object_set_new(json_object_get(message, "vnfPackage"), "scripts", package_scripts());
    return message;
}

static const char *host_of(const json_t *record)
{
    const json_t *vdu = json_array_get(json_object_get(record, "vdu"), 0);
    return kit_text(json_array_get(json_object_get(vdu, "vnfc_instance"), 0), "hostname");
}

static struct kit_ask *send_of(struct kit *k, const char *action, const json_t *record)
{
    bool is_release = strcmp(action, "RELEASE_RESOURCES") == 0;
    json_t *message = kit_request(action, is_release ? "vnfr" : RECORD, json_deep_copy(record));
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    return a;
}

static bool ran_once(struct kit *k, const struct kit_ask *a, const char *host, const char *script)
{
    unsigned times = kit_agents_ran(k, host, script);
    return kit_check(k, KIT_AGENT_SCRIPTS_RULE, times == 1, a,
                     "when it was answered, %s had been run %u times on '%s'", script, times, host);
}

/* Given; NULL: it did not come so far. */
static json_t *lives(struct kit *k)
{
    json_t *message = instantiate(k, "baton-test-scripts");
    struct kit_ask *a = kit_ask_for(k, KIT_AGENT_SCRIPTS_RULE, message);
    json_t *record = json_object_get(a ? a->answer : NULL, RECORD);
    const char *host = host_of(record);
    if (!a || !kit_check(k, KIT_AGENT_SCRIPTS_RULE, *host && !kit_is_error(a->answer), a,
                         "INSTANTIATE of a VNF with scripts did not end well"))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        kit_check(k, KIT_AGENT_SCRIPTS_RULE,
                  kit_agents_saved(k, host, scripts[i].script, scripts[i].text), a,
                  "%s was not saved on '%s' byte for byte before a script ran", scripts[i].script,
                  host);
    ran_once(k, a, host, "install.sh");
    return json_deep_copy(record);
}

static void starts(struct kit *k, const json_t *record)
{
    const char *host = host_of(record);
    struct kit_ask *a = send_of(k, "START", record);
    if (!kit_check(k, KIT_AGENT_SCRIPTS_RULE, kit_await(k, a) && !kit_is_error(a->answer), a,
                   "START of a VNF with scripts did not end well"))
        return;
    if (ran_once(k, a, host, "prepare.sh") && ran_once(k, a, host, "start.sh"))
        kit_check(k, KIT_AGENT_SCRIPTS_RULE,
                  strcmp(kit_agents_nth(k, host, 1), "prepare.sh") == 0 &&
                      strcmp(kit_agents_nth(k, host, 2), "start.sh") == 0,
                  a, "the scripts of START did not run in their order on '%s'", host);
}

static bool says(const json_t *lines, const char *text)
{
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (json_is_string(line) && strstr(json_string_value(line), text))
            return true;
    }
    return false;
}

static void logs(struct kit *k, const json_t *record)
{
    json_t *message = json_pack("{ss ss ss}", "action", "LOG_REQUEST", "vnfrName",
                                kit_text(record, "name"), "hostname", host_of(record));
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    kit_check(k, KIT_AGENT_OUTPUT_RULE,
              kit_await(k, a) &&
                  says(json_object_get(a->answer, "outputLog"), KIT_AGENT_PRINTS ": install.sh"),
              a, "outputLog lacks what install.sh printed on '%s'", host_of(record));
}

static void fails(struct kit *k, const json_t *record)
{
    kit_agents_behave(k, KIT_AGENT_FAILS, "stop.sh");
    struct kit_ask *a = send_of(k, "STOP", record);
    if (kit_check(k, KIT_AGENT_FAILS_RULE, kit_await(k, a) && kit_is_error(a->answer), a,
                  "stop.sh ended with %d on '%s', and STOP was not answered ERROR",
                  KIT_AGENT_STATUS, host_of(record))) {
        const char *why = kit_text(json_object_get(a->answer, "exception"), "detailMessage");
        kit_check(k, KIT_AGENT_REASON_RULE,
                  strstr(why, "stop.sh") && strstr(why, host_of(record)) &&
                      strstr(why, KIT_AGENT_SAYS),
                  a, "exception.detailMessage lacks the script, the host, or what it said");
    }
    kit_agents_behave(k, KIT_AGENT_RUNS, NULL);
}

static void comes_back(struct kit *k, const json_t *record)
{
    const char *host = host_of(record);
    unsigned before = kit_agents_repeats(k, host), ran = kit_agents_ran(k, host, "start.sh");
    kit_agents_behave(k, KIT_AGENT_CUT, "start.sh");
    struct kit_ask *a = send_of(k, "START", record);
    bool is_answered = kit_await(k, a);
    kit_check(k, KIT_AGENT_BACK_RULE, is_answered && !kit_is_error(a->answer), a,
              "the agent of '%s' came back with start.sh in hand, and START did not end well",
              host);
    if (is_answered)
        kit_check(k, KIT_AGENT_BACK_RULE,
                  kit_agents_repeats(k, host) > before &&
                      kit_agents_ran(k, host, "start.sh") == ran + 1,
                  a, "start.sh was not sent again under the id that it had");
    kit_agents_behave(k, KIT_AGENT_RUNS, NULL);
}

static bool release(struct kit *k, const json_t *record, const char *when)
{
    struct kit_ask *a = send_of(k, "RELEASE_RESOURCES", record);
    return kit_check(k, KIT_AGENT_SILENT_RULE,
                     kit_await(k, a) &&
                         strcmp(kit_text(a->answer, "action"), "RELEASE_RESOURCES") == 0,
                     a, "RELEASE_RESOURCES was not answered %s", when);
}

static void is_silent(struct kit *k, const json_t *record)
{
    kit_agents_behave(k, KIT_AGENT_MUTE, "prepare.sh");
    struct kit_ask *a = send_of(k, "START", record);
    kit_until(k, k->o->answer_ms, kit_agents_is_at, NULL);
    kit_check(k, KIT_AGENT_SILENT_RULE, kit_is_alive(k), a,
              "while a script runs, a request about another VNF was not answered");
    if (release(k, record, "while a script runs"))
        kit_check(k, KIT_AGENT_SCRIPTS_RULE,
                  kit_agents_ran(k, host_of(record), "terminate.sh") == 1, NULL,
                  "terminate.sh did not run on '%s' when it was released", host_of(record));
    kit_agents_behave(k, KIT_AGENT_RUNS, NULL);
}

static bool is_allocated(struct kit *k, void *before)
{
    return k->allocates > *(unsigned *)before;
}

/* A server that boots for ever. */
static void never_comes(struct kit *k)
{
    unsigned before = k->allocates;
    kit_agents_behave(k, KIT_AGENT_ABSENT, NULL);
    json_t *message = instantiate(k, "baton-test-silent");
    struct kit_ask *a = kit_send_json(k, message);
    json_decref(message);
    if (kit_until(k, k->o->answer_ms, is_allocated, &before)) {
        json_t *record = json_deep_copy(k->allocated);
        kit_check(k, KIT_AGENT_SILENT_RULE, kit_is_alive(k), a,
                  "while an agent is awaited, a request about another VNF was not answered");
        release(k, record, "while its agent is awaited");
        json_decref(record);
    }
    kit_agents_behave(k, KIT_AGENT_RUNS, NULL);
}

void kit_vnfm_agents(struct kit *k)
{
    const char *missing = k->agents_missing;
    for (size_t i = 0; missing && i < ARRAY_LEN(rules); i++)
        kit_skip(k, rules[i], missing);
    if (missing)
        return;
    json_t *record = lives(k);
    if (record) {
        starts(k, record);
        logs(k, record);
        fails(k, record);
        comes_back(k, record);
        is_silent(k, record);
        never_comes(k);
    }
    json_decref(record);
}
