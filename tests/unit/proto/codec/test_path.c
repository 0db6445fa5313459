#include "proto/codec/path.h"
#include "proto/records/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] =
    "{\"id\":\"r-1\",\"hbVersion\":4,\"cyclic_dependency\":true,\"requires\":{\"a\":[1]},\"odd\":{"
    "\"x\":[2]},"
    "\"vnf_address\":[\"10.0.0.1\",\"10.0.0.2\"],"
    "\"vdu\":[{\"id\":\"u\",\"metadata\":{\"az\":\"z\",\"a.b\":\"dot\"},\"vnfc_instance\":["
    "{\"hostname\":\"h0\"},{\"hostname\":\"h1\",\"vnfComponent\":{\"id\":\"c\"}}]}]}";

static struct arena arena;
static struct vnfr *vnfr;

static int set_up(void **state)
{
    (void)state;
    return proto_decode(&vnfr_type, text, sizeof(text) - 1, 0, &arena, &vnfr, NULL) != ERR_OK;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_get(void **state)
{
    static const char *const rows[][2] = {
        {"id", "r-1"},
        {"vdu[0].id", "u"},
        {"vdu[0].vnfc_instance[1].hostname", "h1"},
        {"vdu[0].vnfc_instance[1].vnfComponent.id", "c"},
        {"vdu[0].metadata[az]", "z"},
        {"vdu[0].metadata[a.b]", "dot"},
        {"vnf_address[1]", "10.0.0.2"},
        {"requires", "{\"a\":[1]}"},
        {"odd", "{\"x\":[2]}"},
        /* absent, of another kind, or no path at all */
        {"name", NULL},
        {"hbVersion", NULL},
        {"vdu", NULL},
        {"vdu[1].id", NULL},
        {"vdu[-1].id", NULL},
        {"vdu[x].id", NULL},
        {"vdu[0]", NULL},
        {"vdu[0].metadata[no]", NULL},
        {"vnf_address", NULL},
        {"vnf_address[2]", NULL},
        {"", NULL},
        {".", NULL},
        {"id.", NULL},
        {"vdu[", NULL},
        {"vdu[]", NULL},
        {"vdu[0", NULL},
        {"vdu[0]id", NULL},
        {"id[0]", NULL},
        {"id.x", NULL},
        {"nonsense", NULL},
        {"vdu[0].vnfc_instance[0].vnfComponent.id", NULL},
        {"vdu[99999999999999999999].id", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = proto_path_str(&vnfr_type, vnfr, rows[i][0]);
        if (!got != !rows[i][1] || (got && strcmp(got, rows[i][1]) != 0))
            fail_msg("%s: got %s, want %s", rows[i][0], got, rows[i][1]);
    }
}

static void test_int_and_count(void **state)
{
    int64_t v = -1;
    (void)state;
    assert_true(proto_path_int(&vnfr_type, vnfr, "hbVersion", &v));
    assert_int_equal(v, 4);
    assert_true(proto_path_int(&vnfr_type, vnfr, "cyclicDependency", &v)); /* came by its alias */
    assert_int_equal(v, 1);
    assert_false(proto_path_int(&vnfr_type, vnfr, "id", &v));
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "vdu"), 1);
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "vdu[0].vnfc_instance"), 2);
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "vdu[0].metadata"), 2);
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "vdu[0].vnfc"), 0);
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "configurations"), 0);
    assert_int_equal(proto_path_count(&vnfr_type, vnfr, "id"), 1);
    assert_string_equal(proto_path_key(&vnfr_type, vnfr, "vdu[0].metadata", 1), "a.b");
    assert_null(proto_path_key(&vnfr_type, vnfr, "vdu[0].metadata", 2));
    assert_null(proto_path_key(&vnfr_type, vnfr, "vdu", 0));
}

static void test_set(void **state)
{
    static const struct {
        const char *path;
        enum err_code want;
    } rows[] = {
        {"name", ERR_OK},
        {"vdu[0].name", ERR_OK},
        {"vdu[0].metadata[az]", ERR_OK},
        {"vdu[0].metadata[new]", ERR_OK},
        {"vdu[1].name", ERR_OK},
        {"vnf_address[2]", ERR_OK},
        {"configurations.configurationParameters[0].confKey", ERR_OK},
        {"vdu[0].vnfc_instance[0].vnfComponent.id", ERR_OK},
        {"vdu[5].name", ERR_INVALID},
        {"vnf_address[9]", ERR_INVALID},
        {"vdu", ERR_INVALID},
        {"hbVersion", ERR_INVALID},
        {"nonsense", ERR_NOT_FOUND},
        {"vdu[0].no", ERR_NOT_FOUND},
        {"id[0]", ERR_INVALID},
        {"id.x", ERR_INVALID},
        {"", ERR_INVALID},
        {"vdu[0", ERR_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = ERR_INIT;
        enum err_code rc = proto_path_set_str(&vnfr_type, vnfr, rows[i].path, "new", &arena, &err);
        if (rc != rows[i].want)
            fail_msg("%s: %s", rows[i].path, err.msg);
        if (rc == ERR_OK)
            assert_string_equal(proto_path_str(&vnfr_type, vnfr, rows[i].path), "new");
        else
            assert_string_equal(err.where, rows[i].path);
    }
    assert_int_equal(proto_path_set_int(&vnfr_type, vnfr, "vdu[0].scale_in_out", 7, &arena, NULL),
                     ERR_OK);
    assert_int_equal(vnfr->vdu.at[0]->scale_in_out, 7);
    assert_int_equal(proto_path_set_int(&vnfr_type, vnfr, "shared", 1, &arena, NULL), ERR_OK);
    assert_true(vnfr->shared);
    assert_int_not_equal(proto_path_set_int(&vnfr_type, vnfr, "name", 1, &arena, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_int_and_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
