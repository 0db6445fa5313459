/* Options of a process, one table row each; from the rows come parsing, checking, --help,
 * --dump-config and the sample file.
 *
 *     struct nfvo_options {
 *         const char *listen, *db_password;
 *         int64_t workers, grant_timeout_ms;
 *     };
 *     #define O struct nfvo_options
 *     const struct config_option nfvo_options[] = {
 *         CONFIG_STR(O, listen, "listen", "127.0.0.1", "address the REST API listens on"),
 *         CONFIG_INT(O, workers, "workers", "2", 1, 64, NULL, "parallel lifecycle workers"),
 *         CONFIG_DURATION(O, grant_timeout_ms, "grant-timeout", "60s", 1000, 3600000, "..."),
 *         CONFIG_SECRET(O, db_password, "db-password", "", "password of the database user"),
 *         CONFIG_END
 *     };
 *
 * A value comes from, later beats earlier: default < file < environment < flag.
 *
 *   file         /etc/openbaton/<process>.conf or --config FILE; lines of name = value.
 *                '#' starts a comment at the start of a line or behind a blank; "quotes" keep
 *                blanks and '#', inside them \" and \\ are escapes
 *   environment  BATON_<PROCESS>_<NAME>, upper case, '-' as '_': BATON_NFVO_GRANT_TIMEOUT=90s
 *   flag         --name=value or --name value; for a BOOL also --name alone
 *
 * A SECRET may also stand in a file: db-password-file, BATON_NFVO_DB_PASSWORD_FILE,
 * --db-password-file (one trailing newline is dropped). Unknown names, a name twice in the file,
 * and values out of range are refused with the place (err->where "file:line", "environment NAME",
 * "command line") and the nearest name as hint. '-', '_' and '.' are the same in names.
 *
 * The prefix was OB_<PROCESS>_ once. It is still read, behind the file and before BATON_, and each
 * such variable is a line in ret_warnings. Those that are no option of ours, and those of the
 * reference's client (OB_NFVO_IP, OB_NFVO_PORT), which a user has exported for it, are not read.
 *
 * Secrets that other users of the machine can read are a line in ret_warnings each: a file that
 * holds them, a CONFIG_PRIVATE one, or a value on the command line.
 *
 * Handled here: --config, --check-config, --dump-config (secrets masked), --sample-config, --manual
 * and --file-manual (pages in roff), --help, --version. Not thread-safe; called once at start. Parsing never aborts on input. */
#ifndef COMMON_CONFIG_CONFIG_H
#define COMMON_CONFIG_CONFIG_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

enum config_type {
    CONFIG_T_END,
    CONFIG_T_STR,      /* const char *; min, max: length */
    CONFIG_T_INT,      /* int64_t; with unit "bytes" also 64k, 10M, 2G (powers of 1024) */
    CONFIG_T_BOOL,     /* bool: true/false, yes/no, on/off, 1/0 */
    CONFIG_T_DURATION, /* int64_t milliseconds: 250ms 30s 5m 2h 1d; a bare number means seconds */
    CONFIG_T_PATH,     /* const char *: absolute, or relative to the working directory at start */
    CONFIG_T_SECRET,   /* const char *: masked wherever it is shown */
    CONFIG_T_ENUM,     /* int: index into choices */
    CONFIG_T_LIST /* struct config_list: comma-separated, blanks around items dropped; min, max:
                     number of items */
};

struct config_list {
    const char *const *items;
    size_t n;
};

enum config_flags {
    CONFIG_REQUIRED = 1,  /* must not be empty */
    CONFIG_HIDDEN = 2,    /* not in --help and the sample (test switches) */
    CONFIG_FLAG_ONLY = 4, /* command line only */
    CONFIG_PRIVATE = 8    /* PATH: a file that only we and our group may read, such as a key */
};

struct config_option {
    const char *name; /* lower case with '-' */
    enum config_type type;
    const char *initial;        /* default, in the form of the file; never NULL */
    int64_t min, max;           /* both 0: no limit */
    const char *unit;           /* shown; NULL if none */
    const char *const *choices; /* ENUM: ends with NULL */
    unsigned flags;
    const char *help;
    size_t offset;      /* of the member in the options struct */
    size_t path_offset; /* SECRET: of the one that gets the path of the file that it came from, ""
                           without one; 0: none (so it is not the first member) */
};

/* The second term of the offset is 0, and an error at compile time when the member has another
 * type. */
#define CONFIG_AT_(S, member, T)                                                                   \
    (offsetof(S, member) +                                                                         \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((S *)0)->member), T) ? 1 : -1]))
/* clang-format off */
#define CONFIG_STR(S, member, name_, initial_, help_)                                              \
    { .name = (name_), .type = CONFIG_T_STR, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, const char *) }
#define CONFIG_PATH(S, member, name_, initial_, help_)                                             \
    { .name = (name_), .type = CONFIG_T_PATH, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, const char *) }
#define CONFIG_PRIVATE_PATH(S, member, name_, initial_, help_)                                     \
    { .name = (name_), .type = CONFIG_T_PATH, .initial = (initial_), .flags = CONFIG_PRIVATE, .help = (help_), .offset = CONFIG_AT_(S, member, const char *) }
#define CONFIG_SECRET(S, member, name_, initial_, help_)                                           \
    { .name = (name_), .type = CONFIG_T_SECRET, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, const char *) }
#define CONFIG_SECRET_AT(S, member, path_member, name_, initial_, help_)                           \
    { .name = (name_), .type = CONFIG_T_SECRET, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, const char *), \
      .path_offset = CONFIG_AT_(S, path_member, const char *) }
#define CONFIG_INT(S, member, name_, initial_, min_, max_, unit_, help_)                           \
    { .name = (name_), .type = CONFIG_T_INT, .initial = (initial_), .min = (min_), .max = (max_), .unit = (unit_), .help = (help_), .offset = CONFIG_AT_(S, member, int64_t) }
#define CONFIG_BOOL(S, member, name_, initial_, help_)                                             \
    { .name = (name_), .type = CONFIG_T_BOOL, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, bool) }
#define CONFIG_DURATION(S, member, name_, initial_, min_ms_, max_ms_, help_)                       \
    { .name = (name_), .type = CONFIG_T_DURATION, .initial = (initial_), .min = (min_ms_), .max = (max_ms_), .help = (help_), .offset = CONFIG_AT_(S, member, int64_t) }
#define CONFIG_ENUM(S, member, name_, initial_, choices_, help_)                                   \
    { .name = (name_), .type = CONFIG_T_ENUM, .initial = (initial_), .choices = (choices_), .help = (help_), .offset = CONFIG_AT_(S, member, int) }
#define CONFIG_LIST(S, member, name_, initial_, help_)                                             \
    { .name = (name_), .type = CONFIG_T_LIST, .initial = (initial_), .help = (help_), .offset = CONFIG_AT_(S, member, struct config_list) }
#define CONFIG_END { .type = CONFIG_T_END }
/* clang-format on */

struct config_group {
    const char *title;                   /* heading in --help and the sample */
    const struct config_option *options; /* ends with CONFIG_END; borrowed */
    void *values;                        /* the options struct that is filled; borrowed */
};

#define CONFIG_GROUPS 4

struct config {
    const char *process;           /* "nfvo": names the file and the environment variables */
    const char *version, *summary; /* for --version and --help; may be NULL */
    struct config_group groups[CONFIG_GROUPS]; /* the first without options ends it */
    char **environment;                        /* NULL: that of the process */
    const char *directory;                     /* NULL: /etc/openbaton */
    /* the rest is private */
    struct config_memory *memory;
};

enum config_todo {
    CONFIG_RUN,   /* values are set: start */
    CONFIG_CHECK, /* --check-config: values are good; say so (after own checks) and end with 0 */
    CONFIG_SHOW_TEXT, /* print ret_text on standard output and end with 0 */
};

/* Fill the groups' values from all sources. argv is borrowed for the call; strings in the values
 * belong to c until config_release. ret_text, ret_warnings (a line each) are appended. Errors:
 * ERR_INVALID, ERR_IO (file not readable). */
MUST_USE enum err_code config_load(struct config *c, int argc, char **argv,
                                   enum config_todo *ret_todo, struct sbuf *ret_text,
                                   struct sbuf *ret_warnings, struct err *err);
void config_release(struct config *c); /* wipes secrets; the values are zeroed */

/* The text of --dump-config: the values in force, in the form of the file, secrets as ***. Also for
 * an API that shows the configuration. */
void config_dump(const struct config *c, struct sbuf *out);

/* "250ms", "30s", "5m", "2h", "1d", "10" (seconds) to milliseconds. ERR_INVALID. */
MUST_USE enum err_code config_parse_duration(const char *text, int64_t *ret_ms, struct err *err);

#endif
