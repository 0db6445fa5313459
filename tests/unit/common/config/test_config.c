#include "common/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct values {
    const char *listen, *password, *password_path, *data;
    int64_t workers, limit, grant_timeout_ms;
    bool tls;
    int mode;
    struct config_list peers;
};

static const char *const modes[] = {"plain", "runc", NULL};

/* clang-format off */
static const struct config_option options[] = {
    CONFIG_STR(struct values, listen, "listen", "127.0.0.1", "address to listen on"),
    CONFIG_SECRET_AT(struct values, password, password_path, "db-password", "", "password of the database user"),
    CONFIG_PATH(struct values, data, "data-dir", "/var/lib/x", "where files go"),
    CONFIG_INT(struct values, workers, "workers", "2", 1, 64, "threads", "parallel workers"),
    CONFIG_INT(struct values, limit, "body-limit", "4M", 1, INT64_MAX, "bytes", "largest body"),
    CONFIG_DURATION(struct values, grant_timeout_ms, "grant-timeout", "60s", 1000, 3600000, "patience with managers"),
    CONFIG_BOOL(struct values, tls, "tls", "no", "encrypt"),
    CONFIG_ENUM(struct values, mode, "mode", "plain", modes, "how to isolate"),
    CONFIG_LIST(struct values, peers, "peers", "a,b", "who may talk to us"),
    CONFIG_END
};
/* clang-format on */

struct fixture {
    struct values v;
    struct config c;
    enum config_todo todo;
    struct sbuf text, warnings;
    struct err err;
    char dir[64];
};

static void write_file(const struct fixture *f, const char *name, const char *content)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(content, out);
    fclose(out);
    chmod(path, 0600);
}

static int setup(void **state)
{
    static char *no_environment[] = {NULL};
    struct fixture *f = calloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/test-config-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->text = f->warnings = (struct sbuf)SBUF_INIT;
    f->c = (struct config){.process = "vnfm-x",
                           .version = "1.2",
                           .directory = f->dir,
                           .environment = no_environment,
                           .groups = {{"General", options, &f->v}}};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char cmd[128];
    config_release(&f->c);
    snprintf(cmd, sizeof(cmd), "rm -r %s", f->dir);
    assert_int_equal(system(cmd), 0);
    sbuf_release(&f->text);
    sbuf_release(&f->warnings);
    free(f);
    return 0;
}

/* Arguments end with NULL. */
static enum err_code load(struct fixture *f, char **args)
{
    char *argv[16] = {(char[]){"vnfm-x"}};
    int argc = 1;
    for (; args && args[argc - 1]; argc++)
        argv[argc] = args[argc - 1];
    config_release(&f->c);
    sbuf_clear(&f->text);
    sbuf_clear(&f->warnings);
    return config_load(&f->c, argc, argv, &f->todo, &f->text, &f->warnings, &f->err);
}
#define ARGS(...) ((char *[]){__VA_ARGS__, NULL})
#define A(text)   ((char[]){text})

static void test_defaults(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->todo, CONFIG_RUN);
    assert_string_equal(f->v.listen, "127.0.0.1");
    assert_string_equal(f->v.password, "");
    assert_int_equal(f->v.workers, 2);
    assert_int_equal(f->v.limit, 4 * 1024 * 1024);
    assert_int_equal(f->v.grant_timeout_ms, 60000);
    assert_false(f->v.tls);
    assert_int_equal(f->v.mode, 0);
    assert_int_equal(f->v.peers.n, 2);
    assert_string_equal(f->v.peers.items[1], "b");
}

static void test_order(void **state)
{
    struct fixture *f = *state;
    write_file(f, "vnfm-x.conf",
               "# comment\n\n listen = 1.1.1.1\nworkers=3 # three\ngrant_timeout = 90\r\n"
               "db-password = \"a # \\\" \\\\ b\"   # quoted\nmode = runc\ntls = on\npeers =\n");
    f->c.environment = ARGS(A("BATON_VNFM_X_WORKERS=4"), A("BATON_VNFM_X_MODE=plain"), A("PATH=/"));
    assert_int_equal(load(f, ARGS(A("--workers=5"), A("--body-limit"), A("64k"))), ERR_OK);
    assert_string_equal(f->v.listen, "1.1.1.1");
    assert_int_equal(f->v.workers, 5);
    assert_int_equal(f->v.grant_timeout_ms, 90000);
    assert_string_equal(f->v.password, "a # \" \\ b");
    assert_int_equal(f->v.mode, 0);
    assert_true(f->v.tls);
    assert_int_equal(f->v.peers.n, 0);
    assert_int_equal(f->v.limit, 65536);
    assert_string_equal(f->warnings.s, "");
}

/* As editors on Windows save it. */
static void test_byte_order_mark(void **state)
{
    struct fixture *f = *state;
    char path[128], env[160];
    write_file(f, "vnfm-x.conf", "\xef\xbb\xbflisten = 1.1.1.1\r\nworkers = 3\r\n");
    write_file(f, "secret", "\xef\xbb\xbfhunter2\r\n");
    snprintf(path, sizeof(path), "%s/secret", f->dir);
    snprintf(env, sizeof(env), "OB_VNFM_X_DB_PASSWORD_FILE=%s", path);
    f->c.environment = ARGS(env);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_string_equal(f->v.listen, "1.1.1.1");
    assert_int_equal(f->v.workers, 3);
    assert_string_equal(f->v.password, "hunter2");
}

static void test_secret_file(void **state)
{
    struct fixture *f = *state;
    char path[128], env[160], line[160];
    write_file(f, "secret", "hunter2\n");
    snprintf(path, sizeof(path), "%s/secret", f->dir);
    snprintf(env, sizeof(env), "BATON_VNFM_X_DB_PASSWORD_FILE=%s", path);
    f->c.environment = ARGS(env);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_string_equal(f->v.password, "hunter2");
    assert_string_equal(f->v.password_path, path);
    assert_int_equal(load(f, ARGS(A("--db-password=typed"))), ERR_OK); /* beats it */
    assert_string_equal(f->v.password, "typed");
    assert_string_equal(f->v.password_path, "");
    f->c.environment = ARGS(env, A("BATON_VNFM_X_DB_PASSWORD=x"));
    assert_int_equal(load(f, NULL), ERR_INVALID);
    assert_string_equal(f->err.where, "environment BATON_VNFM_X_DB_PASSWORD");
    f->c.environment = ARGS(NULL);
    snprintf(line, sizeof(line), "db-password-file = %s\n", path);
    write_file(f, "vnfm-x.conf", line);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_string_equal(f->v.password, "hunter2");
    assert_int_equal(load(f, ARGS(A("--db-password-file=/nonexistent"))), ERR_IO);
    assert_int_equal(load(f, ARGS(A("--listen-file=/x"))), ERR_INVALID); /* no secret */
}

static void test_bad_files(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *file, *where, *msg, *hint;
    } cases[] = {
        {"\nlistem = x\n", ":2", "unknown option 'listem'", "did you mean 'listen'?"},
        {"qqqqqq = x\n", ":1", "unknown option 'qqqqqq'", "--help lists the options"},
        {"tls=1\n#\ntls=0\n", ":3", "option 'tls' is given twice", "the first is in line 1"},
        {"workers = 65", ":1", "option 'workers': value 65 is out of range",
         "'workers' takes 1 to 64 threads"},
        {"workers = 2x", ":1", "option 'workers': '2x' is not a number", ""},
        {"workers =", ":1", "option 'workers': '' is not a number", ""},
        {"workers = +2", ":1", "option 'workers': '+2' is not a number", ""},
        {"workers = 99999999999999999999", ":1",
         "option 'workers': '99999999999999999999' is not a number", ""},
        {"body-limit = 9999999999G", ":1", "option 'body-limit': '9999999999G' is not a number",
         "write it as 65536, 64k, 10M or 2G"},
        {"grant-timeout = 2d", ":1", "option 'grant-timeout': value 2d is out of range",
         "'grant-timeout' takes 1s to 1h"},
        {"grant-timeout = 5x", ":1", "option 'grant-timeout': '5x' is not a duration",
         "write it as 250ms, 30s, 5m, 2h or 1d"},
        {"grant-timeout = 9223372036854775807d", ":1",
         "option 'grant-timeout': '9223372036854775807d' is not a duration",
         "write it as 250ms, 30s, 5m, 2h or 1d"},
        {"tls = maybe", ":1", "option 'tls': 'maybe' is neither true nor false",
         "write true or false"},
        {"mode = kvm", ":1", "option 'mode': 'kvm' is not a choice", "one of: plain, runc"},
        {"listen", ":1", "'listen' has no '='", "write name = value"},
        {"listen = \"x", ":1", "option 'listen': quotes do not end",
         "inside quotes write \\\" and \\\\"},
        {"listen = \"x\" y", ":1", "option 'listen': quotes do not end",
         "inside quotes write \\\" and \\\\"},
        {"= x", ":1", "unknown option ''", "--help lists the options"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char where[128];
        write_file(f, "vnfm-x.conf", cases[i].file);
        snprintf(where, sizeof(where), "%s/vnfm-x.conf%s", f->dir, cases[i].where);
        assert_int_equal(load(f, NULL), ERR_INVALID);
        assert_string_equal(f->err.msg, cases[i].msg);
        assert_string_equal(f->err.hint, cases[i].hint);
        assert_string_equal(f->err.where, where);
    }
    assert_int_equal(load(f, ARGS(A("--config=/nonexistent.conf"))), ERR_IO);
    assert_int_equal(load(f, ARGS(A("--config"))), ERR_INVALID);
}

static void test_bad_flags(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *arg, *msg, *hint;
    } cases[] = {
        {"--worker=1", "unknown option 'worker'", "did you mean 'workers'?"},
        {"--workers=0", "option 'workers': value 0 is out of range",
         "'workers' takes 1 to 64 threads"},
        {"--workers", "option '--workers' needs a value", ""},
        {"start", "unexpected argument 'start'", "options look like --name=value"},
        {"--", "unexpected argument '--'", "options look like --name=value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char arg[64];
        snprintf(arg, sizeof(arg), "%s", cases[i].arg);
        assert_int_equal(load(f, ARGS(arg)), ERR_INVALID);
        assert_string_equal(f->err.msg, cases[i].msg);
        assert_string_equal(f->err.hint, cases[i].hint);
        assert_string_equal(f->err.where, "command line");
    }
}

static void test_environment_unknown(void **state)
{
    struct fixture *f = *state;
    f->c.environment = ARGS(A("BATON_VNFM_X_WORKER=4"));
    assert_int_equal(load(f, NULL), ERR_INVALID);
    assert_string_equal(f->err.msg, "unknown option 'WORKER'");
    assert_string_equal(f->err.hint, "did you mean 'workers'?");
    assert_string_equal(f->err.where, "environment BATON_VNFM_X_WORKER");
    f->c.environment = ARGS(A("BATON_VNFM_X_WORKERS=many"));
    assert_int_equal(load(f, NULL), ERR_INVALID);
    assert_string_equal(f->err.where, "environment BATON_VNFM_X_WORKERS");
    f->c.environment = ARGS(A("BATON_VNFM_X_FLAG_ONLY=1"), A("BATON_VNFM_Y_WORKER=4"));
    assert_int_equal(load(f, NULL), ERR_INVALID); /* another process' is no matter of ours */
    assert_string_equal(f->err.where, "environment BATON_VNFM_X_FLAG_ONLY");
}

static void test_environment_old_prefix(void **state)
{
    struct fixture *f = *state;
    f->c.environment = ARGS(A("OB_VNFM_X_WORKERS=4"), A("OB_VNFM_X_IP=1"));
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->v.workers, 4);
    assert_string_equal(f->warnings.s,
                        "environment variable OB_VNFM_X_WORKERS: write BATON_VNFM_X_WORKERS, the "
                        "old name will go\n"
                        "environment variable OB_VNFM_X_IP is not read: options of vnfm-x are "
                        "BATON_VNFM_X_<OPTION>\n");
    f->c.environment = ARGS(A("BATON_VNFM_X_WORKERS=5"), A("OB_VNFM_X_WORKERS=4"));
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->v.workers, 5);
}

/* What a user of the reference's client has in the shell: neither an error nor ours. */
static void test_environment_of_reference(void **state)
{
    struct fixture *f = *state;
    const struct config_option port[] = {
        CONFIG_INT(struct values, workers, "port", "8080", 0, 65535, NULL, "port"), CONFIG_END};
    f->c.process = "nfvo";
    f->c.groups[0].options = port;
    f->c.environment = ARGS(A("OB_NFVO_IP=10.0.0.1"), A("OB_NFVO_PORT=8443"), A("OB_PASSWORD=x"),
                            A("OB_USERNAME=admin"), A("OB_PROJECT_ID=1"));
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->v.workers, 8080);
    assert_non_null(strstr(f->warnings.s, "environment variable OB_NFVO_PORT is not read"));
    f->c.environment = ARGS(A("OB_NFVO_PORT=8443"), A("BATON_NFVO_PORT=80"));
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->v.workers, 80);
    config_release(&f->c);
}

static void test_required(void **state)
{
    struct fixture *f = *state;
    struct config_option needed[ARRAY_LEN(options)];
    memcpy(needed, options, sizeof(options));
    needed[1].flags = CONFIG_REQUIRED;
    f->c.groups[0].options = needed;
    assert_int_equal(load(f, NULL), ERR_INVALID);
    assert_string_equal(f->err.msg, "option 'db-password' must be given");
    assert_int_equal(load(f, ARGS(A("--db-password=x"))), ERR_OK);
    config_release(&f->c);
}

static void test_texts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, ARGS(A("--dump-config"), A("--db-password=x y"))), ERR_OK);
    assert_int_equal(f->todo, CONFIG_SHOW_TEXT);
    assert_non_null(strstr(f->text.s, "db-password = ***"));
    assert_null(strstr(f->text.s, "x y"));
    assert_non_null(strstr(f->text.s, "# command line\n"));
    write_file(f, "again.conf", f->text.s); /* a dump is a file */
    char arg[128];
    snprintf(arg, sizeof(arg), "--config=%s/again.conf", f->dir);
    assert_int_equal(load(f, ARGS(arg)), ERR_OK);
    assert_string_equal(f->v.password, "***");

    assert_int_equal(load(f, ARGS(A("--help"))), ERR_OK);
    assert_int_equal(f->todo, CONFIG_SHOW_TEXT);
    assert_non_null(
        strstr(f->text.s, "  --workers=N\n        parallel workers (1 to 64 threads) [2]\n"));
    assert_non_null(strstr(f->text.s, "BATON_VNFM_X_<OPTION>"));
    assert_int_equal(load(f, ARGS(A("--version"))), ERR_OK);
    assert_string_equal(f->text.s, "vnfm-x 1.2\n");
    assert_int_equal(load(f, ARGS(A("--check-config"))), ERR_OK);
    assert_int_equal(f->todo, CONFIG_CHECK);
}

/* What every user of the machine can read is said, with the file; the group is the administrator's.
 */
static void test_rights(void **state)
{
    struct fixture *f = *state;
    struct config_option keyed[ARRAY_LEN(options)];
    char path[128], arg[192], data[192];
    memcpy(keyed, options, sizeof(options));
    keyed[2].flags = CONFIG_PRIVATE;
    f->c.groups[0].options = keyed;
    write_file(f, "secret", "s3cret\n");
    snprintf(path, sizeof(path), "%s/secret", f->dir);
    snprintf(arg, sizeof(arg), "--db-password-file=%s", path);
    snprintf(data, sizeof(data), "--data-dir=%s", path);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(load(f, ARGS(arg, data)), ERR_OK);
    assert_string_equal(f->warnings.s, "");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(load(f, ARGS(arg)), ERR_OK);
    assert_non_null(strstr(f->warnings.s, "db-password: '"));
    assert_non_null(strstr(f->warnings.s, "/secret' is open to every user of this machine: chmod"));
    assert_int_equal(load(f, ARGS(data)), ERR_OK);
    assert_non_null(strstr(f->warnings.s, "data-dir: '"));
    assert_int_equal(load(f, ARGS(A("--db-password=x"))), ERR_OK);
    assert_non_null(strstr(f->warnings.s, "write --db-password-file=FILE"));
    write_file(f, "vnfm-x.conf", "db-password = x\n");
    snprintf(path, sizeof(path), "%s/vnfm-x.conf", f->dir);
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_non_null(strstr(f->warnings.s, "the configuration, which holds secrets: '"));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_string_equal(f->warnings.s, "");
    write_file(f, "vnfm-x.conf", "workers = 3\n");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(load(f, NULL), ERR_OK); /* no secret in it */
    assert_string_equal(f->warnings.s, "");
}

/* The sample, with the comment signs before the options taken off, is a file with just the
 * defaults. */
static void test_sample(void **state)
{
    struct fixture *f = *state;
    AUTO(sbuf_release) struct sbuf file = SBUF_INIT;
    assert_int_equal(load(f, ARGS(A("--sample-config"))), ERR_OK);
    assert_non_null(strstr(f->text.s, "\n\n# parallel workers (1 to 64 threads)\n#workers = 2\n"));
    for (const char *c = f->text.s; *c; c++)
        if (!(*c == '#' && c[1] != ' '))
            sbuf_addc(&file, *c);
    write_file(f, "vnfm-x.conf", file.s);
    assert_int_equal(load(f, NULL), ERR_OK);
    assert_int_equal(f->v.grant_timeout_ms, 60000);
    assert_string_equal(f->v.password, "");
}

/* Pages in roff: an option's dashes are dashes, a page says nothing of what is hidden. */
static void test_manual(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, ARGS(A("--manual"))), ERR_OK);
    assert_non_null(strstr(f->text.s, ".B \\-\\-workers\\fR=\\fIN\\fR\nparallel workers (1 to 64 "
                                      "threads) [2]\n"));
    assert_non_null(strstr(f->text.s, "BATON_VNFM_X_"));
    sbuf_clear(&f->text);
    assert_int_equal(load(f, ARGS(A("--file-manual"))), ERR_OK);
    assert_non_null(strstr(f->text.s, ".B workers\\fR = \\fIN\\fR\nparallel workers (1 to 64 "
                                      "threads) [2]\n"));
    assert_null(strstr(f->text.s, "\n'"));
    /* A list without blanks may break behind its commas, else it leaves the page. */
    assert_non_null(strstr(f->text.s, "[a,\\:b]"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_defaults),
        T(test_order),
        T(test_secret_file),
        T(test_byte_order_mark),
        T(test_bad_files),
        T(test_bad_flags),
        T(test_environment_unknown),
        T(test_environment_old_prefix),
        T(test_environment_of_reference),
        T(test_required),
        T(test_rights),
        T(test_texts),
        T(test_manual),
        T(test_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
