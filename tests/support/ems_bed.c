#include "tests/support/ems_bed.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "proto/topology.h"
#include "tests/support/mini_nfvo.h"
#include "tests/support/processes.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HOSTNAME "web-4711"
#define HELLOS   "ems.generic.register"
#define REPLIES  "ems.generic.replies.test"
#define ACTIONS  "vnfm.web-4711.actions"

enum { LIMIT_S = 90 };

static void escape(const char *pattern, char *out)
{
    for (; *pattern; pattern++) {
        if (*pattern == '\\')
            *out++ = '\\';
        *out++ = *pattern;
    }
    *out = '\0';
}

static void api(const struct ems_bed *bed, const char *method, const char *path, const char *body)
{
    long status = test_broker_api(bed->vhost, method, path, body, NULL);
    if (status < 200 || status > 299)
        fail_msg("%s %s: %ld", method, path, status);
}

void ems_bed_add_user(struct ems_bed *bed, const char *user, const char *hostname,
                      enum ems_bed_kind kind)
{
    AUTO(topology_rights_release) struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    char configure[600], write[600], read[600], path[300], body[2000];

    if (kind == EMS_BED_OLD || kind == EMS_BED_OLD_DEFAULT)
        topology_rights_agent_old(&r, hostname, "generic", kind == EMS_BED_OLD_DEFAULT);
    else if (kind == EMS_BED_SHARED)
        topology_rights_agent_unmodified(&r, hostname, "generic");
    else
        topology_rights_agent(&r, hostname, "generic");
    escape(r.configure.s, configure);
    escape(r.write.s, write);
    escape(r.read.s, read);
    test_user_new(bed->vhost, user, "secret", configure, write, read);
    escape(r.topic_write.s, write);
    escape(r.topic_read.s, read);
    snprintf(path, sizeof(path), "topic-permissions/%s/%s", bed->vhost->name, user);
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && r.exchanges[i]; i++) {
        snprintf(body, sizeof(body), "{\"exchange\":\"%s\",\"write\":\"%s\",\"read\":\"%s\"}",
                 r.exchanges[i], write, read);
        api(bed, "PUT", path, body);
    }
}

void ems_bed_make_user(struct ems_bed *bed)
{
    bed->has_user = true;
    if (bed->kind == EMS_BED_REFERENCE)
        test_user_new(bed->vhost, bed->user, "secret", ".*", ".*", ".*");
    else
        ems_bed_add_user(bed, bed->user, HOSTNAME, bed->kind);
}

void ems_bed_open_vnfm(struct ems_bed *bed)
{
    struct bus_options o = test_bus_options(bed->vhost, "vnfm");

    bed->bus = bus_new(&o);
    const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++)
        bus_want_exchange(bed->bus, &(struct bus_exchange){
                                        .name = exchanges[i], .type = "topic", .is_durable = true});
    const char *const queues[] = {HELLOS, REPLIES};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        bus_want_queue(bed->bus, &(struct bus_queue){.name = queues[i], .is_durable = true});
        for (size_t j = 0; bed->kind != EMS_BED_REFERENCE && j < ARRAY_LEN(exchanges); j++)
            bus_want_binding(bed->bus,
                             &(struct bus_binding){.queue = queues[i], .exchange = exchanges[j]});
        bus_want_consumer(bed->bus, &(struct bus_consumer){.queue = queues[i]});
    }
    test_bus_await(bed->bus, BUS_READY);
}

struct ems_bed *ems_bed_new(enum ems_bed_kind kind)
{
    struct ems_bed *bed = xcalloc(1, sizeof(*bed));
    char path[100];

    bed->kind = kind;
    bed->vhost = test_vhost_new();
    snprintf(bed->user, sizeof(bed->user), "%s.agent", bed->vhost->name);
    snprintf(bed->folder, sizeof(bed->folder), "/tmp/baton-ems.XXXXXX");
    assert_non_null(mkdtemp(bed->folder));
    snprintf(path, sizeof(path), "%s/scripts", bed->folder);
    mkdir(path, 0755);
    return bed;
}

void ems_bed_free(struct ems_bed *bed)
{
    char line[100];

    if (bed->pid)
        ems_bed_kill(bed, SIGTERM);
    test_processes_end(bed->folder, NULL); /* runners, scripts and what those left */
    bus_free(bed->bus);
    if (bed->has_user)
        test_user_free(bed->vhost, bed->user);
    test_vhost_free(bed->vhost);
    snprintf(line, sizeof(line), "rm -rf '%s'", bed->folder);
    if (system(line) != 0)
        fail_msg("%s", line);
    arena_release(&bed->arena);
    free(bed);
}

static void write_ini(const struct ems_bed *bed)
{
    char path[100];

    snprintf(path, sizeof(path), "%s/ems.properties", bed->folder);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f,
            "[ems]\nbroker_ip=%s\nbroker_port=%d\nhostname=" HOSTNAME "\ntype=generic\n"
            "username=%s\npassword=secret\nautodelete=true\nexchange=%s\n"
            "heartbeat=60\nvirtual_host=%s\n%s\n",
            bed->vhost->host, bed->vhost->port, bed->user,
            bed->kind == EMS_BED_STRICT ? TOPOLOGY_AGENTS_EXCHANGE : TOPOLOGY_EXCHANGE,
            bed->vhost->name, bed->ini_more ? bed->ini_more : "");
    fclose(f);
}

void ems_bed_spawn(struct ems_bed *bed)
{
    char config[100], scripts[100], journal[100], log[100];
    const char *args[16] = {config, scripts, journal, log, "--log-level=debug"};

    write_ini(bed);
    snprintf(config, sizeof(config), "--config=%s/ems.properties", bed->folder);
    snprintf(scripts, sizeof(scripts), "--scripts-dir=%s/scripts", bed->folder);
    snprintf(journal, sizeof(journal), "--journal-dir=%s/journal", bed->folder);
    snprintf(log, sizeof(log), "--log-file=%s/agent.log", bed->folder);
    for (size_t i = 0; i < ARRAY_LEN(bed->options) && bed->options[i]; i++)
        args[5 + i] = bed->options[i];
    bed->pid = test_program_start("ems-agent", args);
}

void ems_bed_await_hello(struct ems_bed *bed, unsigned nth)
{
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;

    while (bed->hello_n < nth) {
        if (clock_mono_us() > deadline)
            fail_msg("no hello; see %s/agent.log", bed->folder);
        ems_bed_pump(bed, 200);
    }
}

void ems_bed_start(struct ems_bed *bed)
{
    unsigned before = bed->hello_n;

    if (!bed->has_user)
        ems_bed_make_user(bed);
    if (!bed->bus)
        ems_bed_open_vnfm(bed);
    ems_bed_spawn(bed);
    ems_bed_await_hello(bed, before + 1);
}

void ems_bed_kill(struct ems_bed *bed, int signal)
{
    test_program_stop(bed->pid, signal);
    bed->pid = 0;
}

static void on_delivery(struct ems_bed *bed, const struct bus_delivery *d)
{
    struct err err = ERR_INIT;
    unsigned n = bed->answer_n;

    bus_ack(bed->bus, d->tag, d->epoch);
    if (strcmp(d->queue, HELLOS) == 0) {
        if (proto_decode(&ems_hello_type, d->body, d->len, 0, &bed->arena, &bed->hello, &err) !=
            ERR_OK)
            fail_msg("hello '%s': %s", d->body, err.msg);
        bed->hello_n++;
        return;
    }
    assert_true(n < ARRAY_LEN(bed->answers));
    bed->answers[n].id = arena_strdup(&bed->arena, d->correlation_id ? d->correlation_id : "");
    bed->answers[n].body = arena_strndup(&bed->arena, d->body, d->len);
    assert_string_equal(d->content_type, "text/plain");
    if (proto_decode(&ems_reply_type, d->body, d->len, 0, &bed->arena, &bed->answers[n].reply,
                     &err) != ERR_OK)
        fail_msg("answer '%s': %s", d->body, err.msg);
    bed->answer_n++;
}

void ems_bed_pump(struct ems_bed *bed, int ms)
{
    struct bus_event ev;

    switch (bus_next(bed->bus, &ev, -1, ms)) {
    case BUS_DELIVERY:
        on_delivery(bed, ev.delivery);
        break;
    case BUS_RETURNED:
    case BUS_NACKED:
        fail_msg("a request was not taken: %s", ev.text);
        break;
    default:
        break;
    }
}

void ems_bed_pump_for(struct ems_bed *bed, int64_t us)
{
    int64_t until = clock_mono_us() + us;

    do
        ems_bed_pump(bed, 0);
    while (clock_mono_us() < until);
}

void ems_bed_send(struct ems_bed *bed, const char *id, const char *body)
{
    struct err err = ERR_INIT;

    if (bus_publish(bed->bus,
                    &(struct bus_message){
                        .exchange = bed->kind == EMS_BED_REFERENCE ? TOPOLOGY_EXCHANGE : "",
                        .routing_key = ACTIONS,
                        .body = body,
                        .len = strlen(body),
                        .correlation_id = id,
                        .reply_to = bed->reply_to ? bed->reply_to : REPLIES,
                        .user_id = bed->kind == EMS_BED_REFERENCE ? NULL : bed->vhost->user,
                        .is_transient = true,
                        .is_mandatory = true},
                    NULL, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static unsigned count(const struct ems_bed *bed, const char *id, const struct ems_reply **ret)
{
    unsigned n = 0;

    for (unsigned i = 0; i < bed->answer_n; i++)
        if (strcmp(bed->answers[i].id, id) == 0) {
            n++;
            *ret = bed->answers[i].reply;
        }
    return n;
}

bool ems_bed_has(const struct ems_bed *bed, const char *id)
{
    const struct ems_reply *reply;
    return count(bed, id, &reply) > 0;
}

const struct ems_reply *ems_bed_await(struct ems_bed *bed, const char *id, unsigned nth)
{
    const struct ems_reply *reply = NULL;
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;

    while (count(bed, id, &reply) < nth) {
        if (clock_mono_us() > deadline)
            fail_msg("no answer %u to '%s'; see %s/agent.log", nth, id, bed->folder);
        ems_bed_pump(bed, 200);
    }
    return reply;
}

const struct ems_reply *ems_bed_ask(struct ems_bed *bed, const char *id, const char *body)
{
    ems_bed_send(bed, id, body);
    return ems_bed_await(bed, id, 1);
}

void ems_bed_script(struct ems_bed *bed, const char *name, const char *text)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/scripts/%s", bed->folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    chmod(path, 0755);
}

void ems_bed_execute(struct ems_bed *bed, const char *id, const char *payload, const char *more)
{
    char body[2000];

    snprintf(body, sizeof(body), "{\"action\":\"EXECUTE\",\"payload\":\"%s\"%s}", payload, more);
    ems_bed_send(bed, id, body);
}

static void read_text(const struct ems_bed *bed, const char *name, struct sbuf *out)
{
    char path[200], part[4096];

    snprintf(path, sizeof(path), "%s/%s", bed->folder, name);
    FILE *f = fopen(path, "re");
    for (size_t n; f && (n = fread(part, 1, sizeof(part), f)) > 0;)
        sbuf_add(out, part, n);
    if (f)
        fclose(f);
}

void ems_bed_await_text(struct ems_bed *bed, const char *name, const char *text)
{
    AUTO(sbuf_release) struct sbuf content = SBUF_INIT;
    int64_t deadline = clock_mono_us() + LIMIT_S * USEC_PER_SEC;

    for (;;) {
        sbuf_clear(&content);
        read_text(bed, name, &content);
        if (strstr(content.s, text))
            return;
        if (clock_mono_us() > deadline)
            fail_msg("'%s' does not say '%s'", name, text);
        if (bed->bus)
            ems_bed_pump(bed, 20);
        else
            usleep(20000);
    }
}

void ems_bed_expect_text(const struct ems_bed *bed, const char *name, const char *text)
{
    AUTO(sbuf_release) struct sbuf content = SBUF_INIT;

    read_text(bed, name, &content);
    assert_string_equal(content.s, text);
}

void ems_bed_touch(const struct ems_bed *bed, const char *name)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", bed->folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fclose(f);
}
