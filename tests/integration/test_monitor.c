/* A monitoring system on the SDK of drivers, through a broker: amqp-protocol.md 6. */
#include "tests/support/mini_nfvo.h"
#include "vim-drivers/sdk/ob_vim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct mini_nfvo *nfvo;
static char queue[120];

/* Answers what it was asked. */
static enum ob_code query(void *arg, struct ob_call *call, struct ob_text *answer,
                          struct ob_err *err)
{
    size_t hosts, metrics, vim = 1;
    const char *period;
    (void)arg;
    const char *host_list = ob_call_json(call, 0, &hosts),
               *metric_list = ob_call_json(call, 1, &metrics);
    assert_null(ob_call_vim(call, &vim));
    assert_int_equal(vim, 0);
    assert_null(ob_call_vim_id(call));
    assert_null(ob_call_vim_project(call));
    assert_int_equal(ob_call_param_count(call), 3);
    enum ob_code rc = ob_call_str(call, 2, &period, err);
    if (rc == ERR_OK)
        sbuf_addf(answer, "[%.*s,%.*s,\"%s\"]", (int)hosts, host_list, (int)metrics, metric_list,
                  period);
    return rc;
}

static enum ob_code list_alarms(void *arg, struct ob_call *call, struct ob_text *answer,
                                struct ob_err *err)
{
    (void)arg;
    (void)err;
    assert_int_equal(ob_call_param_count(call), 0);
    sbuf_adds(answer, "[]");
    return ERR_OK;
}

static const struct ob_vim_method methods[] = {
    {"queryPMJob", 3, query}, {"getAlarmList", 0, list_alarms}, {0}};

static void test_calls(void **state)
{
    static const char *const rows[][2] = {
        {"{\"methodName\":\"queryPMJob\",\"parameters\":[[\"web-4711\"],[\"cpu[a,b]\"],\"60\"]}",
         "{\"answer\":[[\"web-4711\"],[\"cpu[a,b]\"],\"60\"]}"},
        {"{\"methodName\":\"getAlarmList\",\"parameters\":[]}", "{\"answer\":[]}"},
        {"{\"methodName\":\"queryPMJob\",\"parameters\":[[],[]]}", "does not take 2 parameters"},
        {"{\"methodName\":\"queryPMJob\",\"parameters\":[[],null,\"60\"]}", "is null"},
        {"{\"methodName\":\"queryPMJob\",\"parameters\":[[],[],{}]}",
         "parameter 3 is not a string"},
        {"{\"methodName\":\"queryPMJob\"}", "parameters are not an array"},
        {"{\"methodName\":\"refresh\",\"parameters\":[{}]}", "has no method 'refresh'"},
        {"{\"methodName\":\"queryPMJob\",\"parameters\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}",
         "more than 15 parameters"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char id[20];
        snprintf(id, sizeof(id), "ask-%zu", i);
        const char *answer = mini_nfvo_ask(nfvo, queue, rows[i][0], id);
        if (!strstr(answer, rows[i][1]))
            fail_msg("'%s' is not in: %s", rows[i][1], answer);
    }
    assert_int_equal(nfvo->registers, 1);
}

static void test_monitor(void **state)
{
    char type[40];
    struct err err = ERR_INIT;
    struct test_vhost *vhost = test_vhost_new();
    nfvo = mini_nfvo_new(vhost);
    snprintf(type, sizeof(type), "zabbix-%d", (int)getpid());
    snprintf(queue, sizeof(queue), "monitor.%s.one", type);
    struct ob_vim *vim = ob_vim_new(&(struct ob_vim_options){.type = type,
                                                             .name = "one",
                                                             .is_monitor = true,
                                                             .broker = {.host = vhost->host,
                                                                        .port = vhost->port,
                                                                        .vhost = vhost->name,
                                                                        .user = nfvo->registrar,
                                                                        .password = "registrar"},
                                                             .methods = methods},
                                    &err);
    if (!vim || ob_vim_start(vim, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    mini_nfvo_await_consumer(nfvo, queue);
    test_calls(state);
    ob_vim_stop(vim, 5000);
    ob_vim_free(vim);
    mini_nfvo_await_count(nfvo, &nfvo->unregisters, 1);
    if (nfvo->last_user)
        test_user_free(vhost, nfvo->last_user);
    mini_nfvo_free(nfvo);
    test_vhost_free(vhost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_monitor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
