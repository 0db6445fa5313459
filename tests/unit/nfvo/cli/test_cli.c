/* What needs no server: arguments, tables, faults, names, the watch. Output goes to memory, not to
 * a terminal. */
#include "nfvo/cli/common.h"
#include "nfvo/cli/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct cli c;
    char *out, *errors;
    size_t out_len, errors_len;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    FILE *out = open_memstream(&f->out, &f->out_len),
         *errors = open_memstream(&f->errors, &f->errors_len);
    cli_init(&f->c, out, errors);
    unsetenv("BATON_TOKEN");
    unsetenv("BATON_USER");
    unsetenv("BATON_URL");
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cli_release(&f->c);
    fclose(f->c.out);
    fclose(f->c.errors);
    free(f->out);
    free(f->errors);
    free(f);
    return 0;
}

static void flush(struct fixture *f)
{
    fflush(f->c.out);
    fflush(f->c.errors);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text);
}

#define RUN(f, ...) run(f, (const char *const[]){"baton", __VA_ARGS__, NULL})

static int run(struct fixture *f, const char *const *words)
{
    static char copy[8][256];
    char *argv[9] = {NULL};
    int argc = 0;
    for (; words[argc]; argc++) {
        snprintf(copy[argc], sizeof(copy[argc]), "%s", words[argc]);
        argv[argc] = copy[argc];
    }
    int code = cli_main(&f->c, argc, argv);
    flush(f);
    return code;
}

static void wrong_usage_exits_2_and_says_what(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *words[6], *said;
    } cases[] = {
        {{"baton", "frobnicate"}, "no such command 'frobnicate'"},
        {{"baton", "nsr", "explode"}, "'explode'"},
        {{"baton", "nsr", "show"}, "arguments are missing; it takes 'NSR'"},
        {{"baton", "nsr", "show", "a", "b"}, "one argument too many: 'b'"},
        {{"baton", "nsr", "list", "--wait"}, "does not take the option 'wait'"},
        {{"baton", "nsr", "list", "-o", "yaml"}, "not 'yaml'"},
        {{"baton", "nsr", "list", "--output"}, "a value is missing behind '--output'"},
        {{"baton", "nsr", "list", "--nonsense"}, "no such option '--nonsense'"},
        {{"baton", "nsr", "create", "x", "--wait=yes"}, "takes no value"},
        {{"baton", "nsr", "create", "x", "--timeout=soon"}, "--timeout"},
        {{"baton", "nsd", "create", "/nonexistent/file"}, "/nonexistent/file"},
        {{"baton", "event", "create", "x"}, "--event and --endpoint"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        teardown(state);
        setup(state);
        f = *state;
        assert_int_equal(run(f, cases[i].words), CLI_USAGE);
        assert_has(f->errors, cases[i].said);
        assert_string_equal(f->out, "");
    }
}

static void options_stand_anywhere(void **state)
{
    struct fixture *f = *state;
    char words[][16] = {"baton",  "-ojson", "nsr", "--timeout", "5s",
                        "create", "--wait", "--",  "-x"};
    char *argv[10] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        argv[i] = words[i];
    assert_int_equal(cli_parse(&f->c, ARRAY_LEN(words), argv), CLI_OK);
    assert_string_equal(f->c.command->verb, "create");
    assert_int_equal(f->c.arg_n, 1);
    assert_string_equal(f->c.args[0], "-x");
    assert_int_equal(f->c.output, CLI_JSON);
    int64_t ms = 0;
    assert_int_equal(cli_timeout_ms(&f->c, &ms), CLI_OK);
    assert_int_equal(ms, 5000);
}

static void help_names_every_command_and_exit_code(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "help"), CLI_OK);
    for (const struct cli_command *cmd = cli_commands; cmd->noun; cmd++) {
        assert_has(f->out, cmd->help);
        assert_has(f->out, cmd->noun);
    }
    assert_has(f->out, "  6  --wait");
    assert_int_equal(RUN(f, "help", "nothing"), CLI_USAGE);
}

static void not_logged_in_is_4_and_unreachable_5(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "nsr", "list"), CLI_AUTH);
    assert_has(f->errors, "hint: baton login");
    setenv("BATON_TOKEN", "t", 1);
    assert_int_equal(RUN(f, "nsr", "list", "--url", "http://127.0.0.1:1"), CLI_UNREACHABLE);
    unsetenv("BATON_TOKEN");
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json)
        fail_msg("%s", error.text);
    return json;
}

static void names_are_resolved_and_ambiguous_ones_refused(void **state)
{
    struct fixture *f = *state;
    json_t *list =
        parse("[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":\"b\",\"status\":\"ACTIVE\"},"
              "{\"id\":\"3\",\"name\":\"b\"},{\"id\":\"b2\",\"name\":\"1\"}]");
    const char *id = NULL;
    assert_int_equal(cli_resolve_in(&f->c, "nsr", list, "a", &id), CLI_OK);
    assert_string_equal(id, "1");
    assert_int_equal(cli_resolve_in(&f->c, "nsr", list, "1", &id), CLI_OK);
    assert_string_equal(id, "1"); /* an id beats a name */
    assert_int_equal(cli_resolve_in(&f->c, "nsr", list, "z", &id), CLI_NOT_FOUND);
    assert_int_equal(cli_resolve_in(&f->c, "nsr", list, "b", &id), CLI_USAGE);
    flush(f);
    assert_has(f->errors, "there is no nsr 'z'\n  hint: baton nsr list\n");
    assert_has(f->errors, "several nsrs named 'b':\n  2  ACTIVE\n  3\n  hint:");
    json_decref(list);
}

static void a_fault_is_shown_whole(void **state)
{
    struct fixture *f = *state;
    json_t *body = parse(
        "{\"code\":\"Bad "
        "Request\",\"message\":\"short\",\"fault\":{\"code\":\"ERR_PEER\",\"message\":\"script "
        "failed\",\"causes\":[\"exit 3\",\"no route\"],\"object\":\"vnfr "
        "x\",\"host\":\"h-1\",\"script\":"
        "\"install.sh\",\"exit\":3,\"output_tail\":\"line 1\\nbad \\u001b[31m\\n\",\"hint\":\"fix "
        "it\"}}");
    cli_print_fault(f->c.errors, "deploy nsr 'n'", body);
    flush(f);
    assert_string_equal(f->errors,
                        "baton: deploy nsr 'n': script failed\n"
                        "  object: vnfr x\n  host: h-1\n  script: install.sh\n  exit: 3\n"
                        "  cause: exit 3\n  cause: no route\n"
                        "  output: line 1\n          bad ?[31m\n  hint: fix it\n");
    json_decref(body);
}

static void a_body_without_fault_gives_its_message(void **state)
{
    struct fixture *f = *state;
    static const char *const bodies[] = {"{\"message\":\"m1\"}",
                                         "{\"error\":\"e\",\"error_description\":\"m1\"}",
                                         "{\"detailMessage\":\"m1\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        json_t *body = parse(bodies[i]);
        cli_print_fault(f->c.errors, "x", body);
        json_decref(body);
    }
    flush(f);
    assert_string_equal(f->errors, "baton: x: m1\nbaton: x: m1\nbaton: x: m1\n");
}

#define NSR                                                                                        \
    "{\"id\":\"n1\",\"name\":\"svc\",\"status\":\"%s\",\"vnfr\":[{\"id\":\"v1\",\"name\":"         \
    "\"server\",\"status\":\"%s\","                                                                \
    "\"fault\":{\"message\":\"boom\"},\"lifecycle_event_history\":["                               \
    "{\"event\":\"START\",\"executedAt\":\"2026.11.22-10:00:01:250-UTC\"},"                        \
    "{\"event\":\"INSTANTIATE\",\"executedAt\":\"2026.11.22-10:00:00:000-UTC\"}],"                 \
    "\"vdu\":[{\"vnfc_instance\":[{\"id\":\"i1\",\"hostname\":\"server-1\",\"state\":\"ACTIVE\","  \
    "\"ips\":[{\"netName\":\"private\",\"ip\":\"10.0.0.2\"}],\"floatingIps\":[]}]}]}]}"

static json_t *nsr_in(const char *status, const char *vnfr_status)
{
    char text[2048];
    snprintf(text, sizeof(text), NSR, status, vnfr_status);
    return parse(text);
}

static void tables_show_the_tree_without_escapes(void **state)
{
    struct fixture *f = *state;
    json_t *nsr = nsr_in("ERROR", "ERROR"), *list = json_pack("[O]", nsr);
    cli_print_list(&f->c, cli_nsr_columns, list);
    cli_show_nsr(&f->c, nsr);
    cli_show_history(&f->c, nsr);
    flush(f);
    assert_has(f->out, "VNFS ACTIVE");
    assert_has(f->out, "0/1");
    assert_has(f->out, "private=10.0.0.2");
    assert_has(f->out, "fault: boom");
    assert_has(f->out, "1250");
    assert_true(strstr(f->out, "INSTANTIATE") < strstr(f->out, "START"));
    assert_null(strchr(f->out, '\033'));
    json_decref(list);
    json_decref(nsr);
}

static void the_watch_says_changes_once(void **state)
{
    struct fixture *f = *state;
    struct cli_watch *w = cli_watch_new(f->c.out, false, 1000000);
    static const char *const steps[][2] = {
        {"NULL", "NULL"}, {"NULL", "NULL"}, {"ACTIVE", "ACTIVE"}};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        json_t *nsr = nsr_in(steps[i][0], steps[i][1]);
        cli_watch_show(w, nsr, 1000000 + (int64_t)i * 500000);
        json_decref(nsr);
    }
    json_t *empty = parse("{\"id\":\"n1\",\"name\":\"svc\",\"status\":\"ACTIVE\",\"vnfr\":[]}");
    cli_watch_show(w, empty, 3000000);
    json_decref(empty);
    cli_watch_free(w);
    flush(f);
    assert_string_equal(f->out, "   0.000 s  svc NULL\n"
                                "   0.000 s    server NULL\n"
                                "   0.000 s      server-1 ACTIVE  private=10.0.0.2\n"
                                "   1.000 s  svc ACTIVE\n"
                                "   1.000 s    server ACTIVE\n"
                                "   2.000 s    server gone\n"
                                "   2.000 s      server-1 gone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_usage_exits_2_and_says_what, setup, teardown),
        cmocka_unit_test_setup_teardown(options_stand_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(help_names_every_command_and_exit_code, setup, teardown),
        cmocka_unit_test_setup_teardown(not_logged_in_is_4_and_unreachable_5, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_resolved_and_ambiguous_ones_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_fault_is_shown_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_without_fault_gives_its_message, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_show_the_tree_without_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(the_watch_says_changes_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
