/* Each JSON example of amqp-protocol.md, kept as a file: decodes by the type that its action and
 * direction choose, and encodes to an equal document. */
#include "proto/messages/driver_rpc.h"
#include "proto/messages/ems.h"
#include "proto/messages/or_vnfm.h"
#include "proto/messages/vnfm_or.h"
#include "proto/records/manager.h"
#include "tests/support/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *file, *section;
    const struct proto_type *type;
    const char *action;
} examples[] = {
    {"register_vnfm", "2.2", &registration_type, "register"},
    {"register_plugin", "2.2", &registration_type, "register"},
    {"credentials", "2.4", &manager_credentials_type, ""},
    {"deregister", "2.5", &registration_type, "deregister"},
    {"or_instantiate", "3.3", &or_vnfm_type, "INSTANTIATE"},
    {"or_grant", "3.3", &or_vnfm_type, "GRANT_OPERATION"},
    {"or_modify", "3.3", &or_vnfm_type, "MODIFY"},
    {"vnfm_allocate", "3.4", &vnfm_or_type, "ALLOCATE_RESOURCES"},
    {"vnfm_error", "3.4", &vnfm_or_type, "ERROR"},
    {"or_start", "3.6", &or_vnfm_type, "START"},
    {"or_scale_out", "3.6", &or_vnfm_type, "SCALE_OUT"},
    {"or_scaled", "3.6", &or_vnfm_type, "SCALED"},
    {"vnfm_scaled", "3.6", &vnfm_or_type, "SCALED"},
    {"or_log_request", "3.6", &or_vnfm_type, "LOG_REQUEST"},
    {"vnfm_log_request", "3.6", &vnfm_or_type, "LOG_REQUEST"},
    {"or_heal", "3.6", &or_vnfm_type, "HEAL"},
    {"or_update", "3.6", &or_vnfm_type, "UPDATE"},
    {"or_execute", "3.6", &or_vnfm_type, "EXECUTE"},
    {"or_error", "3.6", &or_vnfm_type, "ERROR"},
    {"driver_list_images", "5.2", &driver_request_type, ""},
    {"driver_exception", "5.3", &driver_reply_type, ""},
    {"driver_server", "5.4", &driver_reply_type, ""},
    {"monitoring_query", "6", &driver_request_type, ""},
    {"ems_save_scripts", "7.4", &ems_request_type, "SAVE_SCRIPTS"},
    {"ems_execute", "7.4", &ems_request_type, "EXECUTE"},
    {"ems_reply", "7.4", &ems_reply_type, ""},
    {"event_endpoint", "8.1", &event_endpoint_type, ""},
    {"ems_hello", "7.1", &ems_hello_type, ""},
    {"vnfm_log_reply_rest", "8.4", &vnfm_or_type, "LOG_REQUEST"},
};

/* The tests run from the top folder, or from anywhere when TOP says where that is. */
static void read_example(const char *name, struct sbuf *out)
{
    char path[512], block[4096];
    const char *top = getenv("TOP");
    snprintf(path, sizeof(path), "%s/tests/unit/proto/examples/%s.json", top ? top : ".", name);
    FILE *f = fopen(path, "re");
    if (!f)
        fail_msg("%s: cannot open", path);
    for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;)
        sbuf_add(out, block, n);
    fclose(f);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT, out = SBUF_INIT, complete = SBUF_INIT;
        struct err err = ERR_INIT;
        void *rec = NULL, *again = NULL;
        const struct proto_type *t = examples[i].type;
        read_example(examples[i].file, &text);
        if (proto_decode(t, text.s, text.len, 0, &a, &rec, &err) != ERR_OK)
            fail_msg("%s (%s): %s", examples[i].file, examples[i].section, err.msg);
        proto_encode(t, rec, 0, &out);
        if (!oracle_same(text.s, text.len, out.s, out.len))
            fail_msg("%s (%s): became %s", examples[i].file, examples[i].section, out.s);
        /* What we send ourselves is complete, and reads back the same. */
        proto_encode(t, rec, PROTO_COMPLETE, &complete);
        assert_int_equal(proto_decode(t, complete.s, complete.len, 0, &a, &again, &err), ERR_OK);
        sbuf_clear(&out);
        proto_encode(t, again, 0, &out);
        assert_string_equal(out.s, complete.s);
    }
}

/* Every member of an example must be in the table: an unknown one survives, but nobody reads it. */
static void test_nothing_is_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct proto_rec *rec = NULL;
        read_example(examples[i].file, &text);
        assert_int_equal(proto_decode(examples[i].type, text.s, text.len, 0, &a, &rec, NULL),
                         ERR_OK);
        if (rec->extra)
            fail_msg("%s: unknown member '%s'", examples[i].file, rec->extra->key);
    }
}

static void test_actions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        struct or_vnfm *m = NULL; /* action is the first member of both directions */
        if (examples[i].type != &or_vnfm_type && examples[i].type != &vnfm_or_type)
            continue;
        read_example(examples[i].file, &text);
        assert_int_equal(proto_decode(examples[i].type, text.s, text.len, 0, &a, &m, NULL), ERR_OK);
        assert_string_equal(m->action, examples[i].action);
        assert_int_not_equal(action_parse(m->action), ACTION_NONE);
        assert_string_equal(action_word(action_parse(m->action)), m->action);
    }
}

static void test_single_members(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT, start = SBUF_INIT;
    struct or_vnfm *m = NULL;
    read_example("or_instantiate", &text);
    assert_int_equal(proto_decode(&or_vnfm_type, text.s, text.len, 0, &a, &m, NULL), ERR_OK);
    assert_string_equal(m->vnfd->vdu.at[0]->vnfc.at[0]->connection_point.at[0]->floating_ip,
                        "random");
    assert_int_equal(m->vnfd->vdu.at[0]->scale_in_out, 2);
    assert_string_equal(m->vim_instances.at[0].key, "u-1");
    assert_string_equal(m->vim_instances.at[0].value.at[0]->auth_url, "http://x");
    assert_int_equal(m->vnf_package->scripts.at[0]->payload.n, 10);
    assert_memory_equal(m->vnf_package->scripts.at[0]->payload.at, "#!/bin/sh\n", 10);
    assert_string_equal(proto_strmap_get(&m->extension, "brokerPort"), "5672");
    assert_non_null(m->keys.at); /* [] is there */
    assert_int_equal(m->keys.n, 0);
    assert_null(m->vnfr);

    read_example("or_start", &start);
    assert_int_equal(proto_decode(&or_vnfm_type, start.s, start.len, 0, &a, &m, NULL), ERR_OK);
    assert_string_equal(m->record->vdu.at[0]->vnfc_instance.at[0]->ips.at[0]->ip, "10.1.0.4");
    assert_int_equal(m->record->hb_version, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_nothing_is_unknown),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_single_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
