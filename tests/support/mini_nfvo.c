#include "tests/support/mini_nfvo.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "proto/topology.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The first that is refused is told after a second, what comes later once in a minute. */
enum { DEADLINE_S = 90, REFUSED_DEADLINE_S = 60 + 60 };

static void put(struct mini_nfvo *n, const char *path, const char *body)
{
    long status = test_broker_api(n->vhost, "PUT", path, body, NULL);
    if (status / 100 != 2)
        fail_msg("PUT %s: %ld", path, status);
}

static void make_user(struct mini_nfvo *n, const char *user, const char *password,
                      const struct topology_rights *r)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char path[300];
    sbuf_addf(&body, "{\"password\":\"%s\",\"tags\":\"\"}", password);
    snprintf(path, sizeof(path), "users/%s", user);
    put(n, path, body.s);
    sbuf_clear(&body);
    sbuf_adds(&body, "{\"configure\":");
    proto_quotes(&body, r->configure.s);
    sbuf_adds(&body, ",\"write\":");
    proto_quotes(&body, r->write.s);
    sbuf_adds(&body, ",\"read\":");
    proto_quotes(&body, r->read.s);
    sbuf_addc(&body, '}');
    snprintf(path, sizeof(path), "permissions/%s/%s", n->vhost->name, user);
    put(n, path, body.s);
    sbuf_clear(&body);
    sbuf_adds(&body, "{\"exchange\":\"" TOPOLOGY_EXCHANGE "\",\"write\":");
    proto_quotes(&body, r->topic_write.s);
    sbuf_adds(&body, ",\"read\":");
    proto_quotes(&body, r->topic_read.s);
    sbuf_addc(&body, '}');
    snprintf(path, sizeof(path), "topic-permissions/%s/%s", n->vhost->name, user);
    put(n, path, body.s);
}

struct mini_nfvo *mini_nfvo_new(struct test_vhost *vhost)
{
    static const char *const queues[] = {QUEUE_MANAGER_HANDLING, QUEUE_ACTIONS_REPLY,
                                         QUEUE_REPLIES};
    struct mini_nfvo *n = xcalloc(1, sizeof(*n));
    struct bus_options o = test_bus_options(vhost, "mini-nfvo");
    struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    n->vhost = vhost;
    n->bus = bus_new(&o);
    bus_want_exchange(n->bus, &(struct bus_exchange){
                                  .name = TOPOLOGY_EXCHANGE, .type = "topic", .is_durable = true});
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        bus_want_queue(n->bus, &(struct bus_queue){.name = queues[i], .is_durable = true});
        bus_want_binding(n->bus,
                         &(struct bus_binding){.queue = queues[i], .exchange = TOPOLOGY_EXCHANGE});
        bus_want_consumer(n->bus, &(struct bus_consumer){.queue = queues[i], .prefetch = 64});
    }
    test_bus_await(n->bus, BUS_READY);
    snprintf(n->registrar, sizeof(n->registrar), "registrar-%s", vhost->name);
    topology_rights_registration(&r);
    make_user(n, n->registrar, "registrar", &r);
    topology_rights_release(&r);
    return n;
}

void mini_nfvo_free(struct mini_nfvo *n)
{
    test_user_free(n->vhost, n->registrar);
    bus_free(n->bus);
    arena_release(&n->arena);
    free(n);
}

static void reply(struct mini_nfvo *n, const struct bus_delivery *d, const char *body)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    struct bus_message m = {.routing_key = d->reply_to,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = d->correlation_id};
    if (bus_publish(n->bus, &m, &seq, &err) != ERR_OK)
        fail_msg("reply: %s", err.msg);
}

/* What a VNFM refused: REFUSED_BY_PEER. */
static bool on_refused(struct mini_nfvo *n, const struct bus_delivery *d)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct refused_by_peer *told;
    struct err err = ERR_INIT;
    if (!strstr(d->body, "\"" REFUSED_BY_PEER "\""))
        return false;
    if (proto_decode(&refused_by_peer_type, d->body, d->len, 0, &a, &told, &err) != ERR_OK)
        fail_msg("refused: %s", err.msg);
    n->refused += (unsigned)told->times;
    n->last_refused =
        arena_printf(&n->arena, "%s %s", told->account ? told->account : "nobody", told->words);
    return true;
}

static void on_registration(struct mini_nfvo *n, const struct bus_delivery *d)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    struct registration *reg;
    struct err err = ERR_INIT;
    if (proto_decode(&registration_type, d->body, d->len, 0, &a, &reg, &err) != ERR_OK)
        fail_msg("registration: %s", err.msg);
    if (strcmp(reg->action, "register") != 0) {
        assert_string_equal(reg->action, "unregister");
        assert_non_null(reg->password);
        n->unregisters++;
        return;
    }
    assert_non_null(reg->instance);
    n->registers++;
    n->last_user = arena_strdup(&n->arena, reg->type);
    if (reg->endpoint)
        topology_rights_vnfm(&r, reg->endpoint->endpoint, 0);
    else
        topology_rights_plugin(&r, reg->type, 0);
    make_user(n, reg->type, "private", &r);
    topology_rights_release(&r);
    sbuf_addf(&out, "{\"rabbitUsername\":\"%s\",\"rabbitPassword\":\"private\"}", reg->type);
    reply(n, d, out.s);
}

static struct vnfc_instance *instance_of(const struct mini_nfvo *n, struct vnf_component *c,
                                         unsigned i, struct arena *a)
{
    struct vnfc_instance *instance = proto_new(&vnfc_instance_type, a);
    instance->id = arena_printf(a, "i-%u", i);
    instance->hostname = arena_printf(a, "%s-%u", n->host_prefix ? n->host_prefix : "host", i);
    instance->vc_id = arena_printf(a, "vc-%u", i);
    instance->state = "ACTIVE";
    instance->vnf_component = c;
    return instance;
}

/* An instance for each component that has none: what ALLOCATE and SCALING do alike. */
static void allocate(const struct mini_nfvo *n, struct vnfr *r, struct arena *a)
{
    for (uint32_t v = 0; v < r->vdu.n; v++)
        for (uint32_t i = r->vdu.at[v]->vnfc_instance.n; i < r->vdu.at[v]->vnfc.n; i++)
            proto_list_add(&r->vdu.at[v]->vnfc_instance,
                           instance_of(n, r->vdu.at[v]->vnfc.at[i], i, a), a);
}

static void grant(struct vnfr *r, struct or_vnfm *out, struct arena *a)
{
    r->id = "r-1";
    for (uint32_t v = 0; v < r->vdu.n; v++) {
        struct vim_instance *vim = proto_new(&vim_instance_type, a);
        vim->id = "v-1";
        vim->name = "pop1";
        vim->type = "test";
        r->vdu.at[v]->id = arena_printf(a, "u-%u", v);
        for (uint32_t c = 0; c < r->vdu.at[v]->vnfc.n; c++)
            r->vdu.at[v]->vnfc.at[c]->id = arena_printf(a, "c-%u-%u", v, c);
        proto_map_add(&out->vdu_vim, r->vdu.at[v]->id, vim, a);
    }
    out->grant_allowed = true;
    out->record = r;
}

static void on_question(struct mini_nfvo *n, const struct bus_delivery *d)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct or_vnfm out = {0};
    struct vnfm_or *in;
    struct err err = ERR_INIT;
    if (proto_decode(&vnfm_or_type, d->body, d->len, 0, &a, &in, &err) != ERR_OK)
        fail_msg("question: %s", err.msg);
    enum action action = action_parse(in->action);
    out.action = in->action;
    if (n->is_refusing) {
        out.action = "ERROR";
        out.message = "not today";
    } else if (action == ACTION_GRANT_OPERATION) {
        n->grants++;
        grant(in->record, &out, &a);
    } else {
        assert_true(action == ACTION_ALLOCATE_RESOURCES || action == ACTION_SCALING);
        *(action == ACTION_SCALING ? &n->scalings : &n->allocates) += 1;
        out.action = action == ACTION_SCALING ? "SCALED" : in->action;
        n->last_user_data = arena_strdup(&n->arena, in->userdata);
        allocate(n, in->record, &a);
        out.vnfr = in->record;
    }
    proto_encode(&or_vnfm_type, &out, PROTO_COMPLETE, &text);
    reply(n, d, text.s);
}

static void on_delivery(struct mini_nfvo *n, const struct bus_delivery *d)
{
    if (strcmp(d->queue, QUEUE_MANAGER_HANDLING) == 0 && !on_refused(n, d))
        on_registration(n, d);
    else if (strcmp(d->queue, QUEUE_MANAGER_HANDLING) == 0)
        ;
    else if (strcmp(d->queue, QUEUE_ACTIONS_REPLY) == 0)
        on_question(n, d);
    else if (n->answer_n < MINI_ANSWERS_MAX) {
        n->answers[n->answer_n].id =
            arena_strdup(&n->arena, d->correlation_id ? d->correlation_id : "");
        n->answers[n->answer_n++].body = arena_strndup(&n->arena, d->body, d->len);
    }
    bus_ack(n->bus, d->tag, d->epoch);
}

void mini_nfvo_pump(struct mini_nfvo *n, int ms)
{
    struct bus_event ev;
    if (bus_next(n->bus, &ev, -1, ms) == BUS_DELIVERY)
        on_delivery(n, ev.delivery);
}

#define AWAIT(n, condition) AWAIT_FOR(n, DEADLINE_S, condition)
#define AWAIT_FOR(n, seconds, condition)                                                           \
    do {                                                                                           \
        int64_t deadline_ = clock_mono_us() + (seconds)*USEC_PER_SEC;                              \
        while (!(condition)) {                                                                     \
            if (clock_mono_us() > deadline_)                                                       \
                fail_msg("%s: not within %d s", #condition, (int)(seconds));                       \
            mini_nfvo_pump(n, 50);                                                                 \
        }                                                                                          \
    } while (0)

void mini_nfvo_send(struct mini_nfvo *n, const char *queue, const char *body, const char *id)
{
    struct err err = ERR_INIT;
    uint64_t seq;
    struct bus_message m = {.exchange = TOPOLOGY_EXCHANGE,
                            .routing_key = queue,
                            .body = body,
                            .len = strlen(body),
                            .correlation_id = id,
                            .reply_to = QUEUE_REPLIES};
    if (bus_publish(n->bus, &m, &seq, &err) != ERR_OK)
        fail_msg("send to %s: %s", queue, err.msg);
}

static const char *find(const struct mini_nfvo *n, const char *id, unsigned nth)
{
    for (unsigned i = 0; i < n->answer_n; i++)
        if (strcmp(n->answers[i].id, id) == 0 && --nth == 0)
            return n->answers[i].body;
    return NULL;
}

const char *mini_nfvo_await(struct mini_nfvo *n, const char *id, unsigned nth)
{
    AWAIT(n, find(n, id, nth) != NULL);
    return find(n, id, nth);
}

const char *mini_nfvo_ask(struct mini_nfvo *n, const char *queue, const char *body, const char *id)
{
    mini_nfvo_send(n, queue, body, id);
    return mini_nfvo_await(n, id, 1);
}

void mini_nfvo_await_answers(struct mini_nfvo *n, unsigned count)
{
    AWAIT(n, n->answer_n >= count);
}

void mini_nfvo_await_count(struct mini_nfvo *n, const unsigned *counter, unsigned at_least)
{
    AWAIT(n, *counter >= at_least);
}

void mini_nfvo_await_refused(struct mini_nfvo *n, unsigned at_least)
{
    AWAIT_FOR(n, REFUSED_DEADLINE_S, n->refused >= at_least);
}

static bool has_consumer(struct mini_nfvo *n, const char *queue)
{
    uint32_t messages, consumers = 0;
    return bus_is_ready(n->bus) &&
           bus_queue_check(n->bus, queue, &messages, &consumers, NULL) == ERR_OK && consumers > 0;
}

void mini_nfvo_await_consumer(struct mini_nfvo *n, const char *queue)
{
    AWAIT(n, has_consumer(n, queue));
}

pid_t test_program_start(const char *name, const char *const *args)
{
    char path[4096];
    const char *argv[32] = {name};
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 100);
    if (len < 0)
        fail_msg("where am I?");
    path[len] = '\0';
    char *slash = strstr(path, "/integration/");
    if (!slash)
        slash = strstr(path, "/hostile/");
    if (!slash)
        fail_msg("'%s' is neither in <out>/integration nor in <out>/hostile", path);
    snprintf(slash, 100, "/bin/%s", name);
    for (size_t i = 0; args[i] && i < 30; i++)
        argv[i + 1] = args[i];
    pid_t pid = fork();
    if (pid == 0) {
        union { /* execv does not write to them */
            const char *const *from;
            char *const *to;
        } cast = {argv};
        execv(path, cast.to);
        _exit(127);
    }
    return pid;
}

int test_program_stop(pid_t pid, int signal)
{
    int status = 0;
    kill(pid, signal);
    if (waitpid(pid, &status, 0) != pid)
        fail_msg("no child %d", (int)pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
