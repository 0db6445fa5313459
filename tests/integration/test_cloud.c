/* ob_cloud through a broker: a driver made of a few functions, whose launches wait for each other. */
#include "tests/support/mini_nfvo.h"
#include "vim-drivers/sdk/ob_cloud.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAUNCHES = 64, FEW = 4, WAIT_S = 60 };

static struct test_vhost *vhost;
static struct mini_nfvo *nfvo;
static struct ob_cloud *cloud;
static char queue[120], type[40];

/* --- the cloud --- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned in_flight, most, wanted; /* launches go on when so many are in flight, or is_open */
    bool is_open;
    unsigned unavailable; /* listings that find no cloud */
    unsigned listings;
    char seen[400]; /* of the last launch */
} sky = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static enum ob_code refresh(void *arg, struct ob_cloud_call *call, unsigned wants,
                            struct ob_err *err)
{
    static const char *const tags[] = {"bionic", "18.04"};
    (void)arg;
    (void)err;
    if (wants & OB_CLOUD_IMAGES)
        ob_cloud_add_image(
            call, &(struct ob_cloud_image){.id = "i-1", .name = "img", .tags = tags, .tag_n = 2});
    if (wants & OB_CLOUD_NETWORKS)
        ob_cloud_add_network(
            call, &(struct ob_cloud_network){
                      .id = "n-1", .name = "net", .cidr = "10.1.0.0/24", .gateway = "10.1.0.1"});
    ob_cloud_warn(call, "others are here");
    ob_cloud_note(call, "");
    if (wants & OB_CLOUD_FLAVOURS)
        ob_cloud_add_flavour(call, &(struct ob_cloud_flavour){.name = "tiny", .ram_mb = 64});
    return ERR_OK;
}

static enum ob_code list_servers(void *arg, struct ob_cloud_call *call, struct ob_err *err)
{
    (void)arg;
    pthread_mutex_lock(&sky.lock);
    sky.listings++;
    bool is_there = sky.unavailable == 0;
    sky.unavailable -= !is_there;
    pthread_mutex_unlock(&sky.lock);
    if (!is_there)
        return err_set(err, ERR_UNAVAIL, "no cloud");
    ob_cloud_add_server(call,
                        &(struct ob_cloud_server){.id = "s", .name = "s", .status = "ACTIVE"});
    return ERR_OK;
}

static void note(const struct ob_cloud_launch *want)
{
    size_t n = (size_t)snprintf(sky.seen, sizeof(sky.seen), "%s %s %s", want->image.id,
                                want->flavour.name, want->authorized_keys);
    for (size_t i = 0; i < want->port_n && n < sizeof(sky.seen); i++)
        n += (size_t)snprintf(sky.seen + n, sizeof(sky.seen) - n, " %s/%s/%s",
                              want->ports[i].network,
                              want->ports[i].fixed_ip ? want->ports[i].fixed_ip : "-",
                              want->ports[i].floating_ip ? want->ports[i].floating_ip : "-");
    for (size_t i = 0; i < want->metadata_n && n < sizeof(sky.seen); i++)
        n += (size_t)snprintf(sky.seen + n, sizeof(sky.seen) - n, " %s=%s", want->metadata[i].key,
                              want->metadata[i].value);
}

static enum ob_code launch(void *arg, struct ob_cloud_call *call,
                           const struct ob_cloud_launch *want, struct ob_cloud_server *ret,
                           struct ob_err *err)
{
    struct timespec until;
    enum ob_code rc = ERR_OK;
    (void)arg;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&sky.lock);
    note(want);
    sky.in_flight++;
    sky.most = sky.in_flight > sky.most ? sky.in_flight : sky.most;
    pthread_cond_broadcast(&sky.changed);
    while (sky.most < sky.wanted && !sky.is_open && rc == ERR_OK)
        if (pthread_cond_timedwait(&sky.changed, &sky.lock, &until) != 0)
            rc = err_set(err, ERR_TIMEOUT, "the others did not come");
    sky.in_flight--;
    pthread_mutex_unlock(&sky.lock);
    *ret = (struct ob_cloud_server){
        .id = ob_cloud_text(call, want->token), .name = want->name, .status = "ACTIVE"};
    if (strcmp(want->name, "left") == 0)
        return err_set(err, ERR_PEER, "it does not come up");
    return rc;
}

static enum ob_code delete_server(void *arg, struct ob_cloud_call *call, const char *id,
                                  struct ob_err *err)
{
    (void)arg;
    return ob_cloud_spend(call, id, err);
}

static const struct ob_cloud_table table = {.refresh = refresh,
                                            .list_servers = list_servers,
                                            .launch = launch,
                                            .delete_server = delete_server};

static void open_as(bool is_remote, unsigned launches, unsigned wanted)
{
    static int number;
    struct err err = ERR_INIT;
    sky.in_flight = sky.most = sky.unavailable = sky.listings = 0;
    sky.wanted = wanted;
    sky.is_open = false;
    snprintf(type, sizeof(type), "sky%d-%d", (int)getpid(), ++number);
    snprintf(queue, sizeof(queue), "vim-drivers.%s.%s", type, type);
    vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    cloud = ob_cloud_new(&(struct ob_cloud_options){.vim = {.type = type,
                                                            .broker = {.host = vhost->host,
                                                                       .port = vhost->port,
                                                                       .vhost = vhost->name,
                                                                       .user = nfvo->registrar,
                                                                       .password = "registrar"},
                                                            .threads = 1},
                                                    .table = &table,
                                                    .launches = launches,
                                                    .is_remote = is_remote,
                                                    .default_flavour = "tiny"},
                         &err);
    if (!cloud || ob_cloud_start(cloud, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    mini_nfvo_await_consumer(nfvo, queue);
}

static void open_cloud(unsigned launches, unsigned wanted)
{
    open_as(false, launches, wanted);
}

static void close_cloud(void)
{
    ob_cloud_stop(cloud, 10000);
    ob_cloud_free(cloud);
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
}

#define POP_OF(id, project)                                                                        \
    "{\"id\":\"" id "\",\"name\":\"pop\",\"type\":\"sky\",\"projectId\":\"" project "\"}"
#define POP POP_OF("v-1", "p")

static void send_launch_to(const char *pop, const char *name, const char *image, const char *id)
{
    char body[1000];
    snprintf(body, sizeof(body),
             "{\"methodName\":\"launchInstanceAndWait\",\"clientToken\":\"%s\",\"vduMetadata\":{"
             "\"m\":\"1\"},\"parameters\":[%s"
             ",\"%s\",\"%s\",\"\",\"\",[{\"virtual_link_reference\":\"b\",\"interfaceId\":1,"
             "\"fixedIp\":\"10.0.0.9\"},{\"virtual_link_reference\":\"a\",\"interfaceId\":0}],[],"
             "\"\",{\"b\":\"random\"},[{\"name\":\"k\",\"publicKey\":\"ssh-rsa AA\\n\"}]]}",
             id, pop, name, image);
    mini_nfvo_send(nfvo, queue, body, id);
}

static void send_launch(const char *name, const char *image, const char *id)
{
    send_launch_to(POP, name, image, id);
}

static const char *ask_of(const char *pop, const char *method)
{
    static int number;
    char body[400], id[40];
    snprintf(id, sizeof(id), "of-%d", ++number);
    snprintf(body, sizeof(body), "{\"methodName\":\"%s\",\"parameters\":[%s]}", method, pop);
    return mini_nfvo_ask(nfvo, queue, body, id);
}

static const char *ask(const char *method, const char *rest)
{
    static int number;
    char body[400], id[40];
    snprintf(id, sizeof(id), "ask-%d", ++number);
    snprintf(body, sizeof(body), "{\"methodName\":\"%s\",\"parameters\":[" POP "%s]}", method,
             rest);
    return mini_nfvo_ask(nfvo, queue, body, id);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

/* --- tests --- */

/* None of them ends before all are in flight, on one worker. */
static void test_all_at_once(void **state)
{
    char id[40];
    (void)state;
    open_cloud(LAUNCHES, LAUNCHES);
    for (int i = 0; i < LAUNCHES; i++) {
        snprintf(id, sizeof(id), "l-%d", i);
        send_launch("web", "i-1", id);
    }
    for (int i = 0; i < LAUNCHES; i++) {
        snprintf(id, sizeof(id), "l-%d", i);
        assert_has(mini_nfvo_await(nfvo, id, 1), "\"status\":\"ACTIVE\"");
    }
    assert_int_equal(sky.most, LAUNCHES);
    close_cloud();
}

/* No more than are allowed; and what is asked meanwhile is answered meanwhile. */
static void test_few_at_once(void **state)
{
    char id[40];
    (void)state;
    open_cloud(FEW, LAUNCHES);
    for (int i = 0; i < 3 * FEW; i++) {
        snprintf(id, sizeof(id), "l-%d", i);
        send_launch("web", "bionic", id);
    }
    assert_has(ask("listServer", ""), "\"extId\":\"s\"");
    assert_has(ask("deleteServerByIdAndWait", ",\"other\""), "true");
    pthread_mutex_lock(&sky.lock);
    sky.is_open = true;
    pthread_cond_broadcast(&sky.changed);
    pthread_mutex_unlock(&sky.lock);
    for (int i = 0; i < 3 * FEW; i++) {
        snprintf(id, sizeof(id), "l-%d", i);
        assert_has(mini_nfvo_await(nfvo, id, 1), "\"status\":\"ACTIVE\"");
    }
    assert_true(sky.most <= FEW);
    close_cloud();
}

/* A cloud that answers nothing has no more than half of the threads, and all clouds of a project three
 * quarters: the rest answers others. All of it is served in the end. */
static void attack_clouds_that_answer_nothing(void **state)
{
    enum { THREADS = 8, MANY = 3 * THREADS };
    static const char *const pops[] = {POP, POP_OF("v-2", "p"), POP_OF("v-3", "p")};
    char id[40];
    (void)state;
    open_as(true, THREADS, MANY + 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "l-%d", i);
        send_launch_to(pops[0], "web", "i-1", id);
    }
    assert_has(ask_of(pops[1], "listServer"), "\"extId\":\"s\"");
    pthread_mutex_lock(&sky.lock);
    unsigned of_one = sky.in_flight;
    pthread_mutex_unlock(&sky.lock);
    assert_int_equal(of_one, THREADS / 2);
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "m-%d", i);
        send_launch_to(pops[1 + i % 2], "web", "i-1", id);
    }
    assert_has(ask_of(POP_OF("v-4", "other"), "listServer"), "\"extId\":\"s\"");
    pthread_mutex_lock(&sky.lock);
    unsigned of_all = sky.in_flight;
    sky.is_open = true;
    pthread_cond_broadcast(&sky.changed);
    pthread_mutex_unlock(&sky.lock);
    assert_int_equal(of_all, THREADS * 3 / 4);
    for (int i = 0; i < 2 * MANY; i++) {
        snprintf(id, sizeof(id), "%c-%d", i < MANY ? 'l' : 'm', i % MANY);
        assert_has(mini_nfvo_await(nfvo, id, 1), "\"status\":\"ACTIVE\"");
    }
    close_cloud();
}

static void test_calls(void **state)
{
    (void)state;
    open_cloud(FEW, 0);
    /* Nothing reached the cloud: again, until it does. */
    sky.unavailable = 2;
    assert_has(ask("listServer", ""), "\"extId\":\"s\"");
    assert_int_equal(sky.listings, 3);
    /* By a tag, the default flavour, keys as lines, interfaces in their order. */
    send_launch("web", "18.04", "t-1");
    assert_has(mini_nfvo_await(nfvo, "t-1", 1), "\"extId\":\"t-1\"");
    assert_string_equal(sky.seen, "i-1 tiny ssh-rsa AA\n a/-/- b/10.0.0.9/random m=1");
    send_launch("web", "nothing", "t-2");
    assert_has(mini_nfvo_await(nfvo, "t-2", 1),
               "image 'nothing' is not there; hint: there are img");
    /* What a failed launch left is named, so that it can be deleted. */
    send_launch("left", "img", "t-3");
    assert_has(mini_nfvo_await(nfvo, "t-3", 1), "it does not come up");
    assert_has(mini_nfvo_await(nfvo, "t-3", 1), "\"server\":{");
    assert_has(mini_nfvo_await(nfvo, "t-3", 1), "\"extId\":\"t-3\"");
    /* Deleted: a launch that comes late makes nothing. */
    assert_has(ask("deleteServerByIdAndWait", ",\"t-4\""), "true");
    send_launch("web", "img", "t-4");
    assert_has(mini_nfvo_await(nfvo, "t-4", 1), "exception");
    assert_has(ask("rebuildServer", ",\"s\",\"img\""), "rebuilds no servers");
    assert_has(ask("refresh", ""), "\"flavour_key\":\"tiny\"");
    assert_has(ask("addFlavor", ",{\"flavour_key\":\"tiny\"}"), "\"extId\":\"tiny\"");
    assert_has(ask("addFlavor", ",{\"flavour_key\":\"huge\"}"), "flavour 'huge' is not there");
    assert_has(ask("addFlavor", ",{\"flavour_key\":\"tiny\",\"ram\":65}"), "with other sizes");
    assert_has(ask("addFlavor", ",{\"flavour_key\":\"tiny\",\"ram\":64}"), "\"extId\":\"tiny\"");
    assert_has(ask("addFlavor", ",{}"), "a flavour needs a flavour_key");
    assert_has(ask("refresh", ""), "\"baton.warning\":\"others are here\",\"baton.note\":\"\"");
    assert_has(ask("getNetworkById", ",\"net\""), "\"extId\":\"n-1\"");
    assert_has(ask("createSubnet", ",{\"name\":\"net\"},{\"name\":\"s\"}"),
               "\"extId\":\"subnet-n-1\"");
    assert_has(ask("createSubnet", ",{\"extId\":\"n-1\"},{\"cidr\":\"10.2.0.0/24\"}"),
               "network 'net' has the subnet '10.1.0.0/24', and no other");
    assert_has(ask("getQuota", ""), "\"instances\":-1");
    assert_has(ask("getType", ""), type);
    assert_has(ask("createNetwork", ",{}"), "makes no networks");
    assert_has(ask("noSuchMethod", ""), "has no method");
    close_cloud();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_few_at_once),
        cmocka_unit_test(attack_clouds_that_answer_nothing), cmocka_unit_test(test_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
