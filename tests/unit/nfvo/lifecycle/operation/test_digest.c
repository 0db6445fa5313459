/* "As it was", and what is said where it is not. */
#include "nfvo/lifecycle/operation/digest.h"
#include "tests/support/service_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct operation about(enum operation_kind kind, const char *vnfr, const char *instance,
                              const char *target, struct arena *a)
{
    struct operation op = {.kind = kind, .vnfr = vnfr, .instance = instance};
    if (target)
        proto_list_add(&op.targets, target, a);
    return op;
}

static const char *compare(struct arena *a, const char *before, const char *after,
                           const struct operation *op)
{
    struct proto_strmap b = digest_of(scene_read(a, before), op, a),
                        c = digest_of(scene_read(a, after), op, a);
    struct proto_strs list = digest_differences(&b, &c, a);
    const char *text = "";
    for (uint32_t i = 0; i < list.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? "; " : "", list.at[i]);
    return text;
}

static void test_differences(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    static const char was[] = "web ACTIVE i:web-1 i:web-2; client ACTIVE i:client-1; db ACTIVE";
    struct operation scale = about(OPERATION_SCALE_OUT, "web", NULL, "client", &a);
    struct operation heal = about(OPERATION_HEAL, "web", "web-2", NULL, &a);
    struct operation deploy = about(OPERATION_DEPLOY, NULL, NULL, NULL, &a);
    (void)state;
    assert_string_equal(compare(&a, was, was, &scale), "");
    assert_string_equal(
        compare(&a, was, "web ACTIVE i:web-1 i:web-2 i:web-3; client ACTIVE; db ACTIVE", &scale),
        "instance web-3 was not there before");
    assert_string_equal(
        compare(&a, was, "web INACTIVE i:web-1=FAILED i:web-2=GONE; client INACTIVE; db ACTIVE",
                &scale),
        "vnf web is not as it was; instance web-1 is not as it was; instance web-2 is not there "
        "any more; vnf client is not as it was");
    /* what others do beside it does not count */
    assert_string_equal(
        compare(&a, was, "web ACTIVE i:web-1 i:web-2; client ACTIVE; db INACTIVE i:db-9", &scale),
        "");
    assert_string_equal(compare(&a, was, "web INACTIVE i:web-1=INACTIVE i:web-2", &heal), "");
    assert_string_equal(compare(&a, was, "web ACTIVE i:web-1 i:web-2=ERROR", &heal),
                        "instance web-2 is not as it was");
    assert_string_equal(compare(&a, "", "web", &deploy), "vnf web was not there before");
    assert_string_equal(compare(&a, "", "web GONE", &deploy), "");
}

/* Each part counts, and where one ends and the next begins. */
static void test_every_part_counts(void **state)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct operation op = about(OPERATION_CONFIGURE, "v", NULL, NULL, &a);
    struct view_instance i = {.id = "i", .hostname = "h", .vdu = "u", .pop = "p"};
    struct view_vnfr v = {.id = "v", .name = "v", .instances = &i, .n_instances = 1};
    struct service_view view = {.id = "n", .vnfrs = &v, .n_vnfrs = 1};
    struct proto_strmap was = digest_of(&view, &op, &a);
    const char **parts[] = {&v.package,   &v.configurations, &v.dependency, &i.pop,
                            &i.component, &i.addresses,      &i.image,      &i.vdu};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
        const char *before = *parts[k];
        *parts[k] = "other";
        struct proto_strmap now = digest_of(&view, &op, &a);
        assert_int_equal(digest_differences(&was, &now, &a).n, 1);
        *parts[k] = before;
    }
    v.configurations = "x";
    was = digest_of(&view, &op, &a);
    v.configurations = NULL;
    v.dependency = "x";
    struct proto_strmap now = digest_of(&view, &op, &a);
    assert_int_equal(digest_differences(&was, &now, &a).n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_every_part_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
