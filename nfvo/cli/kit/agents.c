#include "nfvo/cli/kit/agents.h"

#include "common/base/base64.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/sys/clock.h"
#include "common/sys/ids.h"
#include "nfvo/cli/kit/kit.h"
#include "proto/messages/ems.h"
#include "proto/topology.h"

#include <stdlib.h>

enum { COMMANDS_MAX = 100, HELLO_AGAIN_MS = 300, EVENTS_PER_ROUND = 32 };

struct command {
    char *id, *action, *name, *payload, *answer; /* answer NULL: in hand */
};

struct kit_agent {
    struct kit_agent *next;
    struct bus *bus;
    char *hostname, *user, *queue;
    char password[40], boot[ID_SIZE];
    json_t *ips;
    bool is_told; /* the hello arrived, on this connection */
    uint64_t hello_seq;
    int64_t hello_at;
    struct command commands[COMMANDS_MAX];
    unsigned n, repeats;
};

struct kit_agents {
    char vhost[120], endpoint[120];
    enum kit_agent_manner manner;
    char script[80];
    bool is_at, is_reached;
    struct kit_agent *first;
};

/* --- where: what the user data says --- */

/* "export NAME=value", in quotes or not; false: it is not there, or no plain name. */
static bool value_in(const char *text, const char *name, char *ret, size_t size)
{
    char line[60];
    size_t len = (size_t)snprintf(line, sizeof(line), "export %s=", name);
    for (const char *at = text; (at = strstr(at, line)); at += len) {
        const char *value = at + len;
        if (at != text && at[-1] != '\n')
            continue;
        value += *value == '\'' || *value == '"';
        size_t n =
            strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
        if (n == 0 || n >= size || !strchr("\n'\"\r", value[n]))
            return false;
        snprintf(ret, size, "%.*s", (int)n, value);
        return true;
    }
    return false;
}

static const char *make_place(struct kit *k, struct kit_agents *all, const char *user_data)
{
    struct err err = ERR_INIT;
    bool is_new = false;
    if (!k->has_api)
        return "not tested: an agent needs an account, and the broker's management API is not "
               "there";
    if (!strstr(user_data, USER_DATA_EMS_USER) ||
        !value_in(user_data, "EMS_VIRTUAL_HOST", all->vhost, sizeof(all->vhost)) ||
        !value_in(user_data, "ENDPOINT", all->endpoint, sizeof(all->endpoint)))
        return "not tested: its user data has no lines '#EmsUser=', EMS_VIRTUAL_HOST and ENDPOINT, "
               "by which an agent would find the VNFM";
    if (kit_broker_agents_place(k, all->vhost, all->endpoint, &is_new, &err) != ERR_OK) {
        kit_announce(k, "the agents' virtual host '%s': %s", all->vhost, err.msg);
        all->vhost[0] = '\0';
        return "not tested: the virtual host of its agents could not be made";
    }
    if (is_new)
        return NULL;
    kit_announce(
        k,
        "virtual host '%s' of its agents is there already, and is left alone; name another "
        "one, which the kit makes and deletes (vnfm-generic --agents-vhost=baton-test-agents)",
        all->vhost);
    all->vhost[0] = '\0';
    return "not tested: the virtual host of its agents is there already, and may be an NFVO's";
}

void kit_agents_see(struct kit *k, const char *user_data)
{
    if (k->agents)
        return;
    k->agents = xcalloc(1, sizeof(*k->agents));
    k->agents_missing = make_place(k, k->agents, user_data);
    if (!k->agents_missing)
        kit_announce(k, "its user data starts agents: the kit plays them, in virtual host '%s'",
                     k->agents->vhost);
}

/* --- coming and going --- */

static void connect_it(struct kit *k, struct kit_agent *a)
{
    struct bus_options login = kit_bus_options(k);
    login.vhost = k->agents->vhost;
    login.user = a->user;
    login.password = a->password;
    login.name = "agent of the test kit";
    login.max_body = EMS_MESSAGE_MAX;
    a->bus = bus_new(&login);
    bus_want_queue(a->bus, &(struct bus_queue){.name = a->queue, .is_auto_delete = true});
    bus_want_consumer(a->bus, &(struct bus_consumer){.queue = a->queue, .prefetch = 16});
    a->is_told = false;
    a->hello_seq = 0;
    a->hello_at = 0;
}

void kit_agents_start(struct kit *k, const char *hostname, const json_t *ips)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT, queue = SBUF_INIT;
    struct err err = ERR_INIT;
    if (!k->agents || k->agents_missing || k->agents->manner == KIT_AGENT_ABSENT)
        return;
    struct kit_agent *a = xcalloc(1, sizeof(*a));
    topology_agent_user(hostname, &user);
    topology_agent_queue(hostname, &queue);
    a->hostname = xstrdup(hostname);
    a->user = sbuf_take(&user);
    a->queue = sbuf_take(&queue);
    a->ips = json_deep_copy(ips);
    id_token(a->password, sizeof(a->password));
    id_new(a->boot);
    a->next = k->agents->first;
    k->agents->first = a;
    if (kit_broker_agent(k, k->agents->vhost, a->user, a->password, hostname, k->agents->endpoint,
                         &err) != ERR_OK)
        kit_announce(k, "no account for the agent of '%s': %s", hostname, err.msg);
    else
        connect_it(k, a);
    k->awaits_agents = !k->agents->is_reached;
}

void kit_agents_free(struct kit *k)
{
    if (!k->agents)
        return;
    while (k->agents->first) {
        struct kit_agent *a = k->agents->first;
        k->agents->first = a->next;
        for (unsigned i = 0; i < a->n; i++) {
            free(a->commands[i].id);
            free(a->commands[i].action);
            free(a->commands[i].name);
            free(a->commands[i].payload);
            free(a->commands[i].answer);
        }
        bus_free(a->bus);
        free(a->hostname);
        free(a->user);
        free(a->queue);
        json_decref(a->ips);
        explicit_bzero(a->password, sizeof(a->password));
        free(a);
    }
    if (k->agents->vhost[0])
        kit_broker_agents_gone(k, k->agents->vhost);
    free(k->agents);
    k->agents = NULL;
}

void kit_agents_behave(struct kit *k, enum kit_agent_manner manner, const char *script)
{
    if (!k->agents)
        return;
    k->agents->manner = manner;
    k->agents->is_at = false;
    snprintf(k->agents->script, sizeof(k->agents->script), "%s", script ? script : "");
}

bool kit_agents_is_at(struct kit *k, void *script)
{
    (void)script;
    return k->agents && k->agents->is_at;
}

static void say_hello(struct kit *k, struct kit_agent *a)
{
    AUTO(sbuf_release) struct sbuf key = SBUF_INIT;
    struct err err = ERR_INIT;
    if (a->is_told || a->hello_seq || !bus_has_all(a->bus) || clock_mono_us() < a->hello_at)
        return;
    json_t *hello = json_pack("{ss s[s] ss ss}", "hostname", a->hostname, "capabilities",
                              EMS_CAPABILITY_JOURNAL, "version", "baton-test", "boot", a->boot);
    AUTO(freep) char *body = json_dumps(hello, JSON_COMPACT);
    json_decref(hello);
    topology_hello_queue(k->agents->endpoint, &key);
    a->hello_at = clock_mono_us() + HELLO_AGAIN_MS * USEC_PER_MS;
    err_ignore(bus_publish(a->bus,
                           &(struct bus_message){.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                                                 .routing_key = key.s,
                                                 .body = body,
                                                 .len = strlen(body),
                                                 .user_id = a->user,
                                                 .is_mandatory = true},
                           &a->hello_seq, &err),
               "said again");
}

/* --- commands --- */

static bool are_texts(const json_t *env)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)env, name, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return !env || json_is_object(env);
}

/* NULL: it is as agent.md wants it. */
static const char *what_is_wrong(const json_t *m, const struct bus_delivery *d)
{
    static const char *const known[] = {
        EMS_SAVE_SCRIPTS,        EMS_CLONE_SCRIPTS,        EMS_EXECUTE, EMS_SCRIPTS_UPDATE,
        EMS_REPO_SCRIPTS_UPDATE, EMS_SAVE_VNFR_DEPENDENCY, EMS_LOG};
    const char *action = kit_text(m, "action");
    bool is_known = false, is_save = strcmp(action, EMS_SAVE_SCRIPTS) == 0;
    if (!json_is_object(m))
        return "a command to an agent is no JSON object";
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        is_known |= strcmp(action, known[i]) == 0;
    if (!is_known)
        return "a command to an agent has an action that it does not know";
    if (!json_is_string(json_object_get(m, "payload")))
        return "a command to an agent has no text 'payload'";
    if ((is_save || strcmp(action, EMS_SCRIPTS_UPDATE) == 0) && !*kit_text(m, "name"))
        return "a script for an agent has no 'name'";
    if (!are_texts(json_object_get(m, "env")))
        return "a value of 'env' is no text: the script cannot be started";
    if (!d->reply_to || !*d->reply_to || !d->correlation_id || !*d->correlation_id)
        return "a command to an agent has no reply_to, or no correlation_id";
    return NULL;
}

static void check_environment(struct kit *k, const struct kit_agent *a, const json_t *m,
                              const char *body)
{
    size_t i;
    const json_t *ip, *env = json_object_get(m, "env");
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    if (!env) /* a script of EXECUTE inherits that of the server */
        return;
    if (strcmp(kit_text(env, "hostname"), a->hostname) != 0)
        sbuf_addf(&what, "hostname is '%s', not '%s'", kit_text(env, "hostname"), a->hostname);
    json_array_foreach(a->ips, i, ip)
    {
        const char *net = kit_text(ip, "netName");
        if (!what.len && strcmp(kit_text(env, net), kit_text(ip, "ip")) != 0)
            sbuf_addf(&what, "%s is '%s', not '%s'", net, kit_text(env, net), kit_text(ip, "ip"));
    }
    if (what.len)
        kit_report_fail(k->report, KIT_AGENT_ENV_RULE, body, NULL, what.s);
    else
        kit_report_pass(k->report, KIT_AGENT_ENV_RULE);
}

static bool is_script(const char *payload, const char *script)
{
    size_t n = strcspn(payload, " ");
    return strlen(script) == n && strncmp(payload, script, n) == 0;
}

static bool is_run(const struct command *c)
{
    return strcmp(c->action, EMS_EXECUTE) == 0;
}

static void answer(struct kit *k, struct kit_agent *a, const struct bus_delivery *d,
                   struct command *c)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    bool fails = k->agents->manner == KIT_AGENT_FAILS && is_run(c) &&
                 is_script(c->payload, k->agents->script);
    if (!c->answer) {
        char said[200] = "";
        if (is_run(c))
            snprintf(said, sizeof(said), KIT_AGENT_PRINTS ": %.80s", c->payload);
        json_t *reply =
            json_pack("{ss ss si si}", "output", said, "err", fails ? KIT_AGENT_SAYS : "", "status",
                      fails ? KIT_AGENT_STATUS : 0, "took_ms", 1);
        c->answer = json_dumps(reply, JSON_COMPACT);
        json_decref(reply);
    }
    struct bus_message m = {.exchange = TOPOLOGY_AGENTS_EXCHANGE,
                            .routing_key = d->reply_to,
                            .correlation_id = d->correlation_id,
                            .body = c->answer,
                            .len = strlen(c->answer),
                            .user_id = a->user,
                            .is_transient = true};
    if (bus_publish(a->bus, &m, &seq, &err) != ERR_OK)
        kit_announce(k, "the agent of '%s' could not answer: %s", a->hostname, err.msg);
}

static struct command *find(struct kit_agent *a, const char *id)
{
    for (unsigned i = 0; i < a->n; i++)
        if (strcmp(a->commands[i].id, id) == 0)
            return &a->commands[i];
    return NULL;
}

static struct command *add(struct kit_agent *a, const char *id, const json_t *m)
{
    if (a->n == COMMANDS_MAX)
        return NULL;
    struct command *c = &a->commands[a->n++];
    c->id = xstrdup(id);
    c->action = xstrdup(kit_text(m, "action"));
    c->name = xstrdup(kit_text(m, "name"));
    c->payload = xstrdup(kit_text(m, "payload"));
    return c;
}

/* False: its connection is to break now. */
static bool on_command(struct kit *k, struct kit_agent *a, const struct bus_delivery *d)
{
    struct kit_agents *all = k->agents;
    json_t *m = json_loadb(d->body, d->len, 0, NULL);
    const char *wrong = what_is_wrong(m, d);
    k->awaits_agents = false;
    all->is_reached = true;
    if (wrong) {
        kit_report_fail(k->report, KIT_AGENT_COMMANDS_RULE, d->body, NULL, wrong);
        json_decref(m);
        return true;
    }
    kit_report_pass(k->report, KIT_AGENT_COMMANDS_RULE);
    struct command *c = find(a, d->correlation_id);
    bool is_new = !c;
    a->repeats += c != NULL;
    c = c ? c : add(a, d->correlation_id, m);
    if (is_new && strcmp(kit_text(m, "action"), EMS_EXECUTE) == 0)
        check_environment(k, a, m, d->body);
    json_decref(m);
    if (!c)
        return true;
    bool is_here = is_run(c) && is_script(c->payload, all->script);
    if (is_here && all->manner == KIT_AGENT_MUTE) {
        all->is_at = true;
        return true;
    }
    if (is_here && all->manner == KIT_AGENT_CUT && !all->is_at) {
        all->is_at = true;
        return false;
    }
    answer(k, a, d, c);
    return true;
}

static void on_event(struct kit *k, struct kit_agent *a, const struct bus_event *ev)
{
    bool is_hello = a->hello_seq && ev->seq <= a->hello_seq && a->hello_seq <= ev->seq_last;
    if (ev->type == BUS_CONFIRMED && is_hello)
        a->is_told = true;
    if (ev->type == BUS_LOST)
        a->is_told = false;
    if (ev->type == BUS_LOST || (ev->type == BUS_RETURNED && ev->seq == a->hello_seq) ||
        ((ev->type == BUS_NACKED || ev->type == BUS_CONFIRMED) && is_hello))
        a->hello_seq = 0;
    if (ev->type == BUS_DELIVERY && !on_command(k, a, ev->delivery)) {
        bus_free(a->bus);
        connect_it(k, a);
    } else if (ev->type == BUS_DELIVERY) {
        bus_ack(a->bus, ev->delivery->tag, ev->delivery->epoch);
    }
}

void kit_agents_pump(struct kit *k)
{
    struct bus_event ev;
    for (struct kit_agent *a = k->agents ? k->agents->first : NULL; a; a = a->next) {
        for (int i = 0; a->bus && i < EVENTS_PER_ROUND; i++) {
            const struct bus *before = a->bus;
            if (bus_next(a->bus, &ev, -1, 0) == BUS_TIMEOUT)
                break;
            on_event(k, a, &ev);
            if (a->bus != before)
                break;
        }
        if (a->bus)
            say_hello(k, a);
    }
}

/* --- what came --- */

static const struct kit_agent *agent_of(const struct kit *k, const char *hostname)
{
    const struct kit_agent *a = k->agents ? k->agents->first : NULL;
    while (a && strcmp(a->hostname, hostname) != 0)
        a = a->next;
    return a;
}

unsigned kit_agents_ran(const struct kit *k, const char *hostname, const char *script)
{
    const struct kit_agent *a = agent_of(k, hostname);
    unsigned times = 0;
    for (unsigned i = 0; a && i < a->n; i++)
        times += is_run(&a->commands[i]) && is_script(a->commands[i].payload, script);
    return times;
}

const char *kit_agents_nth(const struct kit *k, const char *hostname, unsigned n)
{
    const struct kit_agent *a = agent_of(k, hostname);
    for (unsigned i = 0; a && i < a->n; i++)
        if (is_run(&a->commands[i]) && n-- == 0)
            return a->commands[i].payload;
    return "";
}

unsigned kit_agents_repeats(const struct kit *k, const char *hostname)
{
    const struct kit_agent *a = agent_of(k, hostname);
    return a ? a->repeats : 0;
}

bool kit_agents_saved(const struct kit *k, const char *hostname, const char *name, const char *text)
{
    AUTO(sbuf_release) struct sbuf wanted = SBUF_INIT;
    const struct kit_agent *a = agent_of(k, hostname);
    base64_add(&wanted, text, strlen(text));
    for (unsigned i = 0; a && i < a->n && !is_run(&a->commands[i]); i++)
        if (strcmp(a->commands[i].action, EMS_SAVE_SCRIPTS) == 0 &&
            strcmp(a->commands[i].name, name) == 0)
            return strcmp(a->commands[i].payload, wanted.s) == 0;
    return false;
}
