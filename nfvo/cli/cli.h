/* baton: the command line client. One invocation is one struct cli; a command is a row of the table
 * in commands.c.
 *
 *     struct cli c;
 *     cli_init(&c, stdout, stderr);
 *     int code = cli_main(&c, argc, argv);       // enum cli_exit
 *     cli_release(&c);
 *
 * Results go to c->out, everything else (errors, hints, progress under -o) to c->errors, so that
 * `baton ... | jq` works. jansson is used directly: what the server sends is shown, not understood;
 * unknown members must not disturb. */
#ifndef NFVO_CLI_CLI_H
#define NFVO_CLI_CLI_H

#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "nfvo/cli/session.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* clang-format off */
#define CLI_EXITS(X)                                                                          \
    X(OK, 0, "done")                                                                          \
    X(FAULT, 1, "failed on the server, or violations found; the reason is on standard error") \
    X(USAGE, 2, "wrong usage: option, argument, file; also an ambiguous name; test: could not test") \
    X(NOT_FOUND, 3, "no such object")                                                         \
    X(AUTH, 4, "not logged in, token expired, or not allowed")                                \
    X(UNREACHABLE, 5, "the server does not answer")                                           \
    X(TIMEOUT, 6, "--wait: not done in time; it goes on")
enum cli_exit {
#define X(name, value, text) CLI_##name = (value),
    CLI_EXITS(X)
#undef X
};

/* Options of all commands: name, letter, value ("" for a switch), help. Which command takes which: commands.c. */
#define CLI_OPTIONS(X)                                                                                        \
    X(OUTPUT, "output", 'o', "FORM", "table; wide: more columns, ids whole; json: as the server sent it; yaml; name: ids only; jsonpath=TEXT, template=TEXT: what stands at each {PATH} of TEXT")  \
    X(URL, "url", 0, "URL", "the server; default http://127.0.0.1:8080")                                      \
    X(CONTEXT, "context", 0, "NAME", "the stored login to use, see baton context list; beats the environment") \
    X(PROJECT, "project", 0, "NAME|ID", "project to work in; default: that of the login")                     \
    X(CA, "ca", 0, "FILE", "PEM file of the authority that signed the server's certificate")                  \
    X(INSECURE, "insecure", 0, "", "do not check the server's certificate")                                   \
    X(USER, "user", 0, "NAME", "user; default admin")                                                         \
    X(PASSWORD_FILE, "password-file", 0, "FILE", "read the password from the file's first line; -: stdin")    \
    X(BODY, "body", 0, "FILE", "JSON: name, keys, vduVimInstances, configurations, monitoringIp; -: stdin")   \
    X(WAIT, "wait", 0, "", "wait until it is done, showing progress")                                         \
    X(TIMEOUT, "timeout", 0, "TIME", "with --wait: give up after 90s, 5m, ..; test: wait so long for the peer; default 10m") \
    X(STRICT, "strict", 0, "", "unknown members are errors")                                                  \
    X(EVENT, "event", 0, "ACTION", "the event: INSTANTIATE_FINISH, ERROR, OPERATION, ..")                     \
    X(ENDPOINT, "endpoint", 0, "QUEUE|URL", "where events go: a queue, or a URL for POST")                    \
    X(NSR, "nsr", 0, "NSR", "only of this network service")                                                   \
    X(FOLLOW, "follow", 'f', "", "go on as more comes; Ctrl-C ends it")                                       \
    X(LINES, "lines", 'n', "LINES", "only the last LINES")                                                    \
    X(DIR, "dir", 0, "DIR", "where the folder is made; default ./NAME")                                       \
    X(LIMIT, "limit", 0, "N", "at most N of them")                                                            \
    X(NAME, "name", 0, "NAME", "list: only those of this name; 'web*': whose name begins with 'web'; nsr create: how the service is called, default as its NSD")               \
    X(STATUS, "status", 0, "STATUS", "only those in this status: ACTIVE, ERROR, ..")                          \
    X(FILTER, "filter", 0, "NAME=VALUE,..", "only those whose column or JSON member is so; VALUE may have * and ?; NAME!=VALUE: is not") \
    X(SORT, "sort", 0, "ORDER", "created (default), name; -created, -name: backwards")                        \
    X(ROLE, "role", 0, "ROLE@PROJECT", "USER@default; several: USER@default,GUEST@lab; ADMIN@*: administers everything") \
    X(EMAIL, "email", 0, "EMAIL", "where the user is reached")                                                \
    X(DESCRIPTION, "description", 0, "TEXT", "what it is for")                                                \
    X(QUOTA, "quota", 0, "LIMITS", "services=N,instances=N,vcpus=N,ram=MB (some of them), or none")           \
    X(TYPE, "type", 0, "TYPE", "type that it registers: of a VNFM, or of a driver (openstack)")                \
    X(KIND, "kind", 0, "KIND", "vnfm (default), driver, monitor, subscriber, companion, collector")           \
    X(QUEUE, "queue", 0, "QUEUE", "its queue, if it is not called as its type; of subscribers and companions: how theirs begin") \
    X(ROOM, "room", 0, "ROOM", "put it into this virtual host; those in one can act for each other; default: one of its own") \
    X(MANAGEMENT, "management", 0, "", "it may read the broker's management API (the Java engines do)")       \
    X(SDK, "sdk", 0, "SDK", "what a VNFM is written with: c, java, python, go; they answer operations differently") \
    X(FOR, "for", 0, "PROJECTS|SDK", "service: its projects, as lab,default, or '*' for all; manager: lines for this SDK only: c, env, java, python, go") \
    X(PLAN, "plan", 0, "", "only say what would be done, and do nothing")                                      \
    X(SAVE, "save", 0, "FILE", "with --plan: write it into a file, for baton op apply FILE")                     \
    X(QUEUED, "queued", 0, "", "wait for the operations that are in the way, instead of being refused")          \
    X(VDU, "vdu", 0, "VDU", "of this VDU (name or id); default: the first where it is possible")               \
    X(NUMBER, "number", 0, "N", "so many instances; default 1")                                               \
    X(POP, "pop", 0, "POP", "on this point of presence; default: as the descriptor says")                      \
    X(STANDBY, "standby", 0, "", "the instance stands by until it is switched to")                            \
    X(ATTEMPTS, "attempts", 0, "N", "a step that fails is tried again by itself, up to N times in all; default 1")               \
    X(ON_FAILURE, "on-failure", 0, "POLICY", "when some cannot be made: keep the others and wait for you, partial (go on without), rollback") \
    X(DRAIN, "drain", 0, "", "stop it before it is removed")                                                  \
    X(CAUSE, "cause", 0, "TEXT", "why; its scripts get it")                                                   \
    X(IMAGE, "image", 0, "IMAGE", "with another image; default: the one that it has")                         \
    X(NO_RESTART, "no-restart", 0, "", "do not start the service again behind it")                             \
    X(TELL, "tell", 0, "", "change nothing: only tell the VNF again what those that it depends on have")        \
    X(RECORD_ONLY, "record-only", 0, "", "only store it; no VNFM gets it")                                     \
    X(AFTER, "after", 0, "N", "what has a higher number; default 0: all that is kept")                        \
    X(REPEAT, "repeat", 0, "", "agree that scripts may run a second time")                                    \
    X(UNKNOWN, "unknown", 0, "WORD", "steps that may or may not have run: repeat them, or count them as done") \
    X(FORCEFUL, "forceful", 0, "", "do not wait for what VNFMs have in hand")                                  \
    X(COLLECT, "collect", 0, "", "delete them, those named or all that were launched here for sure")           \
    X(BROKER, "broker", 0, "URL", "the message broker: amqp://user:password@host:5672/vhost; default amqp://guest:guest@localhost:5672/") \
    X(BROKER_API, "broker-api", 0, "URL", "its management API; default http://HOST:15672 of --broker")          \
    X(RUN, "run", 0, "COMMAND", "start the peer by this shell command, and end, kill and start it again for the test") \
    X(PID, "pid", 0, "PID", "process of the peer: it is killed once (SIGKILL), and you start it again")          \
    X(CLOUD, "cloud", 0, "FILE", "JSON of the PoP that the driver is tested with; a network and a server are made there and deleted") \
    X(ANSWER_WITHIN, "answer-within", 0, "TIME", "how long the peer may take for an answer; default 10s")         \
    X(LOAD, "load", 0, "N", "so many requests at once; default 50")                                               \
    X(HTML, "html", 0, "FILE", "write the report as one HTML file as well")                                       \
    X(WATCH, "watch", 'w', "", "show it again whenever it has changed, until Ctrl-C")                                  \
    X(YES, "yes", 'y', "", "do not ask whether to do it; without a terminal it is not asked")                    \
    X(HELP, "help", 'h', "", "explain the command")                                                               \
    X(VERSION, "version", 0, "", "print the version of the client, and end")
enum cli_option {
#define X(name, text, letter, value, help) CLI_OPT_##name,
    CLI_OPTIONS(X)
#undef X
    CLI_OPT_N
};
/* clang-format on */

/* A set of options: there are more than 64. */
__extension__ typedef unsigned __int128 cli_options;
#define CLI_BIT_OF(index) ((cli_options)1 << (index))
#define CLI_BIT(name)     CLI_BIT_OF(CLI_OPT_##name)
_Static_assert(CLI_OPT_N <= 128, "cli_options has no bit for the last");

/* Every command takes these. */
#define CLI_COMMON_OPTIONS                                                                         \
    (CLI_BIT(OUTPUT) | CLI_BIT(URL) | CLI_BIT(CONTEXT) | CLI_BIT(PROJECT) | CLI_BIT(CA) |          \
     CLI_BIT(INSECURE) | CLI_BIT(HELP) | CLI_BIT(VERSION))

struct cli_option_row {
    const char *name; /* without the hyphens */
    char letter;      /* 0: none */
    const char *value, *help;
};
extern const struct cli_option_row cli_option_rows[CLI_OPT_N];

enum cli_output { CLI_TABLE, CLI_JSON, CLI_NAME, CLI_WIDE };

struct cli_form;
struct http_client;
struct cli_command;

struct cli {
    FILE *out, *errors;         /* streams of cli_terminal_open: terminal.h */
    FILE *raw_out, *raw_errors; /* below them; only for terminal.c and tables, whose cells are made
                                   harmless one by one */
    bool is_terminal;           /* out is one */
    bool has_colors;            /* and it shows them: no NO_COLOR, no TERM=dumb */
    const struct cli_command *commands; /* cli_commands */
    const struct cli_command *command;
    const char *option[CLI_OPT_N]; /* borrowed from argv; NULL: not given; "": a switch that is */
    char **args;                   /* arg_n of them: what is left behind noun and verb */
    int arg_n;
    enum cli_output output; /* JSON for the forms of form.h, too */
    struct cli_form *form;  /* open; NULL: none is asked for */
    struct cli_session session;
    char *split[2];        /* NSR and VNF of an argument VNF@NSR */
    int width;             /* of the terminal; 0: unknown, or none */
    int interrupt_fd;      /* > 0: readable when Ctrl-C was pressed: interrupt.h */
    bool was_interrupted;  /* it ended a wait: main.c */
    bool has_session;      /* rest.c has made it ready */
    bool is_login_passing; /* its token was fetched for this command, and nobody keeps it */
    struct http_client *http;
    /* The document that goes to the server, so that its faults get a line: borrowed from the caller
     * of cli_read_json. */
    const char *document_path;
    const struct sbuf *document;
};

#define CLI_ARGS_MAX 10000 /* as many ids as the server takes in one call */

struct cli_command {
    const char *noun, *verb; /* verb NULL: a command of one word */
    const char *args; /* "NSR", "[COMMAND]": shown; upper case words without brackets are needed */
    int arg_min, arg_max;
    cli_options options; /* CLI_BIT of those it takes beside the common ones */
    int (*run)(struct cli *c);
    const char *help;
};
extern const struct cli_command cli_commands[]; /* ends with a zero row */

void cli_init(struct cli *c, FILE *out, FILE *errors);
void cli_release(struct cli *c);
MUST_USE int cli_main(struct cli *c, int argc, char **argv);

/* --- options.c: argv into c. USAGE and a message when they do not fit the command's row. */
MUST_USE enum cli_exit cli_parse(struct cli *c, int argc, char **argv);

/* --- option_values.c */
/* "baton: what 'subject'", and a hint at the help of the command, or of the noun. USAGE. */
int cli_usage(struct cli *c, const char *what, const char *subject);
int cli_usage_behind(struct cli *c, const char *noun, const char *what, const char *subject);
/* The same, with what may have been meant: an option's name, a noun, or a verb of noun; NULL: none. */
int cli_usage_guessed(struct cli *c, const char *noun, const char *what, const char *subject,
                      const char *guess);
/* "which NSR? usage: baton nsr show NSR". */
int cli_usage_missing(struct cli *c, const struct cli_command *cmd);
MUST_USE enum cli_exit cli_timeout_ms(struct cli *c, int64_t *ret_ms);

/* Results as JSON or as ids; else they are for people, and may say more, or less. */
bool cli_is_for_people(const struct cli *c);
/* --lines: *ret is -1 when it is not given. */
MUST_USE enum cli_exit cli_lines(struct cli *c, long *ret);

/* --- environment.c: USAGE, and a message, when a variable BATON_* is none that there is. */
MUST_USE enum cli_exit cli_check_environment(struct cli *c);
void cli_help_environment(FILE *to);
/* The context that was asked for, by --context or BATON_CONTEXT; NULL: the one in use. Borrowed. */
const char *cli_context(const struct cli *c);
/* Option or variable; NULL: neither is set. A context that was asked for beats the variable, so that
 * nobody who says "lab" acts on another server. Borrowed. */
const char *cli_setting(const struct cli *c, enum cli_option option, const char *variable);

/* --- confirm.c: "delete nsr 'web'? [y/N]", if the command takes --yes, it was not said, and somebody
 * sits at a terminal. USAGE: the answer was no. */
MUST_USE enum cli_exit cli_confirm(struct cli *c);

/* --- repeat.c: --watch: the command, run again and again; what it prints is shown when it differs. */
MUST_USE int cli_repeat(struct cli *c);

/* --- help.c */
void cli_help(const struct cli *c, FILE *to, const char *noun, const char *verb); /* NULL: all */
int cli_cmd_help(struct cli *c);
int cli_cmd_completion(struct cli *c);

/* --- fault.c */
/* "baton: what: message", then object, host, script, causes, output, hint, a line each. body: the
 * server's error, or a record with a member `fault`, or a fault. Borrowed. */
void cli_print_fault(FILE *to, const char *what, const json_t *body);
/* The fault alone, indented by two: below a record that is shown. */
void cli_print_fault_below(FILE *to, const json_t *fault);
/* The same for errors of our own. Returns exit, so that `return cli_fail(...)` reads well. */
int cli_fail(struct cli *c, enum cli_exit exit, const struct err *err, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* --- json.c: reading what may be missing. Borrowed; never NULL; "" when there is no such scalar.
 * path: "a.b.c" */
const json_t *cli_json_at(const json_t *object, const char *path); /* NULL: none */
const char *cli_json_str(const json_t *object, const char *path);
/* Print the server's answer for -o json: as it came, indented on a terminal. */
void cli_print_json(struct cli *c, const json_t *json, const char *text);

/* --- input.c: a file or "-" (standard input), at most 16 MiB, no NUL bytes; without a byte order
 * mark. */
MUST_USE enum err_code cli_read_file(const char *path, struct sbuf *ret, struct err *err);
/* The same, and it must be JSON: a mistake is told with line and column. */
MUST_USE enum cli_exit cli_read_json(struct cli *c, const char *path, struct sbuf *ret);
/* "  file: nsd.json:12", when the document that was read has something at this JSON path. */
void cli_print_document_line(struct cli *c, const char *json_path);

#endif
