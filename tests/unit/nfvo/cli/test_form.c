/* -o yaml, jsonpath and template, and --filter: what is shown of JSON, and what of a list is. */
#include "nfvo/cli/filter.h"
#include "nfvo/cli/form.h"
#include "nfvo/cli/json_path.h"
#include "nfvo/cli/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVICES                                                                                   \
    "[{\"name\":\"a\",\"n\":1,\"vnfr\":[{\"name\":\"web\",\"status\":\"ACTIVE\",\"i\":[{\"h\":"    \
    "\"web-1\"},{\"h\":"                                                                           \
    "\"web-2\"}]},{\"name\":\"db\",\"status\":\"ERROR\",\"i\":[{\"h\":\"db-1\"}]}]},"              \
    "{\"name\":\"b c\",\"n\":2.5,\"vnfr\":[],\"x.y\":true,\"z\":null}]"

static void paths_find_what_stands_there(void **state)
{
    static const struct {
        const char *path, *found;
    } rows[] = {
        {"[0].name", "a"},
        {"$[0].name", "a"},
        {"[*].name", "a|b c"},
        {".[1].name", "b c"},
        {"[-1].name", "b c"},
        {"[5].name", ""},
        {"[-3].name", ""},
        {"..h", "web-1|web-2|db-1"},
        {"[*].vnfr[?(@.status==\"ERROR\")].name", "db"},
        {"[*].vnfr[?(@.status!='ERROR')].name", "web"},
        {"[?(@.n==1)].name", "a"},
        {"[?(@.z)].name", "b c"},
        {"[?( @.n == 2.5 )].name", NULL},
        {"[?(@.n == 2.5)].name", "b c"},
        {"[1]['x.y']", "true"},
        {"[1].z", "null"},
        {"[1].vnfr", "[]"},
        {"[0].vnfr[1].i", "[{\"h\":\"db-1\"}]"},
        {"[0].vnfr[*].i[0].*", "web-1|db-1"},
        {"name.more", ""},
        {"[0].name.more[0]", ""},
        {"[0", NULL},
        {"[x]", NULL},
        {"[1", NULL},
        {"['a]", NULL},
        {"a..", NULL},
        {"a b", NULL},
        {"[?(@.a==\"x)]", NULL},
        {"[?(x)]", NULL},
        {"[?(@.a==1]", NULL},
        {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", NULL},
    };
    json_t *root = json_loads(SERVICES, 0, NULL);
    (void)state;
    assert_non_null(root);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = ERR_INIT;
        AUTO(sbuf_release) struct sbuf found = SBUF_INIT;
        struct json_path *p = json_path_new(rows[i].path, strlen(rows[i].path), &err);
        if (!p != !rows[i].found)
            fail_msg("'%s' is %s: %s", rows[i].path, p ? "a path" : "none", err.msg);
        if (!p) {
            assert_non_null(strstr(err.msg, ", character "));
            continue;
        }
        json_t *list = json_path_find(p, root);
        sbuf_adds(&found, "");
        for (size_t k = 0; k < json_array_size(list); k++) {
            sbuf_adds(&found, k ? "|" : "");
            json_path_put(&found, json_array_get(list, k));
        }
        if (strcmp(found.s, rows[i].found) != 0)
            fail_msg("'%s': got '%s', want '%s'", rows[i].path, found.s, rows[i].found);
        json_decref(list);
        json_path_free(p);
    }
    json_decref(root);
}

/* What a reader of YAML would take for something else is quoted. */
static void yaml_says_the_same(void **state)
{
    json_t *value =
        json_pack("{ss ss ss ss ss ss s[iibno] s{} s[] ss}", "a", "text", "no", "no", "one", "1",
                  "time", "12:30", "empty", "", "lines", "x: y\n  # z\n", "list", 1, -2, 1,
                  json_real(0.5), "map", "none", "steer", "\x1b[2J: x");
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    (void)state;
    assert_non_null(value);
    cli_put_yaml(&text, value);
    assert_string_equal(text.s,
                        "a: text\n'no': 'no'\none: '1'\ntime: '12:30'\nempty: ''\nlines: |\n"
                        "  x: y\n    # z\nlist:\n- 1\n- -2\n- true\n- null\n- 0.5\n"
                        "map: {}\nnone: []\nsteer: \"\\e[2J: x\"\n");
    json_decref(value);
}

static char *shown(const char *form, const char *printed, int *ret_exit, char **errors)
{
    struct cli c;
    size_t n, m;
    char *out = NULL;
    FILE *to = open_memstream(&out, &n), *wrong = open_memstream(errors, &m);
    cli_init(&c, to, wrong);
    *ret_exit = (int)cli_form_open(&c, form);
    if (*ret_exit == CLI_OK) {
        for (const char *p = printed; *p; p++) { /* as it comes, in pieces */
            fputc(*p, c.out);
            if (*p == '\n' || *p == ',')
                fflush(c.out);
        }
        cli_form_close(&c);
    }
    cli_release(&c);
    fclose(to);
    fclose(wrong);
    return out;
}

static void forms_show_what_was_printed_as_json(void **state)
{
    static const struct {
        const char *form, *printed, *shown;
    } rows[] = {
        {"yaml", "{\"a\":1}\n", "a: 1\n"},
        {"yaml", "{\"a\":1}\n{\"b\":[\n2]}\n", "a: 1\nb:\n- 2\n"}, /* one by one */
        {"yaml", "no JSON\n", "no JSON\n"},
        {"yaml", "", ""},
        {"jsonpath=[*].name", SERVICES, "a b c\n"},
        {"jsonpath={[0].name}: {[0].vnfr[*].name}{\"\\n\"}", SERVICES, "a: web db\n"},
        {"jsonpath={..nothing}", SERVICES, "\n"},
        {"template={.name}\\t{.n}", SERVICES, "a\t1\nb c\t2.5\n"},
        {"template=one {.name}", "{\"name\":\"x\"}", "one x\n"},
        {"template={.name}", "{\"name\":\"x\\u001b[2J\"}", "x\\u001b[2J\n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int exit;
        char *errors = NULL, *out = shown(rows[i].form, rows[i].printed, &exit, &errors);
        assert_int_equal(exit, CLI_OK);
        assert_string_equal(out, rows[i].shown);
        assert_string_equal(errors, "");
        free(out);
        free(errors);
    }
}

static void a_mistake_in_a_form_is_said_before_anything_is_asked(void **state)
{
    static const struct {
        const char *form, *said;
    } rows[] = {
        {"jsonpath={.a", "the '}' is missing"},
        {"jsonpath={.a[}", "a number, '*'"},
        {"template={.a b}", "character 3: '.' or '[' is expected"},
        {"jsonpath={range [*]}{.a}{end}", "-o template="},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int exit;
        char *errors = NULL, *out = shown(rows[i].form, "", &exit, &errors);
        assert_int_equal(exit, CLI_USAGE);
        if (!strstr(errors, rows[i].said))
            fail_msg("'%s' is not in: %s", rows[i].said, errors);
        free(out);
        free(errors);
    }
    assert_true(cli_is_form("yaml"));
    assert_false(cli_is_form("yamlx"));
    assert_false(cli_is_form("jsonpath"));
}

static void put_double(const json_t *object, struct sbuf *cell)
{
    sbuf_addf(cell, "%g", 2 * json_number_value(json_object_get(object, "n")));
}

static void filters_leave_what_fits(void **state)
{
    static const struct cli_column columns[] = {
        {.heading = "NAME", .path = "name"}, {.heading = "TWO N", .print = put_double}, {0}};
    static const struct {
        const char *filter;
        size_t most;
        const char *left;
    } rows[] = {
        {"name=a", 9, "a"},
        {"NAME=b*", 9, "b c"},
        {"name!=a", 9, "b c"},
        {"two n=5", 9, "b c"},
        {"n=1", 9, "a"},
        {"..status=ERROR", 9, "a"},
        {"..status=", 9, "b c"},
        {"name=*,n=2.5", 9, "b c"},
        {"name=*", 9, "ab c"},
        {"name=*", 1, "a"},
        {"name=A", 9, ""},
        {"name", 9, NULL},
        {"=x", 9, NULL},
        {"[x=1", 9, NULL},
        {"", 9, NULL},
        {"n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1", 9, "a"},
        {"n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1,n=1", 9, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cli c;
        struct cli_filter *f = NULL;
        AUTO(sbuf_release) struct sbuf left = SBUF_INIT;
        FILE *nothing = fopen("/dev/null", "w");
        json_t *list = json_loads(SERVICES, 0, NULL), *object;
        size_t k;
        cli_init(&c, nothing, nothing);
        int exit = (int)cli_filter_open(&c, columns, rows[i].filter, &f);
        if ((exit == CLI_OK) != (rows[i].left != NULL))
            fail_msg("'%s' gave %d", rows[i].filter, exit);
        if (f)
            cli_filter_apply(f, list, rows[i].most);
        sbuf_adds(&left, "");
        json_array_foreach(list, k, object) sbuf_adds(&left, cli_json_str(object, "name"));
        if (f && strcmp(left.s, rows[i].left) != 0)
            fail_msg("'%s': got '%s', want '%s'", rows[i].filter, left.s, rows[i].left);
        json_decref(list);
        cli_filter_free(f);
        cli_release(&c);
        fclose(nothing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_what_stands_there),
        cmocka_unit_test(yaml_says_the_same),
        cmocka_unit_test(forms_show_what_was_printed_as_json),
        cmocka_unit_test(a_mistake_in_a_form_is_said_before_anything_is_asked),
        cmocka_unit_test(filters_leave_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
