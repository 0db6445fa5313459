#include "nfvo/cli/cli.h"

#include "nfvo/cli/interrupt.h"
#include "nfvo/cli/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { EVERY_MS = 1000 };

/* What the command prints now, to memory. */
static int run_once(struct cli *c, char **ret_text, size_t *ret_len)
{
    FILE *out = c->out, *raw = c->raw_out;
    c->raw_out = open_memstream(ret_text, ret_len);
    if (!c->raw_out)
        abort(); /* out of memory */
    c->out = cli_terminal_open(c->raw_out, false);
    int code = c->command->run(c);
    fclose(c->out);
    fclose(c->raw_out);
    c->out = out;
    c->raw_out = raw;
    return code;
}

/* On a terminal in the place of what was there; elsewhere below it. */
static void show(struct cli *c, const char *text, size_t len)
{
    fflush(c->out);
    if (cli_terminal_can_steer(c->raw_out))
        cli_terminal_control(c->out, c->raw_out, "\033[H\033[J");
    fwrite(text, 1, len, c->raw_out); /* harmless already: it came through a stream of ours */
    fflush(c->raw_out);
}

int cli_repeat(struct cli *c)
{
    char *last = NULL;
    size_t last_len = 0;
    int code = CLI_OK;
    bool is_away = false;
    c->interrupt_fd = cli_interrupt_fd();
    for (;;) {
        char *text = NULL;
        size_t len = 0;
        c->width = cli_terminal_width(c->raw_out);
        code = run_once(c, &text, &len);
        if (code != CLI_OK && cli_interrupted(0)) {
            free(text);
            break;
        }
        if (code == CLI_UNREACHABLE && last && !is_away)
            fprintf(c->errors, "waiting for the server; Ctrl-C ends it\n");
        is_away = code == CLI_UNREACHABLE && last;
        bool is_new = !last || len != last_len || memcmp(text, last, len) != 0;
        if (is_new && !is_away)
            show(c, text, len);
        if (is_away) {
            free(text);
        } else {
            free(last);
            last = text;
            last_len = len;
        }
        if ((code != CLI_OK && !is_away) || cli_interrupted(EVERY_MS))
            break;
    }
    free(last);
    return is_away || cli_interrupted(0) ? CLI_OK : code;
}
