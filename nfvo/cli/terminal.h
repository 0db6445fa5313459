/* The one way out: whatever is printed goes through a stream that shows what would steer a terminal
 * instead of sending it. Names, faults and scripts' output are other people's text, and an escape
 * sequence in a VNF's name could redraw the operator's screen.
 *
 *     c->out = cli_terminal_open(stdout);
 *     fprintf(c->out, "%s\n", name);                    ESC comes out as \u001b
 *     cli_terminal_control(c->out, c->raw_out, "\033[2m");      ours
 *
 * Shown as \uXXXX are C0 but new line and tab, DEL, C1, direction marks and what else Unicode has
 * that is not seen (utf8_steers); bytes that are no UTF-8 as \xXX. UTF-8 stays. JSON stays JSON: a
 * string may have those escapes. Also when it is no terminal: pipes end in pagers. */
#ifndef NFVO_CLI_TERMINAL_H
#define NFVO_CLI_TERMINAL_H

#include "common/base/sbuf.h"

#include <stdbool.h>
#include <stdio.h>

/* Given: fclose, which leaves `to` open. Line by line on a terminal. Never NULL. */
FILE *cli_terminal_open(FILE *to, bool is_terminal);
/* It is a terminal that understands escape sequences: TERM is neither "dumb" nor unset. */
bool cli_terminal_can_steer(FILE *raw);
/* And its user has nothing against colours: NO_COLOR is not set, or empty (no-color.org). */
bool cli_terminal_has_colors(FILE *raw);
/* Columns of the terminal; 0: it is none, or does not say. COLUMNS beats what it says. */
int cli_terminal_width(FILE *raw);
/* An escape sequence of ours, behind what was printed until now. raw NULL: the stream is none of
 * cli_terminal_open (tests). */
void cli_terminal_control(FILE *stream, FILE *raw, const char *sequence);
/* The bytes as they are: files that are fetched. They are shown like the rest on a terminal. */
void cli_terminal_bytes(FILE *stream, FILE *raw, bool is_terminal, const char *bytes, size_t n);

/* Append text as one line: new lines and tabs are shown, too. For what stands between words of
 * ours. */
void cli_put_line(struct sbuf *out, const char *text);

#endif
