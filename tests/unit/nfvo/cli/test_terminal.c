#include "nfvo/cli/terminal.h"

#include "nfvo/cli/cli.h"
#include "nfvo/cli/show.h"
#include "nfvo/cli/table.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *text, *want;
} cases[] = {
    {"plain\n\ttext", "plain\n\ttext"},
    {"gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0 \xf0\x9f\x98\x80",
     "gr\xc3\xbc\xc3\x9f \xe4\xbd\xa0 \xf0\x9f\x98\x80"},
    {"\033[2J\033]0;owned\a", "\\u001b[2J\\u001b]0;owned\\u0007"},
    {"a\rb\bc\x7f", "a\\u000db\\u0008c\\u007f"},
    {"\xc2\x9b"
     "31m",
     "\\u009b31m"}, /* C1: CSI in one character */
    {"\xe2\x80\xae"
     "txt.exe \xe2\x81\xa6x",
     "\\u202etxt.exe \\u2066x"},            /* direction */
    {"\xf3\xa0\x81\x81", "\\udb40\\udc41"}, /* a tag */
    {"\xff\x9b\xc3(", "\\xff\\x9b\\xc3("},  /* no UTF-8 */
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int whole = 0; whole < 2; whole++) {
            char *got;
            size_t n;
            FILE *to = open_memstream(&got, &n), *f = cli_terminal_open(to, whole);
            if (whole)
                fputs(cases[i].text, f);
            for (const char *p = cases[i].text; !whole && *p; p++) {
                fputc(*p, f); /* a byte a time: characters come in pieces */
                fflush(f);
            }
            assert_int_equal(fclose(f), 0);
            fclose(to);
            if (strcmp(got, cases[i].want) != 0)
                fail_msg("case %zu: '%s'", i, got);
            free(got);
        }
}

static void test_pieces_at_the_end(void **state)
{
    char *got;
    size_t n;
    FILE *to = open_memstream(&got, &n), *f = cli_terminal_open(to, false);
    (void)state;
    fputs("a\xe2\x80", f);
    fclose(f);
    fclose(to);
    assert_string_equal(got, "a\\xe2\\x80");
    free(got);
}

/* Before issue 8 "nsd show" wrote them as they were. */
static void test_a_hostile_descriptor(void **state)
{
    char *out, *errors;
    size_t out_n, errors_n;
    struct cli c;
    (void)state;
    cli_init(&c, open_memstream(&out, &out_n), open_memstream(&errors, &errors_n));
    json_t *nsd =
        json_pack("{ss ss ss s[{ss ss s[{ss s[]}]}]}", "id", "1", "name",
                  "x\033[2J\nid           2", "vendor",
                  "\xc2\x9b"
                  "1m\xe2\x80\xae",
                  "vnfd", "name", "v\033[1;1H", "type", "t\n", "vdu", "name", "\033c", "vnfc");
    assert_non_null(nsd);
    cli_show_nsd(&c, nsd);
    cli_print_json(&c, nsd, "{\"a\":\"\xc2\x9b\"}");
    cli_print_fault(c.errors, "do\033[2J it", NULL);
    cli_fail(&c, CLI_FAULT, &(struct err){.code = ERR_IO, .msg = "a\nbaton: done\033[A"}, "%s",
             "t");
    json_t *pop = json_pack("{ss}", "authUrl", "http://u:s3cret@cloud:5000/v3");
    cli_show_pop(&c, pop);
    json_decref(pop);
    json_decref(nsd);
    cli_release(&c);
    fclose(c.out);
    fclose(c.errors);
    assert_null(strpbrk(out, "\033\r\a"));
    assert_null(strstr(out, "\xc2\x9b"));
    assert_null(strstr(out, "\xe2\x80\xae"));
    assert_null(strstr(out, "\nid           2"));
    assert_non_null(strstr(out, "x\\u001b[2J\\u000aid"));
    assert_non_null(strstr(out, "{\"a\":\"\\u009b\"}\n"));
    assert_non_null(strstr(out, "http://***@cloud:5000/v3"));
    assert_null(strchr(errors, '\033'));
    assert_null(strstr(errors, "\nbaton: done"));
    free(out);
    free(errors);
}

/* What a terminal shows is decided by what it can, and by its user. */
static void test_colors(void **state)
{
    static const struct {
        const char *term, *no_color;
        bool can_steer, has_colors;
    } rows[] = {
        {"xterm", NULL, true, true},  {"xterm", "", true, true}, {"xterm", "1", true, false},
        {"dumb", NULL, false, false}, {"", NULL, false, false},  {NULL, NULL, false, false},
    };
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    (void)state;
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    FILE *terminal = fopen(ptsname(master), "r+");
    assert_non_null(terminal);
    unsetenv("COLUMNS");
    assert_int_equal(ioctl(fileno(terminal), TIOCSWINSZ, &(struct winsize){.ws_col = 60}), 0);
    assert_int_equal(cli_terminal_width(terminal), 60);
    setenv("COLUMNS", "40", 1);
    assert_int_equal(cli_terminal_width(terminal), 40);
    unsetenv("COLUMNS");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rows[i].term ? setenv("TERM", rows[i].term, 1) : unsetenv("TERM");
        rows[i].no_color ? setenv("NO_COLOR", rows[i].no_color, 1) : unsetenv("NO_COLOR");
        assert_int_equal(cli_terminal_can_steer(terminal), rows[i].can_steer);
        assert_int_equal(cli_terminal_has_colors(terminal), rows[i].has_colors);
    }
    fclose(terminal);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_pieces_at_the_end),
        cmocka_unit_test(test_a_hostile_descriptor),
        cmocka_unit_test(test_colors),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
