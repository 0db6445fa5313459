/* -o yaml, jsonpath=TEXT and template=TEXT: what a command prints as JSON, shown another way. The
 * command knows nothing of it: its output is -o json, which is caught, read and shown.
 *
 *     cli_form_open(c, "yaml");      c->out catches from here
 *     ... the command prints JSON ...
 *     cli_form_close(c);             what was caught is shown
 *
 * Values that come one by one (baton event watch) are shown one by one. What is no JSON is handed on
 * as it is: a command may have only text to say.
 *
 * jsonpath: TEXT with {PATH} in it, of the whole answer; several values with spaces between; a TEXT
 * without braces is one PATH. template: the same, a line for each object of a list. \n, \t and
 * {"text"} in TEXT are what they say. PATH: json_path.h. */
#ifndef NFVO_CLI_FORM_H
#define NFVO_CLI_FORM_H

#include "nfvo/cli/cli.h"

/* One of those that -o takes beside table, wide, json and name? */
bool cli_is_form(const char *text);
/* USAGE, and a message, when TEXT has a mistake. */
MUST_USE enum cli_exit cli_form_open(struct cli *c, const char *text);
/* Nothing is open: nothing happens. c->out, as it was, knows whether it could be written. */
void cli_form_close(struct cli *c);

#endif
