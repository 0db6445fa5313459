/* --watch: what a command prints is shown when it differs, and what it says to its user, too. */
#include "nfvo/cli/cli.h"
#include "nfvo/cli/commands.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    int code;
    const char *out, *errors;
} runs[] = {
    {CLI_OK, "", "none\n"},
    {CLI_OK, "", "none\n"},
    {CLI_UNREACHABLE, "", "no answer\n"},
    {CLI_UNREACHABLE, "", "no answer\n"},
    {CLI_OK, "web\n", ""},
};
static size_t next;

static int run(struct cli *c)
{
    fputs(runs[next].out, c->out);
    fputs(runs[next].errors, c->errors);
    int code = runs[next].code;
    if (++next == ARRAY_LEN(runs))
        raise(SIGINT); /* of which there is a descriptor */
    return code;
}

static void what_is_the_same_is_shown_once(void **state)
{
    static const struct cli_command command = {.noun = "nsr", .verb = "list", .run = run};
    struct cli c;
    char *out = NULL, *errors = NULL;
    size_t out_len, errors_len;
    sigset_t set;
    int signal_n, code;
    (void)state;
    cli_init(&c, open_memstream(&out, &out_len), open_memstream(&errors, &errors_len));
    c.command = &command;
    code = cli_repeat(&c);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigwait(&set, &signal_n); /* a failed assertion would unblock it, and it end the test */
    assert_int_equal(code, CLI_OK);
    assert_int_equal(next, ARRAY_LEN(runs));
    cli_release(&c);
    fclose(c.out);
    fclose(c.errors);
    assert_string_equal(out, "web\n");
    assert_string_equal(errors, "none\nwaiting for the server; Ctrl-C ends it\n");
    free(out);
    free(errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_the_same_is_shown_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
