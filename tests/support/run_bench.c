#include "tests/support/run_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S USEC_PER_SEC

const char bench_record[] =
    "{\"id\":\"r-1\",\"name\":\"web\",\"provides\":{\"configurationParameters\":[{\"confKey\":"
    "\"mgmt\",\"value\":\"covered\"},{\"confKey\":\"answer\"},{\"confKey\":\"k-1\",\"value\":"
    "\"p\"}]},\"configurations\":{\"configurationParameters\":[{\"confKey\":\"PORT\",\"value\":"
    "\"80\"},{\"confKey\":\"k-1\",\"value\":\"c\"}]},\"lifecycle_event\":["
    "{\"event\":\"INSTANTIATE\",\"lifecycle_events\":[\"a.sh\",\"b.sh x y\"]},"
    "{\"event\":\"CONFIGURE\",\"lifecycle_events\":[\"db_one.sh\",\"plain.sh\",\"none_two.sh\"]},"
    "{\"event\":\"START\",\"lifecycle_events\":[\"start.sh\"]},"
    "{\"event\":\"HEAL\",\"lifecycle_events\":[\"heal.sh\"]},"
    "{\"event\":\"SCALE_IN\",\"lifecycle_events\":[\"in.sh\"]},"
    "{\"event\":\"TERMINATE\",\"lifecycle_events\":[\"bye.sh\",\"bye2.sh\"]}],"
    "\"vdu\":[{\"id\":\"u\",\"vnfc_instance\":["
    "{\"id\":\"i-0\",\"hostname\":\"web-0\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"mgmt\","
    "\"ip\":\"10.0.0.1\"}],\"floatingIps\":[{\"netName\":\"mgmt\",\"ip\":\"1.2.3.4\"}]},"
    "{\"id\":\"i-1\",\"hostname\":\"web-1\",\"state\":\"ACTIVE\",\"ips\":[{\"netName\":\"net-2\","
    "\"ip\":\"10.0.0.2\"}]}]}]}";
const char bench_dependency[] =
    "{\"target\":\"web\",\"idType\":{\"database\":\"db\",\"n\":\"none\"},\"parameters\":{\"db\":"
    "{\"parameters\":{\"user\":\"root\",\"ip\":\"\"}}},\"vnfcParameters\":{\"none\":{"
    "\"parameters\":{}},\"db\":{\"parameters\":{\"d-1\":{\"parameters\":{\"ip\":\"10.1.0.1\"}},"
    "\"d-2\":{\"parameters\":{\"ip\":\"10.1.0.2\"}}}}}}";
const char bench_package[] =
    "{\"name\":\"p\",\"scripts\":[{\"name\":\"a.sh\",\"payload\":\"YQ==\"},"
    "{\"name\":\"b.sh\",\"payload\":\"Yg==\"},{\"name\":\"db_one.sh\"},"
    "{\"name\":\"plain.sh\"},{\"name\":\"none_two.sh\"},{\"name\":"
    "\"start.sh\"},{\"name\":\"heal.sh\"},{\"name\":\"in.sh\"},{\"name\":"
    "\"bye.sh\"},{\"name\":\"bye2.sh\"}]}";

void *bench_decode(struct bench *b, const struct proto_type *type, const char *text)
{
    void *rec;
    struct err err = ERR_INIT;
    if (proto_decode(type, text, strlen(text), 0, &b->arena, &rec, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return rec;
}

struct bench *bench_new(enum action action)
{
    struct bench *b = calloc(1, sizeof(*b));
    b->limits = (struct run_limits)RUN_LIMITS_DEFAULT;
    b->now = 1000 * S;
    b->request = (struct run_request){.id = "run-1",
                                      .action = action,
                                      .vnfr = bench_decode(b, &vnfr_type, bench_record),
                                      .guard = {.at = (const uint8_t *)"guard", .n = 5}};
    return b;
}

void bench_free(struct bench *b)
{
    arena_release(&b->arena);
    free(b);
}

void bench_plan(struct bench *b)
{
    struct err err = ERR_INIT;
    b->run = run_plan(&b->request, &b->limits, &b->arena, &err);
    if (!b->run)
        fail_msg("%s", err.msg);
    run_started(b->run, b->now, b->now);
}

void bench_hello(struct bench *b, const char *hostname, int64_t n, bool has_journal)
{
    struct run_host *host = run_host_find(b->run, hostname);
    assert_non_null(host);
    run_hello(b->run, host,
              &(struct run_agent){.hello_n = n, .boot_at = b->now, .has_journal = has_journal});
}

void bench_proceed(struct bench *b)
{
    b->orders = (struct run_orders){0};
    run_proceed(b->run, b->now, &b->orders);
}

/* What was ordered, as "host kind script ..." words. */
void bench_assert_orders(struct bench *b, const char *expected)
{
    static const char *const kinds[] = {"save", "clone", "replace", "dependency", "execute"};
    char text[4000] = "";
    bench_proceed(b);
    for (uint32_t i = 0; i < b->orders.n; i++) {
        const struct run_send *o = &b->orders.at[i];
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s %s%s%s", i ? ", " : "",
                 o->host->hostname, kinds[o->step->kind], o->step->script,
                 o->step->source[0] ? "/" : "", o->step->source);
    }
    assert_string_equal(text, expected);
}

void bench_answer(struct bench *b, uint32_t order, int status, const char *output,
                  const char *state)
{
    struct run_send o = b->orders.at[order];
    run_reply(
        b->run, o.host, o.step,
        &(struct ems_reply){
            .status = status, .output = output, .err = status ? "went wrong" : "", .state = state},
        b->now);
}

void bench_answer_all(struct bench *b)
{
    for (uint32_t i = 0; i < b->orders.n; i++)
        bench_answer(b, i, 0, "", NULL);
}

const char *bench_env_of(struct bench *b, uint32_t order, const char *name)
{
    struct proto_strmap env =
        run_environment(b->run, b->orders.at[order].host, b->orders.at[order].step);
    return proto_strmap_get(&env, name);
}

struct step *bench_step_of(struct bench *b, const char *hostname, const char *script)
{
    struct run_host *host = run_host_find(b->run, hostname);
    for (uint32_t i = 0; i < host->n; i++)
        if (strcmp(host->steps[i]->script, script) == 0)
            return host->steps[i];
    fail_msg("no %s", script);
    return NULL;
}

const struct vnfc_instance *bench_instance_of(struct bench *b, uint32_t i)
{
    return b->run->vnfr->vdu.at[0]->vnfc_instance.at[i];
}
