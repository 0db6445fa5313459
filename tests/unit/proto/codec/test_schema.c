#include "proto/codec/schema.h"

#include "proto/types.h"
#include "tests/support/oracle.h"
#include "tests/unit/proto/codec/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *schema_of(const struct proto_type *type)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    json_error_t error;
    proto_schema(type, &text);
    json_t *schema = json_loadb(text.s, text.len, JSON_REJECT_DUPLICATES, &error);
    if (!schema)
        fail_msg("%s: %s: %s", type->name, error.text, text.s);
    return schema;
}

/* Each "$ref" anywhere in value names one of defs. */
static int check_refs(json_t *value, json_t *defs)
{
    const char *key;
    json_t *inner;
    size_t i;
    int n = 0;
    json_object_foreach(value, key, inner)
    {
        if (strcmp(key, "$ref") == 0) {
            const char *name = json_string_value(inner);
            assert_int_equal(strncmp(name, "#/$defs/", 8), 0);
            assert_true(json_is_object(json_object_get(defs, name + 8)));
            n++;
        }
        n += check_refs(inner, defs);
    }
    json_array_foreach(value, i, inner) n += check_refs(inner, defs);
    return n;
}

static void test_all_types(void **state)
{
    (void)state;
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        const struct proto_type *within[256];
        json_t *schema = schema_of(*t), *defs = json_object_get(schema, "$defs");
        size_t n = proto_types_within(*t, within, 256);
        assert_int_equal(json_object_size(defs), n);
        assert_true(check_refs(schema, defs) >= (int)n); /* none is there for nothing */
        json_t *properties = json_object_get(json_object_get(defs, (*t)->name), "properties");
        size_t names = (*t)->n_fields;
        for (uint32_t i = 0; i < (*t)->n_fields; i++)
            names += (*t)->fields[i].alias != NULL;
        assert_int_equal(json_object_size(properties), names);
        json_decref(schema);
    }
}

#define NUMBER "\"^(-?[0-9][0-9.eE+-]*)?(?![\\\\s\\\\S])\""

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *member, *want;
    } cases[] = {
        {"str", "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}"},
        {"num", "{\"type\":[\"integer\",\"string\",\"null\"],\"pattern\":" NUMBER "}"},
        {"natural",
         "{\"type\":[\"integer\",\"string\",\"null\"],\"pattern\":" NUMBER ",\"minimum\":0}"},
        {"flag", "{\"enum\":[true,false,\"true\",\"false\",null]}"},
        {"real", "{\"type\":[\"number\",\"string\",\"null\"]}"},
        {"word", "{\"enum\":[\"ON\",\"OFF\",\"\",null]}"},
        {"secret", "{\"type\":[\"string\",\"number\",\"boolean\",\"null\"],\"writeOnly\":true}"},
        {"named", "{\"type\":[\"string\",\"number\",\"boolean\",\"null\",\"object\"]}"},
        {"first", "{\"type\":[\"string\",\"number\",\"boolean\",\"null\",\"array\"]}"},
        {"strs", "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":[\"string\",\"number\","
                 "\"boolean\",\"object\",\"null\"]}}"},
        {"strmap", "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":[\"string\","
                   "\"number\",\"boolean\",\"null\"]}}"},
        {"strsmap",
         "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":[\"array\",\"null\"],"
         "\"items\":{\"type\":[\"string\",\"number\",\"boolean\",\"object\",\"null\"]}}}"},
        {"rec", "{\"anyOf\":[{\"$ref\":\"#/$defs/leaf\"},{\"type\":\"null\"}]}"},
        {"list", "{\"type\":[\"array\",\"null\"],\"items\":{\"anyOf\":[{\"$ref\":\"#/$defs/"
                 "leaf\"},{\"type\":\"null\"}]}}"},
        {"map", "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"anyOf\":[{\"$ref\":\"#"
                "/$defs/leaf\"},{\"type\":\"null\"}]}}"},
        {"listmap",
         "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":[\"array\",\"null\"],"
         "\"items\":{\"anyOf\":[{\"$ref\":\"#/$defs/leaf\"},{\"type\":\"null\"}]}}}"},
        {"bytes", "{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-"
                  "128,\"maximum\":255}},{\"type\":\"string\",\"contentEncoding\":\"base64\"},{"
                  "\"type\":\"null\"}]}"},
        {"raw", "{\"$comment\":\"any value\"}"},
    };
    json_t *schema = schema_of(&sample_type), *defs = json_object_get(schema, "$defs");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *properties = json_object_get(json_object_get(defs, "sample"), "properties");
        json_t *got = json_object_get(properties, cases[i].member);
        json_t *want = oracle_parse(cases[i].want, strlen(cases[i].want));
        if (!json_equal(got, want))
            fail_msg("%s: got %s", cases[i].member, json_dumps(got, JSON_ENCODE_ANY));
        json_decref(want);
    }
    static const char leaf[] =
        "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":[\"string\",\"number\",\"boolean\","
        "\"null\"]},\"name\":{\"type\":[\"string\","
        "\"number\",\"boolean\"],\"minLength\":1},\"n\":{\"type\":[\"integer\",\"string\",\"null\"]"
        ","
        "\"pattern\":" NUMBER ",\"minimum\":1},\"ours\":{\"type\":[\"string\",\"number\","
        "\"boolean\",\"null\"]}},\"required\":[\"name\"]}";
    json_t *want = oracle_parse(leaf, sizeof(leaf) - 1);
    assert_true(json_equal(json_object_get(defs, "leaf"), want));
    json_decref(want);
    json_decref(schema);
}

/* What refers to a stored VNFD has nothing but its id; forms are patterns. That they refuse what
 * the server refuses: tests/e2e/descriptors_agree.sh. */
static void test_references_and_forms(void **state)
{
    (void)state;
    json_t *schema = schema_of(proto_type_find("nsd"));
    json_t *defs = json_object_get(schema, "$defs");
    json_t *vnfd =
        json_object_get(json_object_get(json_object_get(defs, "nsd"), "properties"), "vnfd");
    json_t *any = json_object_get(json_object_get(vnfd, "items"), "anyOf");
    assert_int_equal(json_array_size(any), 3);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_array_get(any, 0), "required"), 0)),
        "id");
    json_t *name =
        json_object_get(json_object_get(json_object_get(defs, "vnfd"), "properties"), "name");
    assert_int_equal(json_integer_value(json_object_get(name, "maxLength")), 255);
    assert_true(json_is_string(json_object_get(name, "pattern")));
    json_decref(schema);
}

/* REQUIRED means not empty, as in proto_validate. */
static void test_not_empty(void **state)
{
    (void)state;
    static const struct {
        const char *member, *key;
    } cases[] = {{"name", "minLength"}, {"vnfd", "minItems"}};
    json_t *schema = schema_of(proto_type_find("nsd"));
    json_t *nsd = json_object_get(json_object_get(schema, "$defs"), "nsd");
    json_t *properties = json_object_get(nsd, "properties");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *member = json_object_get(properties, cases[i].member);
        assert_int_equal(json_integer_value(json_object_get(member, cases[i].key)), 1);
    }
    json_decref(schema);
}

static void test_describe(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    proto_describe(&leaf_type, &out);
    assert_string_equal(out.s, "## leaf\n\n| Member | Type | Rules |\n|---|---|---|\n"
                               "| `id` | text | the NFVO's once set, key |\n"
                               "| `name` | text | required, key |\n"
                               "| `n` | integer | at least 1 |\n"
                               "| `ours` | text | the NFVO's |\n\n");
    sbuf_clear(&out);
    proto_describe(&sample_type, &out);
    assert_non_null(strstr(out.s, "| `str` | text | also `string` |\n"));
    assert_non_null(strstr(out.s, "| `word` | text | one of ON OFF |\n"));
    assert_non_null(strstr(out.s, "| `list` | list of [leaf](#leaf) | always written |\n"));
    assert_non_null(strstr(out.s, "| `listmap` | map of lists of [leaf](#leaf) |  |\n"));
    assert_non_null(strstr(out.s, "| `secret` | text | secret |\n"));
    for (const struct proto_type *const *t = proto_types; *t; t++) {
        sbuf_clear(&out);
        proto_describe(*t, &out);
        size_t lines = 0;
        for (const char *p = out.s; (p = strchr(p, '\n')); p++)
            lines++;
        assert_int_equal(lines, (*t)->n_fields + 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_types), cmocka_unit_test(test_members),
        cmocka_unit_test(test_not_empty), cmocka_unit_test(test_references_and_forms),
        cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
