#include "nfvo/cli/cli.h"
#include "nfvo/cli/hint.h"
#include "nfvo/cli/terminal.h"

#include <string.h>

/* Text of a peer; further lines are indented. */
static void print_text(FILE *to, const char *label, const char *text)
{
    if (!text || text[strspn(text, " \t\r\n")] == '\0')
        return;
    fprintf(to, "  %s: ", label);
    for (const char *p = text; *p; p++) {
        if (*p == '\n' && p[1])
            fprintf(to, "\n  %*s", (int)strlen(label) + 2, "");
        else if (*p != '\n')
            fputc(*p, to);
    }
    fputc('\n', to);
}

static void print_hint(FILE *to, const char *text)
{
    AUTO(sbuf_release) struct sbuf hint = SBUF_INIT;
    cli_put_hint(&hint, text);
    print_text(to, "hint", hint.len ? hint.s : "");
}

static void print_details(FILE *to, const json_t *fault)
{
    static const char *const members[] = {"component", "object", "host", "script", "exit"};
    const json_t *causes = cli_json_at(fault, "causes"), *cause;
    size_t i;
    for (i = 0; i < ARRAY_LEN(members); i++)
        if (i != 1 || !strstr(cli_json_str(fault, "message"), cli_json_str(fault, members[i])))
            print_text(to, members[i], cli_json_str(fault, members[i]));
    json_array_foreach(causes, i, cause) print_text(to, "cause", json_string_value(cause));
    print_text(to, "output", cli_json_str(fault, "output_tail"));
    print_hint(to, cli_json_str(fault, "hint"));
}

void cli_print_fault_below(FILE *to, const json_t *fault)
{
    print_text(to, "fault", cli_json_str(fault, "message"));
    print_details(to, fault);
}

/* The reference's bodies have their text in one of these (rest-api.md 0.1, 1.1). */
static const char *message_of(const json_t *body)
{
    static const char *const members[] = {"fault.message", "message", "error_description",
                                          "detailMessage", "error"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *text = cli_json_str(body, members[i]);
        if (*text)
            return text;
    }
    return "the server did not say why";
}

void cli_print_fault(FILE *to, const char *what, const json_t *body)
{
    const json_t *fault = cli_json_at(body, "fault");
    AUTO(sbuf_release) struct sbuf message = SBUF_INIT;
    cli_put_line(&message, message_of(body));
    fprintf(to, "baton: %s: %s\n", what, message.s);
    if (fault)
        print_details(to, fault);
    else if (json_is_object(cli_json_at(body, "causes")) || *cli_json_str(body, "hint"))
        print_details(to, body);
}

int cli_fail(struct cli *c, enum cli_exit exit, const struct err *err, const char *fmt, ...)
{
    AUTO(sbuf_release) struct sbuf what = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf message = SBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(&what, fmt, ap);
    va_end(ap);
    cli_put_line(&message, err ? err->msg : "");
    fprintf(c->errors, "baton: %s%s%s\n", what.s, message.len ? ": " : "", message.s);
    if (err) {
        if (!strstr(err->msg, err->where)) /* each place once */
            print_text(c->errors, "object", err->where);
        print_text(c->errors, "hint", err->hint);
    }
    return exit;
}
