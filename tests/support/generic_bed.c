#include "tests/support/generic_bed.h"

#include "common/base/mem.h"
#include "common/db/db.h"
#include "common/sys/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const char *generic_bed_host(struct generic_bed *s, unsigned i)
{
    return arena_printf(&s->arena, "%s-%u", s->prefix, i);
}

pid_t generic_bed_start(struct generic_bed *s, const char *more)
{
    const char *args[16];
    size_t n = 0;
    for (; s->options[n][0]; n++)
        args[n] = s->options[n];
    if (more)
        args[n++] = more;
    args[n] = NULL;
    return test_program_start("vnfm-generic", args);
}

static void set_options(struct generic_bed *s)
{
    size_t n = 0;
#define OPTION(...) snprintf(s->options[n++], sizeof(s->options[0]), __VA_ARGS__)
    OPTION("--broker-host=%s", s->vhost->host);
    OPTION("--broker-port=%d", s->vhost->port);
    OPTION("--broker-vhost=%s", s->vhost->name);
    OPTION("--broker-user=%s", s->nfvo->registrar);
    OPTION("--broker-password=registrar");
    OPTION("--agents-vhost=%s", s->agents->vhost->name);
    OPTION("--type=%s", s->type);
    OPTION("--database=%s", test_schema_conninfo(s->schema));
    OPTION("--database-schema=%s", test_schema_name(s->schema));
    OPTION("--log-level=%s", getenv("OB_TEST_LOG") ? getenv("OB_TEST_LOG") : "error");
#undef OPTION
}

int generic_bed_setup(void **state)
{
    static unsigned count;
    struct generic_bed *s = xcalloc(1, sizeof(*s));
    snprintf(s->type, sizeof(s->type), "gen-%d-%u", (int)getpid(), ++count);
    snprintf(s->prefix, sizeof(s->prefix), "web%d%u", (int)getpid(), count);
    s->vhost = test_vhost_new();
    s->nfvo = mini_nfvo_new(s->vhost);
    s->nfvo->host_prefix = s->prefix;
    s->agents = test_agents_new(s->type, s->type);
    s->schema = test_schema_new("generic");
    set_options(s);
    *state = s;
    return 0;
}

int generic_bed_teardown(void **state)
{
    struct generic_bed *s = *state;
    char user[80];
    for (unsigned i = 0; i < 2; i++)
        if (s->vnfm[i])
            test_program_stop(s->vnfm[i], SIGKILL);
    test_agents_end(s->agents);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(user, sizeof(user), "ems.%s", generic_bed_host(s, i));
        test_broker_api(s->vhost, "DELETE", arena_printf(&s->arena, "users/%s", user), NULL, NULL);
    }
    mini_nfvo_free(s->nfvo);
    test_agents_free(s->agents);
    test_schema_free(s->schema);
    test_vhost_free(s->vhost);
    arena_release(&s->arena);
    free(s);
    return 0;
}

/* --- messages --- */

void generic_bed_add_package(struct sbuf *out, const struct script_text *scripts)
{
    sbuf_adds(out, ",\"vnfPackage\":{\"id\":\"p-1\",\"name\":\"web\",\"scripts\":[");
    for (size_t i = 0; scripts[i].name; i++) {
        sbuf_addf(out, "%s{\"name\":\"%s\",\"payload\":[", i ? "," : "", scripts[i].name);
        for (const char *c = scripts[i].text; *c; c++)
            sbuf_addf(out, "%s%d", c > scripts[i].text ? "," : "", (int)(signed char)*c);
        sbuf_adds(out, "]}");
    }
    sbuf_adds(out, "]}");
}

const char *generic_bed_instantiate(struct generic_bed *s, const char *events, unsigned instances,
                                    const struct script_text *scripts)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out,
              "{\"action\":\"INSTANTIATE\",\"vnfd\":{\"id\":\"d-1\",\"name\":\"web\",\"type\":"
              "\"web\",\"endpoint\":\"%s\",\"provides\":[\"answer\"],\"configurations\":{\"name\":"
              "\"c\",\"configurationParameters\":[{\"confKey\":\"PORT\",\"value\":\"8080\"}]},"
              "\"lifecycle_event\":[%s],\"vdu\":[{\"id\":\"u-1\",\"name\":\"web-1\",\"vm_image\":["
              "\"host\"],\"vnfc\":[",
              s->type, events);
    for (unsigned i = 0; i < instances; i++)
        sbuf_addf(&out, "%s{\"connection_point\":[{\"virtual_link_reference\":\"mgmt\"}]}",
                  i ? "," : "");
    sbuf_addf(&out,
              "]}]},\"vnfdf\":{\"flavour_key\":\"m1\"},\"vnfInstanceName\":\"web\",\"vlrs\":[],"
              "\"extension\":{\"brokerIp\":\"%s\",\"brokerPort\":\"%d\",\"monitoringIp\":\"\","
              "\"timezone\":\"CET\",\"nsr-id\":\"nsr-1\"},\"vimInstances\":{},\"keys\":[]",
              s->vhost->host, s->vhost->port);
    if (scripts)
        generic_bed_add_package(&out, scripts);
    sbuf_addc(&out, '}');
    return arena_strdup(&s->arena, out.s);
}

const char *generic_bed_message(struct generic_bed *s, const char *action, const struct vnfr *vnfr,
                                const char *more)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_addf(&out, "{\"action\":\"%s\",\"virtualNetworkFunctionRecord\":", action);
    proto_encode(&vnfr_type, vnfr, PROTO_COMPLETE, &out);
    sbuf_addf(&out, "%s}", more ? more : "");
    return arena_strdup(&s->arena, out.s);
}

const char *generic_bed_id(struct generic_bed *s, const char *what)
{
    return arena_printf(&s->arena, "%s-0000-0000-0000-000000000000", what);
}

struct vnfm_or *generic_bed_answer(struct generic_bed *s, const char *what)
{
    struct vnfm_or *answer;
    struct err err = ERR_INIT;
    const char *text = mini_nfvo_await(s->nfvo, generic_bed_id(s, what), 1);
    if (getenv("OB_TEST_LOG"))
        fprintf(stderr, "%s\n", text);
    if (proto_decode(&vnfm_or_type, text, strlen(text), 0, &s->arena, &answer, &err) != ERR_OK)
        fail_msg("%s: %s", what, err.msg);
    return answer;
}

void generic_bed_send(struct generic_bed *s, const char *what, const char *body)
{
    mini_nfvo_send(s->nfvo, s->type, body, generic_bed_id(s, what));
}

struct vnfm_or *generic_bed_ask(struct generic_bed *s, const char *what, const char *body,
                                const char *expected)
{
    generic_bed_send(s, what, body);
    struct vnfm_or *answer = generic_bed_answer(s, what);
    if (strcmp(answer->action, expected) != 0)
        fail_msg("%s: %s instead of %s: %s", what, answer->action, expected,
                 answer->exception ? answer->exception->detail_message : "");
    return answer;
}

void generic_bed_deploy(struct generic_bed *s, const char *events, unsigned instances,
                        const struct script_text *scripts)
{
    mini_nfvo_await_consumer(s->nfvo, s->type);
    generic_bed_send(s, "instantiate", generic_bed_instantiate(s, events, instances, scripts));
    mini_nfvo_await_count(s->nfvo, &s->nfvo->allocates, 1);
    for (unsigned i = 0; i < instances; i++) {
        test_agents_login(s->agents, generic_bed_host(s, i), false);
        test_agents_boot(s->agents, generic_bed_host(s, i), s->nfvo->last_user_data);
    }
}

void generic_bed_assert_file(struct generic_bed *s, unsigned i, const char *name,
                             const char *expected)
{
    AUTO(freep) char *text = test_agents_read(s->agents, generic_bed_host(s, i), name);
    assert_string_equal(text, expected);
}

void generic_bed_assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text ? text : "NULL");
}

int64_t generic_bed_count(struct generic_bed *s, const char *sql)
{
    struct db *db = test_schema_open(s->schema);
    struct db_statement statement = {"count", sql};
    struct db_result res;
    struct err err = ERR_INIT;
    if (db_query(db, &statement, NULL, 0, &res, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    int64_t n = db_int64(&res, 0, 0);
    db_results_clear(db);
    db_free(db);
    return n;
}

const char generic_bed_note[] =
    "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho \"$(basename \"$0\") $hostname $PORT"
    " $db_ip $answer\" >>runs\n";

/* A script waits until the test has seen it run. */
const char generic_bed_slow[] =
    "#!/bin/bash\ncd \"$(dirname \"$0\")\"\necho begin >>runs\nuntil [ -e "
    "go ]; do sleep 0.05; done\n"
    "echo end >>runs\n";

void generic_bed_await_file(struct generic_bed *s, unsigned i, const char *name,
                            const char *expected)
{
    int64_t until = clock_mono_us() + 90 * USEC_PER_SEC;
    for (;;) {
        AUTO(freep) char *text = test_agents_read(s->agents, generic_bed_host(s, i), name);
        if (strstr(text, expected))
            return;
        if (clock_mono_us() > until)
            fail_msg("%s never had '%s': %s", name, expected, text);
        mini_nfvo_pump(s->nfvo, 20);
    }
}

void generic_bed_write_file(struct generic_bed *s, unsigned i, const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s/opt/openbaton/scripts/%s", s->agents->folder,
             generic_bed_host(s, i), name);
    FILE *f = fopen(path, "we");
    if (!f || fclose(f) != 0)
        fail_msg("write %s", path);
}

void generic_bed_await_count(struct generic_bed *s, const char *sql, int64_t expected)
{
    int64_t until = clock_mono_us() + 90 * USEC_PER_SEC;
    while (generic_bed_count(s, sql) != expected) {
        if (clock_mono_us() > until)
            fail_msg("never %lld: %s", (long long)expected, sql);
        mini_nfvo_pump(s->nfvo, 20);
    }
}

void generic_bed_scale_out(struct generic_bed *s, const char *what, struct vnfr *vnfr,
                           const char *mode, const char *more)
{
    struct vnf_component *component = proto_new(&vnf_component_type, &s->arena);
    unsigned i = vnfr->vdu.at[0]->vnfc_instance.n, before = s->nfvo->scalings;
    component->id = arena_printf(&s->arena, "c-new-%u", i);
    proto_list_add(&vnfr->vdu.at[0]->vnfc, component, &s->arena);
    const char *members = arena_printf(
        &s->arena,
        ",\"component\":{\"id\":\"%s\"},\"mode\":\"%s\",\"extension\":{\"brokerIp\":\"%s\","
        "\"brokerPort\":\"%d\"},\"vimInstance\":{\"id\":\"v-1\",\"name\":\"pop1\",\"type\":"
        "\"test\"}%s",
        component->id, mode, s->vhost->host, s->vhost->port, more);
    generic_bed_send(s, what, generic_bed_message(s, "SCALE_OUT", vnfr, members));
    mini_nfvo_await_count(s->nfvo, &s->nfvo->scalings, before + 1);
    test_agents_login(s->agents, generic_bed_host(s, i), false);
    test_agents_boot(s->agents, generic_bed_host(s, i), s->nfvo->last_user_data);
}
