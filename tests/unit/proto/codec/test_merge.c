#include "proto/codec/codec.h"

#include "proto/records/record.h"
#include "proto/records/vim.h"
#include "tests/support/oracle.h"
#include "tests/support/record_gen.h"
#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void *decode(const struct proto_type *t, const char *text, struct arena *a)
{
    struct err err = ERR_INIT;
    void *rec = NULL;
    if (proto_decode(t, text, strlen(text), 0, a, &rec, &err) != ERR_OK)
        fail_msg("%s: %s", text, err.msg);
    return rec;
}

struct merge {
    const char *why;
    const struct proto_type *type;
    const char *stored, *sent, *want;
};

static void check_by(const struct merge *cases, size_t n, const struct proto_allocator *allocator)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        AUTO(sbuf_release) struct sbuf got = SBUF_INIT;
        void *dst = decode(cases[i].type, cases[i].stored, &a);
        const void *src = decode(cases[i].type, cases[i].sent, &a);
        proto_merge_allocated(cases[i].type, dst, src, allocator, &a);
        proto_encode(cases[i].type, dst, 0, &got);
        if (!oracle_same(got.s, got.len, cases[i].want, strlen(cases[i].want)))
            fail_msg("%s: got %s, want %s", cases[i].why, got.s, cases[i].want);
    }
}

static void check(const struct merge *cases, size_t n)
{
    check_by(cases, n, NULL);
}

static void test_rules(void **state)
{
    (void)state;
    static const struct merge cases[] = {
        {"a carried member replaces", &sample_type, "{\"str\":\"a\",\"num\":1}",
         "{\"str\":\"b\",\"num\":0}", "{\"str\":\"b\",\"num\":0}"},
        {"a missing one does not", &sample_type, "{\"str\":\"a\",\"num\":1}", "{\"num\":null}",
         "{\"str\":\"a\",\"num\":1}"},
        {"nor an object without a name, nor an empty array for one string", &sample_type,
         "{\"named\":\"a\",\"first\":\"b\"}", "{\"named\":{},\"first\":[]}",
         "{\"named\":\"a\",\"first\":\"b\"}"},
        {"what the NFVO owns stays", &sample_type, "{\"ours\":\"a\"}", "{\"ours\":\"b\"}",
         "{\"ours\":\"a\"}"},
        {"and is not added", &sample_type, "{}", "{\"ours\":\"b\"}", "{}"},
        {"also not with a new element, record or map entry", &sample_type, "{}",
         "{\"list\":[{\"id\":\"1\",\"ours\":\"x\"}],\"rec\":{\"ours\":\"x\",\"n\":1},"
         "\"map\":{\"k\":{\"ours\":\"x\"}}}",
         "{\"list\":[{\"id\":\"1\"}],\"rec\":{\"n\":1},\"map\":{\"k\":{}}}"},
        {"if new: taken", &sample_type, "{}", "{\"new_str\":\"b\"}", "{\"new_str\":\"b\"}"},
        {"if new: not replaced", &sample_type, "{\"new_str\":\"a\"}", "{\"new_str\":\"b\"}",
         "{\"new_str\":\"a\"}"},
        {"if new: empty is new", &sample_type, "{\"new_str\":\"\",\"new_list\":[]}",
         "{\"new_str\":\"b\",\"new_list\":[{\"id\":\"1\"}]}",
         "{\"new_str\":\"b\",\"new_list\":[{\"id\":\"1\"}]}"},
        {"records merge", &sample_type, "{\"rec\":{\"id\":\"1\",\"n\":1,\"x\":1}}",
         "{\"rec\":{\"id\":\"2\",\"n\":2,\"y\":2}}",
         "{\"rec\":{\"id\":\"1\",\"n\":2,\"x\":1,\"y\":2}}"},
        {"elements by the first key that both have", &sample_type,
         "{\"list\":[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":\"b\"}]}",
         "{\"list\":[{\"id\":\"2\",\"name\":\"a\",\"n\":7},{\"name\":\"a\",\"n\":8},"
         "{\"id\":\"3\",\"name\":\"b\"}]}",
         "{\"list\":[{\"id\":\"1\",\"name\":\"a\",\"n\":8},{\"id\":\"2\",\"name\":\"a\",\"n\":7},"
         "{\"id\":\"3\",\"name\":\"b\"}]}"},
        {"an empty key is none", &sample_type, "{\"list\":[{\"id\":\"1\",\"name\":\"a\"}]}",
         "{\"list\":[{\"id\":\"\",\"name\":\"a\",\"n\":1}]}",
         "{\"list\":[{\"id\":\"1\",\"name\":\"a\",\"n\":1}]}"},
        {"missing elements stay, the empty list too", &sample_type, "{\"list\":[{\"id\":\"1\"}]}",
         "{\"list\":[]}", "{\"list\":[{\"id\":\"1\"}]}"},
        {"elements without any key: one value", &sample_type,
         "{\"list\":[{\"id\":\"1\"},{\"id\":\"2\"}]}", "{\"list\":[{\"n\":1}]}",
         "{\"list\":[{\"n\":1}]}"},
        {"a type without keys: one value", &sample_type, "{\"bare\":[{\"a\":\"1\"},{}]}",
         "{\"bare\":[{\"b\":\"2\"}]}", "{\"bare\":[{\"b\":\"2\"}]}"},
        {"mirrored: what is not listed is gone, the rest merges in the peer's order", &sample_type,
         "{\"mirror\":[{\"id\":\"1\",\"n\":1},{\"id\":\"2\",\"x\":1},{\"id\":\"3\"}]}",
         "{\"mirror\":[{\"id\":\"3\"},{\"id\":\"2\",\"n\":2},{\"id\":\"4\"},{\"id\":\"3\"}]}",
         "{\"mirror\":[{\"id\":\"3\"},{\"id\":\"2\",\"x\":1,\"n\":2},{\"id\":\"4\"}]}"},
        {"mirrored: empty", &sample_type, "{\"mirror\":[{\"id\":\"1\"}]}", "{\"mirror\":[]}",
         "{\"mirror\":[]}"},
        {"mirrored: not carried", &sample_type, "{\"mirror\":[{\"id\":\"1\"}]}", "{}",
         "{\"mirror\":[{\"id\":\"1\"}]}"},
        {"maps by key", &sample_type,
         "{\"strmap\":{\"a\":\"1\",\"b\":\"2\"},\"map\":{\"k\":{\"id\":\"1\",\"n\":1}},"
         "\"strsmap\":{\"a\":[\"1\"],\"b\":[]},\"listmap\":{\"a\":[{\"id\":\"1\"}]}}",
         "{\"strmap\":{\"c\":\"4\",\"b\":\"3\"},\"map\":{\"k\":{\"n\":2},\"l\":{}},"
         "\"strsmap\":{\"a\":[\"2\"]},\"listmap\":{\"b\":[]}}",
         "{\"strmap\":{\"a\":\"1\",\"b\":\"3\",\"c\":\"4\"},"
         "\"map\":{\"k\":{\"id\":\"1\",\"n\":2},\"l\":{}},"
         "\"strsmap\":{\"a\":[\"2\"],\"b\":[]},\"listmap\":{\"a\":[{\"id\":\"1\"}],\"b\":[]}}"},
        {"an empty map takes nothing away", &sample_type, "{\"strmap\":{\"a\":\"1\"}}",
         "{\"strmap\":{}}", "{\"strmap\":{\"a\":\"1\"}}"},
        {"unknown members", &sample_type, "{\"x\":1,\"y\":[1]}", "{\"y\":[2],\"z\":3}",
         "{\"x\":1,\"y\":[2],\"z\":3}"},
    };
    check(cases, ARRAY_LEN(cases));
}

#define STORED                                                                                     \
    "{\"id\":\"r-1\",\"hbVersion\":7,\"projectId\":\"p\",\"name\":\"web\",\"status\":"             \
    "\"INITIALIZED\","                                                                             \
    "\"createdAt\":\"then\",\"cyclicDependency\":true,\"parent_ns_id\":\"n-1\","                   \
    "\"metadata\":{\"k\":\"v\"},\"vdu\":[{\"id\":\"u-1\",\"parent_vdu\":\"d-1\",\"name\":\"web-"   \
    "1\","                                                                                         \
    "\"vnfc_instance\":[{\"id\":\"i-1\",\"hostname\":\"web-1-1\",\"vc_id\":\"vm\",\"vim_id\":"     \
    "\"v\","                                                                                       \
    "\"ips\":[{\"netName\":\"mgmt\",\"ip\":\"10.1.0.4\"}],\"floatingIps\":[]}]}],"                 \
    "\"lifecycle_event_history\":[{\"event\":\"GRANT\"}]}"

/* VNFRs as VNFMs of each language send them back: amqp-protocol.md 3.1, TRAPs. */
static void test_vnfr(void **state)
{
    (void)state;
    static const struct merge cases[] = {
        {"Java: the whole record, older than ours", &vnfr_type, STORED,
         "{\"id\":\"r-1\",\"hbVersion\":3,\"projectId\":\"q\",\"name\":\"web\",\"status\":\"NULL\","
         "\"cyclicDependency\":false,\"parent_ns_id\":\"other\",\"vdu\":[{\"id\":\"u-1\","
         "\"vnfc_instance\":[{\"id\":\"i-1\",\"hostname\":\"mine\",\"state\":\"ACTIVE\","
         "\"ips\":[{\"netName\":\"mgmt\",\"ip\":\"6.6.6.6\"}]}]}],\"lifecycle_event_history\":[],"
         "\"vnf_address\":[\"10.1.0.4\"]}",
         "{\"id\":\"r-1\",\"hbVersion\":7,\"projectId\":\"p\",\"name\":\"web\","
         "\"status\":\"INITIALIZED\",\"createdAt\":\"then\",\"cyclicDependency\":true,"
         "\"parent_ns_id\":\"n-1\",\"metadata\":{\"k\":\"v\"},\"vdu\":[{\"id\":\"u-1\","
         "\"parent_vdu\":\"d-1\",\"name\":\"web-1\",\"vnfc_instance\":[{\"id\":\"i-1\","
         "\"hostname\":\"web-1-1\",\"vc_id\":\"vm\",\"vim_id\":\"v\",\"state\":\"ACTIVE\","
         "\"ips\":[{\"netName\":\"mgmt\",\"ip\":\"10.1.0.4\"}],\"floatingIps\":[]}]}],"
         "\"lifecycle_event_history\":[{\"event\":\"GRANT\"}],\"vnf_address\":[\"10.1.0.4\"]}"},
        {"Go: null for empty, its own spelling, members dropped", &vnfr_type, STORED,
         "{\"id\":\"r-1\",\"hbVersion\":0,\"metadata\":null,\"cyclic_dependency\":false,"
         "\"vdu\":[{\"id\":\"u-1\",\"vnfc_instance\":null}],"
         "\"lifecycle_event_history\":null,\"vnf_address\":null}",
         STORED},
        {"Python: requires and provides in the forms of the VNFD", &vnfr_type, STORED,
         "{\"id\":\"r-1\",\"requires\":{\"db\":{\"parameters\":[\"x\"]},"
         "\"configurationParameters\":"
         "[]},\"provides\":{\"configurationParameters\":[]}}",
         "{\"requires\":{\"db\":{\"parameters\":[\"x\"]},\"configurationParameters\":[]},"
         "\"provides\":{\"configurationParameters\":[]}," /* the rest: */
         "\"id\":\"r-1\",\"hbVersion\":7,\"projectId\":\"p\",\"name\":\"web\","
         "\"status\":\"INITIALIZED\",\"createdAt\":\"then\",\"cyclicDependency\":true,"
         "\"parent_ns_id\":\"n-1\",\"metadata\":{\"k\":\"v\"},\"vdu\":[{\"id\":\"u-1\","
         "\"parent_vdu\":\"d-1\",\"name\":\"web-1\",\"vnfc_instance\":[{\"id\":\"i-1\","
         "\"hostname\":\"web-1-1\",\"vc_id\":\"vm\",\"vim_id\":\"v\","
         "\"ips\":[{\"netName\":\"mgmt\",\"ip\":\"10.1.0.4\"}],\"floatingIps\":[]}]}],"
         "\"lifecycle_event_history\":[{\"event\":\"GRANT\"}]}"},
        {"docker: the VNFM made the instances itself, with another project's id", &vnfr_type,
         "{\"id\":\"r-1\",\"vdu\":[{\"id\":\"u-1\",\"vnfc_instance\":[]}]}",
         "{\"id\":\"r-1\",\"vdu\":[{\"id\":\"u-1\",\"vnfc_instance\":[{\"id\":\"i-9\",\"hostname\":"
         "\"c\",\"projectId\":\"q\",\"shared\":true,\"ips\":[{\"netName\":\"n\",\"ip\":\"1.1.1.1\"}"
         "]"
         "}]}]}",
         "{\"id\":\"r-1\",\"vdu\":[{\"id\":\"u-1\",\"vnfc_instance\":[{\"id\":\"i-9\",\"hostname\":"
         "\"c\",\"ips\":[{\"netName\":\"n\",\"ip\":\"1.1.1.1\"}]}]}]}"},
        {"VDUs without id and name: by the descriptor's id", &vnfr_type,
         "{\"vdu\":[{\"id\":\"u-1\",\"parent_vdu\":\"d-1\",\"name\":\"a\"},{\"id\":\"u-2\","
         "\"parent_vdu\":\"d-2\",\"name\":\"b\"}]}",
         "{\"vdu\":[{\"parent_vdu\":\"d-2\",\"hostname\":\"h\"},{\"parent_vdu\":\"d-1\"}]}",
         "{\"vdu\":[{\"id\":\"u-1\",\"parent_vdu\":\"d-1\",\"name\":\"a\"},{\"id\":\"u-2\","
         "\"parent_vdu\":\"d-2\",\"name\":\"b\",\"hostname\":\"h\"}]}"},
        {"connection points that lost their ids", &vnf_component_type,
         "{\"connection_point\":[{\"id\":\"1\",\"virtual_link_reference\":\"a\",\"chosenPool\":"
         "\"x\"},"
         "{\"id\":\"2\",\"virtual_link_reference\":\"b\"}]}",
         "{\"connection_point\":[{\"virtual_link_reference\":\"b\",\"fixedIp\":\"10.0.0.1\"},"
         "{\"virtual_link_reference\":\"a\"}]}",
         "{\"connection_point\":[{\"id\":\"1\",\"virtual_link_reference\":\"a\",\"chosenPool\":"
         "\"x\"},"
         "{\"id\":\"2\",\"virtual_link_reference\":\"b\",\"fixedIp\":\"10.0.0.1\"}]}"},
    };
    check(cases, ARRAY_LEN(cases));
}

static bool is_odd(void *arg, const struct proto_type *type, const void *rec)
{
    const struct allotted *r = rec;
    (void)arg;
    assert_ptr_equal(type, &allotted_type);
    return r->id && r->id[0] % 2;
}

/* Records that the NFVO allocated (ids 1, 3), and such as the peer made itself (2, 4). */
static void test_allocated(void **state)
{
    (void)state;
    static const struct proto_allocator by = {is_odd, NULL};
    static const struct merge cases[] = {
        {"the peer's own: it changes what it likes, an address list is one value", &sample_type,
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"a\",\"state\":\"x\",\"ips\":[{\"id\":\"i\","
         "\"name\":"
         "\"net\",\"n\":1}]}]}",
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"b\",\"state\":\"y\",\"ips\":[{\"name\":\"net\","
         "\"n\":2,"
         "\"ours\":\"z\"},{\"name\":\"net\",\"n\":3}]}]}",
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"b\",\"state\":\"y\",\"ips\":[{\"name\":\"net\","
         "\"n\":2},"
         "{\"name\":\"net\",\"n\":3}]}]}"},
        {"what is empty takes nothing away", &sample_type,
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"a\",\"ips\":[{\"name\":\"net\"}]}]}",
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"\",\"ips\":[]}]}",
         "{\"allotted\":[{\"id\":\"2\",\"host\":\"a\",\"ips\":[{\"name\":\"net\"}]}]}"},
        {"ours stays", &sample_type,
         "{\"allotted\":[{\"id\":\"1\",\"host\":\"a\",\"state\":\"x\",\"ips\":[{\"name\":\"net\","
         "\"n\":1}"
         "]}]}",
         "{\"allotted\":[{\"id\":\"1\",\"host\":\"b\",\"state\":\"y\",\"ips\":[{\"name\":\"net\","
         "\"n\":2}"
         "]}]}",
         "{\"allotted\":[{\"id\":\"1\",\"host\":\"a\",\"state\":\"y\",\"ips\":[{\"name\":\"net\","
         "\"n\":1}"
         "]}]}"},
        {"what ours lacks is taken", &sample_type, "{\"allotted\":[{\"id\":\"1\",\"ips\":[]}]}",
         "{\"allotted\":[{\"id\":\"1\",\"host\":\"b\",\"ips\":[{\"name\":\"net\"}]}]}",
         "{\"allotted\":[{\"id\":\"1\",\"host\":\"b\",\"ips\":[{\"name\":\"net\"}]}]}"},
        {"a new one is the peer's", &sample_type, "{\"allotted\":[]}",
         "{\"allotted\":[{\"id\":\"3\",\"host\":\"b\"}]}",
         "{\"allotted\":[{\"id\":\"3\",\"host\":\"b\"}]}"},
    };
    check_by(cases, ARRAY_LEN(cases), &by);
    check(&cases[2], 2); /* without an allocator everything is ours */
}

/* A PoP that was refreshed: amqp-protocol.md 5.6, TRAP. */
static void test_vim(void **state)
{
    (void)state;
    static const struct merge cases[] = {
        {"Go driver", &vim_instance_type,
         "{\"id\":\"v-1\",\"hbVersion\":5,\"projectId\":\"p\",\"name\":\"pop\",\"type\":\"docker\","
         "\"authUrl\":\"u\",\"password\":\"secret\",\"metadata\":{\"az\":\"1\"},\"active\":true,"
         "\"images\":[{\"id\":\"a\",\"extId\":\"x1\",\"name\":\"old\"},{\"id\":\"b\",\"extId\":"
         "\"x2\"}],"
         "\"networks\":[{\"id\":\"n\",\"extId\":\"y1\"}]}",
         "{\"id\":\"v-1\",\"hbVersion\":0,\"projectId\":\"\",\"name\":\"\",\"type\":\"docker\","
         "\"authUrl\":\"evil\",\"password\":\"\",\"metadata\":{},\"active\":false,"
         "\"images\":[{\"extId\":\"x3\"},{\"id\":\"z\",\"extId\":\"x1\",\"name\":\"new\"}],"
         "\"networks\":null}",
         "{\"id\":\"v-1\",\"hbVersion\":5,\"projectId\":\"p\",\"name\":\"pop\",\"type\":\"docker\","
         "\"authUrl\":\"u\",\"password\":\"secret\",\"metadata\":{\"az\":\"1\"},\"active\":true,"
         "\"images\":[{\"extId\":\"x3\"},{\"id\":\"a\",\"extId\":\"x1\",\"name\":\"new\"}],"
         "\"networks\":[{\"id\":\"n\",\"extId\":\"y1\"}]}"},
    };
    check(cases, ARRAY_LEN(cases));
}

/* The sorted search of long lists gives what comparing each with each gives. */
static uint32_t slow_search(const struct leaf_list *l, uint32_t n, const struct leaf *wanted)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct leaf *e = l->at[i];
        bool same = e->id && wanted->id       ? strcmp(e->id, wanted->id) == 0
                    : e->name && wanted->name ? strcmp(e->name, wanted->name) == 0
                                              : false;
        if (same)
            return i;
    }
    return n;
}

static struct leaf_list random_list(struct record_gen *g, uint32_t n)
{
    struct leaf_list l = {0};
    for (uint32_t i = 0; i < n; i++) {
        struct leaf *e = proto_new(&leaf_type, g->arena);
        if (gen_number(g, 3))
            e->id = arena_printf(g->arena, "i%u", (unsigned)gen_number(g, n));
        if (gen_number(g, 3))
            e->name = arena_printf(g->arena, "n%u", (unsigned)gen_number(g, n));
        proto_list_add(&l, e, g->arena);
    }
    return l;
}

static void test_long_lists(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        AUTO(arena_release) struct arena a = ARENA_INIT;
        struct record_gen g = {.state = seed * UINT64_C(0x9e3779b97f4a7c15), .arena = &a};
        uint32_t had = (uint32_t)gen_number(&g, 60);
        struct sample dst = {.list = random_list(&g, had)}, src = {0};
        struct leaf *only = proto_new(&leaf_type, &a);
        /* One that has a key, and a hundred like it, so that the list is long. */
        only->id = arena_printf(&a, "i%u", (unsigned)gen_number(&g, 60));
        only->name =
            gen_number(&g, 2) ? arena_printf(&a, "n%u", (unsigned)gen_number(&g, 60)) : NULL;
        if (gen_number(&g, 3) == 0 && only->name)
            only->id = NULL;
        only->n = 4711;
        for (int i = 0; i < 100; i++)
            proto_list_add(&src.list, only, &a);
        uint32_t want = slow_search(&dst.list, had, only);
        proto_merge(&sample_type, &dst, &src, &a);
        assert_int_equal(dst.list.n, want < had ? had : had + 100);
        for (uint32_t i = 0; i < had; i++)
            assert_int_equal(dst.list.at[i]->n == 4711, i == want);
    }
}

static void test_nothing_is_shared(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT, b = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf before = SBUF_INIT, after = SBUF_INIT;
    const struct sample *rec = decode(
        &sample_type,
        "{\"list\":[{\"id\":\"1\"}],\"x\":[1],\"strmap\":{\"a\":\"b\"},\"bytes\":[1],\"raw\":1,"
        "\"strs\":[\"a\"],\"strsmap\":{\"a\":[\"b\"]},\"map\":{\"a\":{\"id\":\"1\"}},"
        "\"listmap\":{\"a\":[{\"id\":\"1\"}]},\"rec\":{\"name\":\"n\",\"y\":2}}",
        &b);
    struct sample *copy = proto_dup(&sample_type, rec, &a);
    proto_encode(&sample_type, rec, 0, &before);
    arena_release(&b); /* a copy that borrowed would now be broken */
    proto_encode(&sample_type, copy, 0, &after);
    assert_string_equal(after.s, before.s);
}

/* More elements than merging makes: ours may be so large, and a copy must not lose them. */
static void test_dup_large(void **state)
{
    (void)state;
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct sample s = {0};
    for (int i = 0; i < PROTO_MERGE_MAX + 5; i++)
        proto_list_add(&s.strs, "x", &a);
    struct sample *copy = proto_dup(&sample_type, &s, &a);
    assert_int_equal(copy->strs.n, PROTO_MERGE_MAX + 5);
    proto_strmap_set(&copy->strmap, "k", "1", &a);
    proto_strmap_set(&copy->strmap, "k", "2", &a);
    assert_string_equal(proto_strmap_get(&copy->strmap, "k"), "2");
    assert_null(proto_strmap_get(&copy->strmap, "l"));
    assert_null(proto_strmap_get(&s.strmap, "k"));
    assert_true(proto_strs_has(&copy->strs, "x"));
    assert_false(proto_strs_has(&copy->strs, "y"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),      cmocka_unit_test(test_vnfr),
        cmocka_unit_test(test_allocated),  cmocka_unit_test(test_vim),
        cmocka_unit_test(test_long_lists), cmocka_unit_test(test_nothing_is_shared),
        cmocka_unit_test(test_dup_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
