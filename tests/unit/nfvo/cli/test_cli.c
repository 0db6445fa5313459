/* What needs no server: arguments, tables, faults, names, the watch. Output goes to memory, not to
 * a terminal. */
#include "common/base/version.h"
#include "nfvo/cli/common.h"
#include "nfvo/cli/logs.h"
#include "nfvo/cli/stream.h"
#include "nfvo/cli/watch.h"
#include "nfvo/cli/words.h"
#include "nfvo/words/commands.h"

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
    fflush(f->c.raw_out); /* also when nothing was written */
    fflush(f->c.raw_errors);
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
        const char *words[7], *said;
    } cases[] = {
        {{"baton", "frobnicate"}, "no such command 'frobnicate'"},
        {{"baton", "nsr", "explode"}, "'explode'"},
        {{"baton", "nsr", "show"}, "which NSR? usage: baton nsr show NSR..."},
        {{"baton", "nsr", "delete"}, "which NSR? usage: baton nsr delete NSR..."},
        {{"baton", "nsr", "execute", "web"}, "which FILE? usage: baton nsr execute NSR [VNF] FILE"},
        {{"baton", "script", "put", "p"},
         "which SCRIPT? usage: baton script put PACKAGE SCRIPT FILE"},
        {{"baton", "explain"}, "which ID|NAME? usage: baton explain ID|NAME"},
        {{"baton", "nsr", "history", "a", "b"}, "one argument too many: 'b'"},
        {{"baton", "nsr", "list", "--wait"}, "does not take the option 'wait'"},
        {{"baton", "nsr", "list", "-o", "xml"}, "not 'xml'"},
        {{"baton", "nsr", "list", "--output"}, "a value is missing behind '--output'"},
        {{"baton", "nsr", "list", "-w", "-o", "json"}, "--watch is for people"},
        {{"baton", "nsr", "list", "--nonsense"},
         "no such option '--nonsense'\n  hint: baton help nsr list\n"},
        {{"baton", "events", "--nonsense"}, "hint: baton help event\n"},
        {{"baton", "--nonsense", "nsr"}, "hint: baton help\n"},
        {{"baton", "nsr", "explode"}, "hint: baton help nsr\n"},
        {{"baton", "nsr", "lst"}, "  did you mean: baton nsr list\n  hint: baton help nsr\n"},
        {{"baton", "nrs", "list"}, "  did you mean: baton nsr\n"},
        {{"baton", "nsr", "list", "--limti", "2"}, "  did you mean: --limit\n"},
        {{"baton", "nsr", "create", "x", "--wait=yes"}, "takes no value"},
        {{"baton", "nsr", "create", "x", "--timeout=5s"}, "only together with --wait: '--timeout'"},
        {{"baton", "nsr", "create", "x", "--wait", "--timeout=soon"}, "'soon'"},
        {{"baton", "nsd", "create", "/nonexistent/file"}, "/nonexistent/file"},
        {{"baton", "event", "create", "x"}, "--event and --endpoint"},
        {{"baton", "nsr", "heal", "x", "--plan", "--wait"}, "a plan does nothing to wait for"},
        {{"baton", "nsr", "heal", "x", "--number", "2"}, "does not take the option 'number'"},
        {{"baton", "nsr", "configure", "x"}, "which KEY=VALUE? usage: baton nsr configure NSR"},
        {{"baton", "op", "show", "abc"}, "its first 4 characters or more, not 'abc'"},
        {{"baton", "op", "list", "state=open", "x"}, "a filter is NAME=VALUE"},
        {{"baton", "op", "wait", "abcd", "--timeout=soon"}, "'soon'"},
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

/* Each shell's own has all that the tables have: what holds a quote, too. */
static void completion_of_three_shells(void **state)
{
    static const struct {
        const char *shell, *verb, *option;
    } rows[] = {
        {"bash", "scale-out", "--record-only"},
        {"zsh", "'scale-out:Add instances to a VNF, or to several in one operation'",
         "'--ca:PEM file of the authority that signed the server'\\''s"},
        {"fish", "-a scale-out -d 'Add instances to a VNF, or to several in one operation'",
         "--ca"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        teardown(state);
        setup(state);
        f = *state;
        assert_int_equal(RUN(f, "completion", (char *)(uintptr_t)rows[i].shell), CLI_OK);
        assert_has(f->out, rows[i].verb);
        if (strcmp(rows[i].shell, "fish") != 0)
            assert_has(f->out, rows[i].option);
    }
    assert_has(f->out, "-l ca -d 'PEM file of the authority that signed the server\\'s");
    assert_int_equal(RUN(f, "completion", "tcsh"), CLI_USAGE);
    assert_has(f->errors, "there are bash, zsh and fish");
}

static void an_unknown_variable_is_refused(void **state)
{
    struct fixture *f = *state;
    setenv("BATON_USERNAME", "admin", 1);
    assert_int_equal(RUN(f, "completion"), CLI_USAGE);
    unsetenv("BATON_USERNAME");
    assert_has(f->errors, "unknown environment variable 'BATON_USERNAME'");
    assert_has(f->errors, "BATON_USER,");
    assert_string_equal(f->out, "");
    setenv("BATON_NFVO_PORT", "1", 1); /* a daemon's */
    setenv("OB_NFVO_IP", "10.0.0.1", 1);
    assert_int_equal(RUN(f, "completion"), CLI_OK);
    unsetenv("BATON_NFVO_PORT");
    unsetenv("OB_NFVO_IP");
}

static void the_version_needs_no_server(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(RUN(f, "--version"), CLI_OK);
    assert_int_equal(RUN(f, "nsr", "list", "--version"), CLI_OK);
    assert_string_equal(f->out, "baton " BATON_VERSION "\nbaton " BATON_VERSION "\n");
    assert_string_equal(f->errors, "");
}

/* A script must not take half an answer for one. */
static void output_that_cannot_be_written_is_a_failure(void **state)
{
    static const char *const forms[] = {"table", "wide", "json",
                                        "name",  "yaml", "template={.name}"};
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct cli c;
        char words[4][32] = {"baton", "context", "list", "-o"}, form[32];
        char *argv[] = {words[0], words[1], words[2], words[3], form, NULL};
        FILE *full = fopen("/dev/full", "we");
        assert_non_null(full);
        snprintf(form, sizeof(form), "%s", forms[i]);
        cli_init(&c, full, f->c.raw_errors);
        if (cli_main(&c, 5, argv) != CLI_USAGE)
            fail_msg("-o %s did not fail", form);
        cli_release(&c);
        fclose(full);
    }
    flush(f);
    assert_has(f->errors, "the output cannot be written");
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

static void a_vnf_is_named_with_its_service(void **state)
{
    static const struct {
        const char *words[6], *args[4];
    } rows[] = {
        {{"baton", "nsr", "stop", "web@shop"}, {"shop", "web"}},
        {{"baton", "nsr", "execute", "a@b@shop", "f.sh"}, {"shop", "a@b", "f.sh"}},
        {{"baton", "nsr", "upgrade", "web@shop", "v2"}, {"shop", "web", "v2"}},
        {{"baton", "nsr", "stop", "@shop"}, {"@shop"}},
        {{"baton", "nsr", "stop", "shop@"}, {"shop@"}},
        {{"baton", "nsr", "show", "web@shop"}, {"web@shop"}},
        {{"baton", "user", "show", "web@shop"}, {"web@shop"}},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char copy[6][32], *argv[7] = {NULL};
        int argc = 0, n = 0;
        for (; argc < 6 && rows[i].words[argc]; argc++) {
            snprintf(copy[argc], sizeof(copy[argc]), "%s", rows[i].words[argc]);
            argv[argc] = copy[argc];
        }
        assert_int_equal(cli_parse(&f->c, argc, argv), CLI_OK);
        for (; n < 4 && rows[i].args[n]; n++)
            assert_string_equal(f->c.args[n], rows[i].args[n]);
        assert_int_equal(f->c.arg_n, n);
    }
}

/* Everything that deletes asks; nothing else does. */
static void what_deletes_takes_yes(void **state)
{
    (void)state;
    for (const struct cli_command *cmd = cli_commands; cmd->noun; cmd++) {
        bool asks = (cmd->options & CLI_BIT(YES)) != 0;
        bool is_delete = cmd->verb && strcmp(cmd->verb, "delete") == 0;
        bool is_other =
            cmd->verb && (strcmp(cmd->verb, "remove-vnf") == 0 ||
                          strcmp(cmd->verb, "restart") == 0 || strcmp(cmd->verb, "orphans") == 0);
        if (asks != (is_delete || is_other))
            fail_msg("baton %s %s", cmd->noun, cmd->verb);
    }
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
    assert_int_equal(RUN(f, "help", "version"), CLI_OK); /* it has no options of its own */
    assert_int_equal(RUN(f, "help", "nsr", "create"), CLI_OK);
    assert_null(strstr(f->out, "\n\n\n"));
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
                        "  output: line 1\n          bad \\u001b[31m\n  hint: fix it\n");
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
    "{\"id\":\"n1\",\"name\":\"svc\",\"status\":\"ERROR\",\"vnfr\":[{\"id\":\"v1\",\"name\":"      \
    "\"server\",\"status\":\"ERROR\",\"fault\":{\"message\":\"boom\"},"                            \
    "\"provides\":{\"configurationParameters\":[{\"confKey\":\"iperf3\",\"value\":\"%s\"}]},"      \
    "\"vdu\":[{\"vnfc_instance\":[{\"id\":\"i1\",\"hostname\":\"server-1\",\"state\":\"ACTIVE\","  \
    "\"ips\":[{\"netName\":\"private\",\"ip\":\"10.0.0.2\"}],\"floatingIps\":[]}]}]}]}"

static void tables_show_the_tree_without_escapes(void **state)
{
    struct fixture *f = *state;
    char value[201], text[2048];
    memset(value, 'x', 200);
    value[200] = '\0';
    snprintf(text, sizeof(text), NSR, value);
    json_t *nsr = parse(text), *list = json_pack("[O]", nsr);
    cli_print_list(&f->c, cli_nsr_columns, list);
    cli_show_nsr(&f->c, nsr);
    flush(f);
    assert_has(f->out, "VNFS ACTIVE");
    assert_has(f->out, "0/1");
    assert_has(f->out, "private=10.0.0.2");
    assert_has(f->out, "fault: boom");
    assert_has(f->out, "server: iperf3=xxxx");
    assert_has(f->out, "xxx... (200 bytes)");
    assert_null(strstr(f->out, value));
    assert_null(strchr(f->out, '\033'));
    json_decref(list);
    json_decref(nsr);
}

static void a_list_has_names_first_and_short_ids_last(void **state)
{
    struct fixture *f = *state;
    json_t *list = parse("[{\"id\":\"11111111-1111-4111-8111-111111111111\",\"name\":\"a\"},"
                         "{\"id\":\"22222222-2222-4222-8222-222222222222\",\"name\":\"b\"}]"),
           *alike = parse("[{\"id\":\"11111111-1111-4111-8111-111111111111\"},"
                          "{\"id\":\"11111111-1111-5111-8111-111111111111\"}]"),
           *strange = parse("[{\"id\":\"no uuid\",\"name\":\"a\"},{\"id\":7},{}]");
    static const struct cli_column columns[] = {
        {.heading = "ID", .path = "id"}, {.heading = "NAME", .path = "name"}, {0}};
    cli_print_page(&f->c, columns, list, true, true);
    cli_print_page(&f->c, columns, alike, true, false);
    cli_print_page(&f->c, columns, strange, true, false);
    f->c.output = CLI_WIDE;
    cli_print_page(&f->c, columns, alike, true, false);
    flush(f);
    assert_string_equal(f->out, "NAME ID\na    11111111\nb    22222222\n"
                                "     11111111-1111-4\n     11111111-1111-5\n"
                                "a    no uuid\n"
                                "     7\n"
                                "     \n"
                                "     11111111-1111-4111-8111-111111111111\n"
                                "     11111111-1111-5111-8111-111111111111\n");
    assert_true(cli_is_short_id("11111111-1111-4"));
    assert_false(cli_is_short_id("111"));
    assert_false(cli_is_short_id("web-1"));
    json_decref(list);
    json_decref(alike);
    json_decref(strange);
}

static void ages_are_short(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {{-5, "0s"},   {119, "119s"},          {120, "2m"},       {7199, "119m"},
                {7200, "2h"}, {2 * 86400 - 1, "47h"}, {2 * 86400, "2d"}, {400 * 86400, "400d"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        cli_put_age(&text, rows[i].seconds * 1000000);
        assert_string_equal(text.s, rows[i].text);
    }
}

static void a_cell_is_short_for_people(void **state)
{
    struct fixture *f = *state;
    static char name[100001];
    memset(name, 'n', sizeof(name) - 1);
    memcpy(name + 299, "\u00e9", 2); /* not cut in the middle */
    struct cli_table *t = cli_table_new(&f->c, (const char *const[]){"NAME", NULL}, false);
    cli_table_add(t, NULL, (const char *const[]){name});
    cli_table_print(t);
    flush(f);
    assert_has(f->out, "nnn...\n");
    assert_int_equal(strlen(f->out), strlen("NAME\n") + 299 + strlen("...\n"));
}

/* --- what baton explain and --wait are made of ---------------------------------------------------
 */

#define ROW(id, at, entry) "{\"id\":" #id ",\"at\":" #at ",\"entry\":{" entry "}}"
#define STEP(vnfr, from, to)                                                                       \
    "\"event\":\"STEP\",\"vnfr\":\"" vnfr "\",\"from\":\"" from "\",\"to\":\"" to "\""
#define STORY                                                                                      \
    ROW(7, 1000000, "\"event\":\"DEPLOY\",\"text\":\"svc\"")                                       \
    "," ROW(8, 1250000, STEP("server", "INSTANTIATING", "ALLOCATING")) "," ROW(                    \
        9, 1250000,                                                                                \
        "\"event\":\"SERVER\",\"vnfr\":\"server\",\"host\":\"server-"                              \
        "1\",\"to\":\"LAUNCHING\"") "," ROW(10, 1500000,                                           \
                                            "\"event\":\"SERVER\","                                \
                                            "\"vnfr\":\"server\","                                 \
                                            "\"host\":\"server-1\","                               \
                                            "\"from\":"                                            \
                                            "\"LAUNCHING\",\"to\":"                                \
                                            "\"UP\",\"text\":"                                     \
                                            "\"private=10.0.0.2\"")
#define ANSWER(now, phase, waits, history)                                                         \
    "{\"now\":" #now ",\"nsr\":{\"id\":\"n1\",\"name\":\"svc\",\"phase\":\"" phase "\"},"          \
    "\"vnfrs\":[{\"name\":\"server\",\"needs\":[\"db\"],\"instances\":[{\"hostname\":"             \
    "\"server-1\"}]}],\"waits\":[" waits "],\"history\":[" history "]}"
#define WAIT(kind, opened)                                                                         \
    "{\"id\":\"c-" kind "\",\"kind\":\"" kind "\",\"vnfr\":\"server\",\"vnfm\":\"generic\","       \
    "\"opened\":" #opened ",\"due\":90000000}"

static void show(struct cli_watch *w, const char *text, int64_t now_us)
{
    json_t *answer = parse(text);
    cli_watch_show(w, answer, now_us);
    json_decref(answer);
}

static void the_watch_says_each_step_once_by_the_servers_clock(void **state)
{
    struct fixture *f = *state;
    struct cli_watch *w = cli_watch_new(f->c.out, NULL, "DEPLOY", 5000000);
    setenv("TZ", "UTC", 1);
    /* what was before it began is not told */
    show(w,
         ANSWER(1600000, "DEPLOYING", WAIT("INSTANTIATE", 1000000),
                ROW(6, 900000, STEP("old", "A", "B")) "," STORY),
         5700000);
    assert_int_equal(cli_watch_after(w), 10);
    show(w, ANSWER(2600000, "DEPLOYING", WAIT("INSTANTIATE", 1000000), ""), 6700000);
    show(w, ANSWER(2700000, "DEPLOYING", WAIT("INSTANTIATE", 1000000), ""), 6800000);
    show(w, ANSWER(3000000, "ACTIVE", "", ROW(11, 2900000, STEP("server", "ALLOCATING", "ACTIVE"))),
         7100000);
    assert_int_equal(cli_watch_since(w, "server"), 2900000);
    assert_true(cli_watch_took(w) > 1.89 && cli_watch_took(w) < 1.91);
    cli_watch_steps(w, &f->c);
    cli_watch_free(w);
    flush(f);
    assert_string_equal(
        f->out,
        "   0.000 s  svc               DEPLOY  svc\n"
        "   0.250 s  server            INSTANTIATING -> ALLOCATING  servers are launched\n"
        "   0.250 s    server-1        LAUNCHING                    the driver is asked to launch "
        "it\n"
        "   0.500 s    server-1        LAUNCHING -> UP              private=10.0.0.2\n"
        "   1.600 s  server            waits for VNFM 'generic' to answer INSTANTIATE of server, "
        "until 00:01:30 (87 s)\n"
        "   1.900 s  server            ALLOCATING -> ACTIVE\n"
        "\n"
        "SECONDS IN INSTANTIATING ALLOCATING ALL\n"
        "server     0.250         1.650      1.900\n");
}

static void the_history_tells_how_long_each_step_took(void **state)
{
    struct fixture *f = *state;
    setenv("TZ", "UTC", 1);
    json_t *history = parse("[" STORY "]");
    cli_show_history(&f->c, history);
    flush(f);
    assert_has(f->out, "00:00:01.250 0.250    server   INSTANTIATING -> ALLOCATING       0.250");
    assert_has(f->out, "server-1 LAUNCHING -> UP  private=10.0.0.2 0.250");
    json_decref(history);
}

static void a_wait_is_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *wait, *text;
    } cases[] = {
        {WAIT("INSTANTIATE", 0), "VNFM 'generic' to answer INSTANTIATE of server"},
        {"{\"kind\":\"LAUNCH\",\"host\":\"h-1\",\"pop\":\"p\",\"popType\":\"local\"}",
         "the driver of PoP 'p' (local) to launch h-1"},
        {"{\"kind\":\"TIMER_SOURCES\"}", "the VNFs it needs parameters of: db, web"},
        {"{\"kind\":\"START\",\"vnfr\":\"v\",\"vnfm\":\"x\",\"lost\":true}",
         "VNFM 'x' to answer START of v, which died with it in hand"},
        {"{\"kind\":\"NEWER\",\"subject\":\"s\"}", "NEWER of 's'"},
    };
    json_t *needs = parse("[\"db\",\"web\"]");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        json_t *wait = parse(cases[i].wait);
        cli_put_wait(&text, wait, needs);
        assert_string_equal(text.s, cases[i].text);
        json_decref(wait);
    }
    json_decref(needs);
    json_t *waits = parse("[" WAIT("INSTANTIATE", 0) "," WAIT("LAUNCH", 0) "]");
    assert_string_equal(cli_json_str(cli_main_wait(waits, "server"), "kind"), "LAUNCH");
    assert_null(cli_main_wait(waits, "other"));
    json_decref(waits);
}

/* Each kind of command has one, and knows all that it speaks of; LOG_REQUEST had none. */
static void every_wait_is_a_sentence(void **state)
{
    (void)state;
#define X(name, ...) #name,
    static const char *const kinds[] = {COMMAND_KINDS(X)};
#undef X
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        AUTO(sbuf_release) struct sbuf json = SBUF_INIT, text = SBUF_INIT;
        sbuf_addf(&json,
                  "{\"kind\":\"%s\",\"subject\":\"S\",\"host\":\"H\",\"pop\":\"P\","
                  "\"popType\":\"T\",\"vnfm\":\"M\",\"vnfr\":\"V\"}",
                  kinds[i]);
        json_t *wait = parse(json.s);
        cli_put_wait(&text, wait, NULL);
        if (strstr(text.s, "  ") || strstr(text.s, "''") || strpbrk(text.s, "{}") ||
            strncmp(text.s, kinds[i], strlen(kinds[i])) == 0)
            fail_msg("%s: '%s'", kinds[i], text.s);
        json_decref(wait);
    }
}

static void what_others_wait_for_comes_first(void **state)
{
    (void)state;
    static const char *const order[] = {"LAUNCH",        "REFRESH", "PREPARE_POP", "INSTANTIATE",
                                        "START",         "NEWER",   "TIMER_TURN",  "WAIT_PREPARE",
                                        "TIMER_RELEASE", NULL};
    json_t *waits = parse(
        "[" WAIT("TIMER_RELEASE", 0) "," WAIT("INSTANTIATE", 0) "," WAIT("TIMER_TURN", 0) "," WAIT(
            "START", 0) "," WAIT("PREPARE_POP",
                                 0) "," WAIT("WAIT_PREPARE",
                                             0) "," WAIT("REFRESH",
                                                         0) "," WAIT("NEWER", 0) "," WAIT("LAUNCH",
                                                                                          0) "]");
    json_t *sorted = cli_waits_near_first(waits), *wait;
    size_t i;
    json_array_foreach(sorted, i, wait) assert_string_equal(cli_json_str(wait, "kind"), order[i]);
    assert_int_equal(i, ARRAY_LEN(order) - 1);
    json_decref(sorted);
    json_decref(waits);
}

static void put_line(void *arg, const char *text)
{
    sbuf_addf(arg, "%s|", text);
}

static void logs_tell_only_what_is_new(void **state)
{
    (void)state;
    static const struct {
        const char *before, *now, *told;
    } cases[] = {
        {"null", "[\"a\",\"b\"]", "a|b|"},
        {"[\"a\"]", "[\"a\"]", ""},
        {"[\"a\"]", "[\"a\",\"b\"]", "b|"},
        /* a script that ended: its heading says how, behind its output */
        {"[\"== X i.sh (1, running)\",\"a\"]",
         "[\"== X i.sh (1, exit 0, 2 s)\",\"a\",\"b\",\"== X j.sh (3, running)\",\"c\"]",
         "b|== X i.sh (1, exit 0, 2 s)|== X j.sh (3, running)|c|"},
        /* output that was cut meanwhile */
        {"[\"a\",\"b\",\"c\"]", "[\"a\",\"c\",\"d\"]", "c|d|"},
        {"[\"a\"]", "[]", ""},
        {"[\"a\"]", "{\"no\":1}", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(sbuf_release) struct sbuf told = SBUF_INIT;
        json_t *before = json_loads(cases[i].before, JSON_DECODE_ANY, NULL),
               *now = parse(cases[i].now);
        cli_logs_diff(before, now, put_line, &told);
        if (strcmp(told.s ? told.s : "", cases[i].told) != 0)
            fail_msg("case %zu: %s", i, told.s);
        json_decref(before);
        json_decref(now);
    }
}

static void put_event(void *arg, const char *event, const char *id, const char *data)
{
    sbuf_addf(arg, "%s#%s:%s|", event, id, data);
}

static void events_are_read_however_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "event: ready\r\nid: 4\r\ndata: {}\r\n\r\n:\n\n"
                               "id:5\ndata: a\ndata: b\n\nretry: 7\ndata: c\n\ndata: half";
    for (size_t step = 1; step < sizeof(text); step++) {
        AUTO(sbuf_release) struct sbuf told = SBUF_INIT;
        struct cli_stream s;
        cli_stream_init(&s, put_event, &told);
        for (size_t at = 0; at + 1 < sizeof(text); at += step)
            assert_true(cli_stream_feed(&s, text + at,
                                        at + step < sizeof(text) ? step : sizeof(text) - 1 - at));
        assert_string_equal(told.s, "ready#4:{}|#5:a\nb|#5:c|");
        cli_stream_reset(&s);
        assert_true(cli_stream_feed(&s, "data: d\n\n", 9));
        assert_string_equal(told.s, "ready#4:{}|#5:a\nb|#5:c|#5:d|");
        cli_stream_release(&s);
    }
}

/* A VNF whose phase is ACTIVE may be anything but at work. */
static void test_status_meanings(void **state)
{
    static const char *const words[] = {"NULL",    "INITIALIZED", "INACTIVE",
                                        "SCALING", "RESUMING",    "ERROR"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_string_not_equal(cli_vnfr_status_meaning(words[i]), "");
    assert_string_equal(cli_vnfr_status_meaning("ACTIVE"), "");
    assert_non_null(strstr(cli_vnfr_status_meaning("NULL"), "nothing is installed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_usage_exits_2_and_says_what, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_variable_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(completion_of_three_shells, setup, teardown),
        cmocka_unit_test_setup_teardown(the_version_needs_no_server, setup, teardown),
        cmocka_unit_test_setup_teardown(a_vnf_is_named_with_its_service, setup, teardown),
        cmocka_unit_test(what_deletes_takes_yes),
        cmocka_unit_test_setup_teardown(output_that_cannot_be_written_is_a_failure, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(options_stand_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(help_names_every_command_and_exit_code, setup, teardown),
        cmocka_unit_test_setup_teardown(not_logged_in_is_4_and_unreachable_5, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_resolved_and_ambiguous_ones_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_fault_is_shown_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_without_fault_gives_its_message, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_show_the_tree_without_escapes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_has_names_first_and_short_ids_last, setup, teardown),
        cmocka_unit_test(ages_are_short),
        cmocka_unit_test_setup_teardown(a_cell_is_short_for_people, setup, teardown),
        cmocka_unit_test_setup_teardown(the_watch_says_each_step_once_by_the_servers_clock, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_history_tells_how_long_each_step_took, setup, teardown),
        cmocka_unit_test(a_wait_is_a_sentence),
        cmocka_unit_test(every_wait_is_a_sentence),
        cmocka_unit_test(what_others_wait_for_comes_first),
        cmocka_unit_test(logs_tell_only_what_is_new),
        cmocka_unit_test(events_are_read_however_they_are_cut),
        cmocka_unit_test(test_status_meanings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
