#include "tests/support/odd_agents.h"

#include "common/base/base64.h"
#include "common/base/mem.h"
#include "common/bus/bus.h"
#include "common/sys/ids.h"
#include "proto/topology.h"

#include <stdio.h>
#include <stdlib.h>

enum { JOBS_MAX = 16, HOSTS_MAX = 32 };

struct job {
    char *record_id, *host, *reply_to, *id; /* record_id NULL: free */
    char command_id[ID_SIZE];
    json_t *commands, *said;
    size_t at;
    bool is_sent;
};

struct odd_agents {
    struct odd_agents_options o;
    struct bus *bus;
    struct sbuf hellos, replies, output;
    char *hosts[HOSTS_MAX];
    unsigned host_n;
    struct job jobs[JOBS_MAX];
};

static const char *text(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));
    return s ? s : "";
}

static bool breaks(const struct odd_agents *a, const char *rule)
{
    return a->o.breaks(a->o.arg, rule);
}

struct odd_agents *odd_agents_new(const struct odd_agents_options *options)
{
    struct odd_agents *a = xcalloc(1, sizeof(*a));
    *a = (struct odd_agents){
        .o = *options, .hellos = SBUF_INIT, .replies = SBUF_INIT, .output = SBUF_INIT};
    topology_hello_queue(options->endpoint, &a->hellos);
    topology_agent_replies(options->endpoint, "odd", &a->replies);
    a->bus = bus_new(&(struct bus_options){.host = options->host,
                                           .port = options->port,
                                           .vhost = options->vhost,
                                           .user = options->user,
                                           .password = options->password,
                                           .name = "odd peer, agents",
                                           .backoff_max_ms = 300});
    const char *queues[] = {a->hellos.s, a->replies.s};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        bus_want_queue(a->bus, &(struct bus_queue){.name = queues[i], .is_auto_delete = true});
        bus_want_binding(a->bus, &(struct bus_binding){.queue = queues[i],
                                                       .exchange = TOPOLOGY_AGENTS_EXCHANGE});
        bus_want_consumer(a->bus, &(struct bus_consumer){.queue = queues[i]});
    }
    return a;
}

static void job_end(struct odd_agents *a, struct job *j, json_t *said)
{
    if (said)
        a->o.answer(a->o.arg, j->reply_to, j->id, said);
    json_decref(j->commands);
    json_decref(j->said);
    free(j->record_id);
    free(j->host);
    free(j->reply_to);
    free(j->id);
    *j = (struct job){0};
}

void odd_agents_free(struct odd_agents *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < JOBS_MAX; i++)
        job_end(a, &a->jobs[i], NULL);
    for (unsigned i = 0; i < a->host_n; i++)
        free(a->hosts[i]);
    bus_free(a->bus);
    sbuf_release(&a->hellos);
    sbuf_release(&a->replies);
    sbuf_release(&a->output);
    free(a);
}

static bool is_here(const struct odd_agents *a, const char *host)
{
    for (unsigned i = 0; i < a->host_n; i++)
        if (strcmp(a->hosts[i], host) == 0)
            return true;
    return false;
}

static void send_one(struct odd_agents *a, struct job *j)
{
    AUTO(sbuf_release) struct sbuf queue = SBUF_INIT;
    AUTO(freep) char *body = json_dumps(json_array_get(j->commands, j->at), JSON_COMPACT);
    struct err err = ERR_INIT;
    uint64_t seq;
    topology_agent_queue(j->host, &queue);
    if (bus_publish(a->bus,
                    &(struct bus_message){.routing_key = queue.s,
                                          .reply_to = a->replies.s,
                                          .correlation_id = j->command_id,
                                          .body = body,
                                          .len = strlen(body)},
                    &seq, &err) == ERR_OK)
        j->is_sent = true;
}

static void proceed(struct odd_agents *a, struct job *j)
{
    if (!j->record_id || j->is_sent || !is_here(a, j->host) || !bus_is_ready(a->bus))
        return;
    if (j->at == json_array_size(j->commands)) {
        json_t *said = json_incref(j->said);
        job_end(a, j, said);
        return;
    }
    id_new(j->command_id);
    send_one(a, j);
}

static void on_hello(struct odd_agents *a, const struct bus_delivery *d)
{
    json_t *hello = json_loadb(d->body, d->len, 0, NULL);
    const char *host = text(hello, "hostname");
    if (!is_here(a, host) && a->host_n < HOSTS_MAX)
        a->hosts[a->host_n++] = xstrdup(host);
    for (size_t i = 0; i < JOBS_MAX; i++) {
        struct job *j = &a->jobs[i];
        if (j->record_id && j->is_sent && strcmp(j->host, host) == 0 && !breaks(a, "agent-back"))
            send_one(a, j);
    }
    json_decref(hello);
}

static void on_reply(struct odd_agents *a, const struct bus_delivery *d)
{
    struct job *j = NULL;
    for (size_t i = 0; i < JOBS_MAX && d->correlation_id; i++)
        if (a->jobs[i].is_sent && strcmp(a->jobs[i].command_id, d->correlation_id) == 0)
            j = &a->jobs[i];
    if (!j)
        return;
    json_t *reply = json_loadb(d->body, d->len, 0, NULL);
    const char *script = text(json_array_get(j->commands, j->at), "payload");
    sbuf_addf(&a->output, "%s\n", text(reply, "output"));
    if (json_integer_value(json_object_get(reply, "status")) != 0 && !breaks(a, "agent-fails")) {
        char why[400];
        snprintf(why, sizeof(why), "%s on %s: %s", script, j->host, text(reply, "err"));
        job_end(a, j,
                json_pack("{ss sO s{ss}}", "action", "ERROR", "virtualNetworkFunctionRecord",
                          json_object_get(j->said, "virtualNetworkFunctionRecord"), "exception",
                          "detailMessage", breaks(a, "agent-reason") ? "failed" : why));
    } else {
        j->is_sent = false;
        j->at++;
    }
    json_decref(reply);
}

void odd_agents_pump(struct odd_agents *a)
{
    struct bus_event ev;
    for (enum bus_event_type type; (type = bus_next(a->bus, &ev, -1, 0)) != BUS_TIMEOUT;) {
        if (type != BUS_DELIVERY)
            continue;
        if (strcmp(ev.delivery->queue, a->hellos.s) == 0)
            on_hello(a, ev.delivery);
        else
            on_reply(a, ev.delivery);
        bus_ack(a->bus, ev.delivery->tag, ev.delivery->epoch);
    }
    for (size_t i = 0; i < JOBS_MAX; i++)
        proceed(a, &a->jobs[i]);
}

/* --- what is to be done --- */

static void add_save(json_t *commands, const json_t *script)
{
    AUTO(sbuf_release) struct sbuf bytes = SBUF_INIT, coded = SBUF_INIT;
    size_t i;
    const json_t *byte;
    json_array_foreach(json_object_get(script, "payload"), i, byte)
        sbuf_addc(&bytes, (char)json_integer_value(byte));
    base64_add(&coded, bytes.s, bytes.len);
    json_array_append_new(commands, json_pack("{ss ss ss}", "action", "SAVE_SCRIPTS", "name",
                                              text(script, "name"), "payload", coded.s));
}

static void add_runs(const struct odd_agents *a, json_t *commands, const char *event,
                     const json_t *record, const json_t *instance)
{
    size_t e, i;
    const json_t *one, *script, *ip;
    json_array_foreach(json_object_get(record, "lifecycle_event"), e, one)
    {
        size_t before = json_array_size(commands);
        if (strcmp(text(one, "event"), event) != 0)
            continue;
        json_array_foreach(json_object_get(one, "lifecycle_events"), i, script)
        {
            size_t n;
            json_t *env =
                json_pack("{ss}", "hostname",
                          breaks(a, "agent-environment") ? "" : text(instance, "hostname"));
            json_array_foreach(json_object_get(instance, "ips"), n, ip)
                json_object_set(env, text(ip, "netName"), json_object_get(ip, "ip"));
            json_t *command = json_pack("{ss ss so}", "action", "EXECUTE", "payload",
                                        json_string_value(script), "env", env);
            if (breaks(a, "agent-scripts")) /* in reverse */
                json_array_insert_new(commands, before, command);
            else
                json_array_append_new(commands, command);
        }
    }
}

/* Has no answer, so it is told apart by nothing. */
static void send_nonsense(struct odd_agents *a, const char *host)
{
    AUTO(sbuf_release) struct sbuf queue = SBUF_INIT;
    struct err err = ERR_INIT;
    uint64_t seq;
    topology_agent_queue(host, &queue);
    err_ignore(bus_publish(a->bus,
                           &(struct bus_message){
                               .routing_key = queue.s, .body = "{\"action\":\"DANCE\"}", .len = 18},
                           &seq, &err),
               "another will do");
}

bool odd_agents_run(struct odd_agents *a, const char *event, const json_t *record,
                    const json_t *package, const char *reply_to, const char *id, json_t *said)
{
    json_t *vdu = json_array_get(json_object_get(record, "vdu"), 0);
    const json_t *instance = json_array_get(json_object_get(vdu, "vnfc_instance"), 0), *script;
    struct job *j = NULL;
    size_t i;
    for (i = 0; i < JOBS_MAX && !j; i++)
        j = a->jobs[i].record_id ? NULL : &a->jobs[i];
    json_t *commands = json_array();
    json_array_foreach(json_object_get(package, "scripts"), i, script) add_save(commands, script);
    add_runs(a, commands, event, record, instance);
    bool is_late = strcmp(event, "TERMINATE") == 0 && !is_here(a, text(instance, "hostname"));
    if (!j || is_late || json_array_size(commands) == 0 || !*text(instance, "hostname")) {
        json_decref(commands);
        return false;
    }
    *j = (struct job){.record_id = xstrdup(text(record, "id")),
                      .host = xstrdup(text(instance, "hostname")),
                      .reply_to = reply_to ? xstrdup(reply_to) : NULL,
                      .id = id ? xstrdup(id) : NULL,
                      .commands = commands,
                      .said = said};
    if (breaks(a, "agent-commands") && is_here(a, j->host))
        send_nonsense(a, j->host);
    return true;
}

bool odd_agents_cancel(struct odd_agents *a, const char *record_id)
{
    bool is_free = true;
    for (size_t i = 0; i < JOBS_MAX; i++) {
        struct job *j = &a->jobs[i];
        if (!j->record_id || strcmp(j->record_id, record_id) != 0)
            continue;
        is_free = !breaks(a, "agent-silent");
        if (is_free)
            job_end(a, j,
                    json_pack("{ss s{ss}}", "action", "ERROR", "exception", "detailMessage",
                              "it is released"));
    }
    return is_free;
}

const char *odd_agents_output(const struct odd_agents *a)
{
    return a->output.s;
}
