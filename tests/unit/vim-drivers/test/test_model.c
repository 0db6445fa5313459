#include "vim-drivers/test/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const images[] = {"cirros"}, *const networks[] = {"mgmt"};
static char folder[] = "/tmp/baton-model.XXXXXX", state_path[64], spent_path[80];

static struct model *open_model(const char *state_file, enum err_code want)
{
    struct model *m = NULL;
    struct err err = ERR_INIT;
    enum err_code rc = model_new(&(struct model_options){.state_file = state_file,
                                                         .capacity = 3,
                                                         .images = images,
                                                         .image_n = 1,
                                                         .networks = networks,
                                                         .network_n = 1},
                                 &m, &err);
    if (rc != want)
        fail_msg("%s", err.msg);
    return m;
}

static enum err_code put_server(struct model_pop *pop, const char *token, const char *network,
                                char id[64], char ip[16])
{
    char json[100];
    assert_int_equal(model_take_ip(pop, network, NULL, ip, NULL), ERR_OK);
    model_next_id(pop, MODEL_SERVER, id);
    int n = snprintf(json, sizeof(json), "{\"extId\":\"%s\"}", id);
    enum err_code rc = model_put(pop, MODEL_SERVER, id, "host", token, json, (size_t)n, NULL);
    if (rc != ERR_OK)
        model_drop_ips(pop);
    return rc;
}

static void test_seeds(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct model *m = open_model(NULL, ERR_OK);
    struct model_pop *pop = model_pop(m, "v-1");
    model_list(pop, MODEL_IMAGE, &text);
    model_list(pop, MODEL_NETWORK, &text);
    assert_string_equal(text.s, "[{\"name\":\"cirros\",\"extId\":\"cirros\",\"status\":\"ACTIVE\"}]"
                                "[{\"name\":\"mgmt\",\"extId\":\"network-v-1-1\"}]");
    assert_ptr_equal(model_pop(m, "v-1"), pop);
    assert_ptr_not_equal(model_pop(m, "v-2"), pop);
    model_free(m);
}

static void test_capacity_and_pools(void **state)
{
    char id[64], ip[16];
    bool was_there;
    (void)state;
    struct model *m = open_model(NULL, ERR_OK);
    struct model_pop *pop = model_pop(m, "v-1");
    for (int i = 0; i < 3; i++)
        assert_int_equal(put_server(pop, NULL, "mgmt", id, ip), ERR_OK);
    assert_string_equal(ip, "10.1.0.4");
    assert_int_equal(put_server(pop, NULL, "mgmt", id, ip), ERR_LIMIT);
    assert_string_equal(ip, "10.1.0.5");
    assert_int_equal(model_delete(pop, MODEL_SERVER, "server-v-1-2", &was_there, NULL), ERR_OK);
    assert_true(was_there);
    assert_int_equal(model_delete(pop, MODEL_SERVER, "server-v-1-2", &was_there, NULL), ERR_OK);
    assert_false(was_there);
    assert_int_equal(put_server(pop, NULL, "network-v-1-1", id, ip),
                     ERR_OK); /* the same network, by id */
    assert_string_equal(ip, "10.1.0.3");
    assert_string_equal(id, "server-v-1-4");
    assert_int_equal(model_take_ip(pop, "mgmt", "10.1.0.3", ip, NULL), ERR_EXISTS);
    assert_int_equal(model_take_ip(pop, "mgmt", "10.1.77.7", ip, NULL), ERR_OK);
    assert_string_equal(ip, "10.1.77.7");
    assert_int_equal(model_take_ip(pop, "mgmt", "192.168.0.1", ip, NULL), ERR_OK);
    assert_string_equal(ip, "192.168.0.1");
    model_drop_ips(pop);
    model_free(m);
}

static void test_pool_runs_dry(void **state)
{
    char ip[16];
    (void)state;
    struct model *m = open_model(NULL, ERR_OK);
    struct model_pop *pop = model_pop(m, "v-1");
    for (unsigned i = 0; i < MODEL_IPS_MAX; i++)
        assert_int_equal(model_take_ip(pop, "mgmt", NULL, ip, NULL), ERR_OK);
    assert_int_equal(model_take_ip(pop, "mgmt", NULL, ip, NULL), ERR_LIMIT);
    model_drop_ips(pop);
    for (unsigned i = 0; i < MODEL_NETWORKS_MAX; i++) {
        char name[20];
        snprintf(name, sizeof(name), "n%u", i);
        bool has_room = i < MODEL_NETWORKS_MAX - 1; /* mgmt has one */
        enum err_code rc = model_take_ip(pop, name, NULL, ip, NULL);
        assert_int_equal(rc, has_room ? ERR_OK : ERR_LIMIT);
        model_drop_ips(pop);
    }
    assert_int_equal(model_take_ip(pop, "one-too-many", NULL, ip, NULL), ERR_LIMIT);
    model_free(m);
}

static void test_tokens(void **state)
{
    char id[64], ip[16];
    bool was_there;
    (void)state;
    struct model *m = open_model(NULL, ERR_OK);
    struct model_pop *pop = model_pop(m, "v-1");
    assert_int_equal(put_server(pop, "t1", "mgmt", id, ip), ERR_OK);
    assert_string_equal(model_by_token(pop, "t1")->id, id);
    assert_null(model_by_token(pop, "t2"));
    assert_null(model_by_token(pop, NULL));
    assert_int_equal(model_put(pop, MODEL_SERVER, id, "host", NULL, "{}", 2, NULL),
                     ERR_OK); /* an update keeps it */
    assert_string_equal(model_by_token(pop, "t1")->json, "{}");
    assert_int_equal(model_token_check(pop, "t1", NULL), ERR_OK);
    assert_int_equal(model_delete(pop, MODEL_SERVER, id, &was_there, NULL), ERR_OK);
    assert_null(model_by_token(pop, "t1"));
    assert_int_equal(model_token_check(pop, "t1", NULL), ERR_STATE);
    assert_int_equal(model_token_check(pop, "t2", NULL), ERR_OK);
    model_free(m);
}

static void append(const char *text)
{
    FILE *f = fopen(state_path, "ae");
    fputs(text, f);
    fclose(f);
}

static void test_state_file(void **state)
{
    char id[64], ip[16];
    bool was_there;
    (void)state;
    struct model *m = open_model(state_path, ERR_OK);
    struct model_pop *pop = model_pop(m, "v-1");
    put_server(pop, "t1", "other", id, ip);
    put_server(pop, "t2", "mgmt", id, ip);
    assert_string_equal(ip, "10.2.0.2");
    assert_int_equal(model_delete(pop, MODEL_SERVER, "server-v-1-1", &was_there, NULL), ERR_OK);
    model_free(m);
    append("{\"pop\":\"v-1\",\"kind\":\"serv"); /* torn by a crash */
    m = open_model(state_path, ERR_OK);
    pop = model_pop(m, "v-1");
    assert_int_equal(model_count(pop, MODEL_SERVER), 1);
    assert_int_equal(model_count(pop, MODEL_IMAGE), 1); /* seeds do not double */
    assert_string_equal(model_by_token(pop, "t2")->id, "server-v-1-2");
    assert_int_equal(model_token_check(pop, "t1", NULL), ERR_STATE); /* deleted before */
    assert_int_equal(model_token_check(pop, "t2", NULL), ERR_OK);
    assert_int_equal(put_server(pop, "t3", "mgmt", id, ip), ERR_OK);
    assert_string_equal(id, "server-v-1-3"); /* numbers go on */
    assert_string_equal(ip, "10.2.0.3");     /* and the network has its range still */
    model_free(m);
    append("nonsense\n");
    open_model(state_path, ERR_SYNTAX);
    unlink(state_path);
    unlink(spent_path);
    open_model("/nowhere/at/all", ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),         cmocka_unit_test(test_capacity_and_pools),
        cmocka_unit_test(test_pool_runs_dry), cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_state_file),
    };
    if (!mkdtemp(folder))
        return 1;
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    snprintf(spent_path, sizeof(spent_path), "%s.spent", state_path);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return rc;
}
