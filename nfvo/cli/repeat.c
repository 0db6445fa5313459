#include "nfvo/cli/cli.h"

#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { EVERY_MS = 1000 };

/* What the command printed, harmless already: it came through streams of ours. */
struct page {
    char *out, *errors;
    size_t out_len, errors_len;
};

static void page_release(struct page *p)
{
    free(p->out);
    free(p->errors);
    *p = (struct page){0};
}

static bool page_equal(const struct page *a, const struct page *b)
{
    return a->out_len == b->out_len && memcmp(a->out, b->out, a->out_len) == 0 &&
           a->errors_len == b->errors_len && memcmp(a->errors, b->errors, a->errors_len) == 0;
}

static FILE *open_memory(char **text, size_t *len)
{
    FILE *f = open_memstream(text, len);
    if (!f)
        abort(); /* out of memory */
    return f;
}

static int run_once(struct cli *c, struct page *ret)
{
    FILE *out = c->out, *raw_out = c->raw_out, *errors = c->errors, *raw_errors = c->raw_errors;
    c->raw_out = open_memory(&ret->out, &ret->out_len);
    c->raw_errors = open_memory(&ret->errors, &ret->errors_len);
    c->out = cli_terminal_open(c->raw_out, false);
    c->errors = cli_terminal_open(c->raw_errors, true);
    int code = c->command->run(c);
    fclose(c->out);
    fclose(c->errors);
    fclose(c->raw_out);
    fclose(c->raw_errors);
    c->out = out;
    c->raw_out = raw_out;
    c->errors = errors;
    c->raw_errors = raw_errors;
    return code;
}

/* On a terminal in the place of what was there; elsewhere below it. */
static void show(struct cli *c, const struct page *p)
{
    fflush(c->out);
    fflush(c->errors);
    if (cli_terminal_can_steer(c->raw_out))
        cli_terminal_control(c->out, c->raw_out, "\033[H\033[J");
    fwrite(p->out, 1, p->out_len, c->raw_out);
    fflush(c->raw_out);
    fwrite(p->errors, 1, p->errors_len, c->raw_errors);
    fflush(c->raw_errors);
}

int cli_repeat(struct cli *c)
{
    struct page last = {0};
    int code = CLI_OK;
    bool is_away = false;
    c->interrupt_fd = cli_interrupt_fd();
    for (;;) {
        struct page now = {0};
        c->width = cli_terminal_width(c->raw_out);
        code = run_once(c, &now);
        if (code != CLI_OK && cli_interrupted(0)) {
            page_release(&now);
            break;
        }
        bool was_away = is_away;
        is_away = code == CLI_UNREACHABLE && last.out;
        if (is_away) {
            if (!was_away)
                fprintf(c->errors, "waiting for the server; Ctrl-C ends it\n");
            page_release(&now);
        } else {
            if (!last.out || !page_equal(&now, &last))
                show(c, &now);
            page_release(&last);
            last = now;
        }
        if ((code != CLI_OK && !is_away) || cli_interrupted(EVERY_MS))
            break;
    }
    page_release(&last);
    return is_away || cli_interrupted(0) ? CLI_OK : code;
}
