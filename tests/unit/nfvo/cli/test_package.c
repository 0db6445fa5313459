/* baton package on folders and tars: no server. */
#include "nfvo/cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char home[64], package[80], *out, *errors;
    size_t out_len, errors_len;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    snprintf(f->home, sizeof(f->home), "/tmp/baton-package.XXXXXX");
    assert_non_null(mkdtemp(f->home));
    snprintf(f->package, sizeof(f->package), "%s/web", f->home);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf %s", f->home);
    assert_int_equal(system(command), 0);
    free(f->out);
    free(f->errors);
    free(f);
    return 0;
}

#define RUN(f, ...) run(f, (const char *[]){"baton", __VA_ARGS__, NULL})
static int run(struct fixture *f, const char *const *words)
{
    char *argv[10], *copies[10]; /* the parser moves arguments about */
    int argc = 0;
    struct cli c;
    for (; words[argc]; argc++)
        argv[argc] = copies[argc] = strdup(words[argc]);
    argv[argc] = NULL;
    free(f->out);
    free(f->errors);
    FILE *out = open_memstream(&f->out, &f->out_len);
    FILE *errors = open_memstream(&f->errors, &f->errors_len);
    cli_init(&c, out, errors);
    int exit = cli_main(&c, argc, argv);
    cli_release(&c);
    fclose(out);
    fclose(errors);
    for (int i = 0; i < argc; i++)
        free(copies[i]);
    return exit;
}

static void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in: %s", part, text);
}

/* Replaces the first `from` in a file of the package. */
static void edit(struct fixture *f, const char *name, const char *from, const char *to)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[160];
    struct err err = ERR_INIT;
    snprintf(path, sizeof(path), "%s/%s", f->package, name);
    assert_int_equal(cli_read_file(path, &text, &err), ERR_OK);
    char *at = strstr(text.s, from);
    assert_non_null(at);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "%.*s%s%s", (int)(at - text.s), text.s, to, at + strlen(from));
    fclose(file);
}

static void what_is_created_is_good(void **state)
{
    struct fixture *f = *state;
    char script[160];
    struct stat st;
    assert_int_equal(RUN(f, "package", "create", "web", "--dir", f->package), CLI_OK);
    says(f->out, "baton package upload");
    assert_int_equal(RUN(f, "package", "validate", f->package), CLI_OK);
    assert_string_equal(f->out, "");
    says(f->errors, "0 errors, 0 warnings");
    snprintf(script, sizeof(script), "%s/scripts/start.sh", f->package);
    assert_int_equal(stat(script, &st), 0);
    assert_true(st.st_mode & 0100);
    assert_int_equal(RUN(f, "package", "create", "web", "--dir", f->package), CLI_USAGE);
    says(f->errors, "File exists");
    assert_int_equal(RUN(f, "package", "create", "a/b"), CLI_USAGE);
    says(f->errors, "'a/b' is no good name of a package");
}

static void the_examples_are_good(void **state)
{
    struct fixture *f = *state;
    static const char *const examples[] = {"deploy/examples/iperf3-server",
                                           "deploy/examples/iperf3-client/"};
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        assert_int_equal(RUN(f, "package", "validate", examples[i]), CLI_OK);
        says(f->errors, "0 errors, 0 warnings");
    }
}

static void faults_stand_where_they_are(void **state)
{
    struct fixture *f = *state;
    char want[300];
    assert_int_equal(RUN(f, "package", "create", "web", "--dir", f->package), CLI_OK);
    edit(f, "vnfd.json", "start.sh", "begin.sh");
    edit(f, "Metadata.yaml", "\"6.0\"", "\"5.1\""); /* the server decides on that */
    assert_int_equal(RUN(f, "package", "validate", f->package), CLI_FAULT);
    snprintf(want, sizeof(want),
             "%s/vnfd.json:9: error: lifecycle_event[1].lifecycle_events[0]: the script 'begin.sh' "
             "is not in the package\n  hint: add scripts/begin.sh",
             f->package);
    says(f->out, want);
    says(f->out, "/Metadata.yaml:10: warning: nfvo_version: made for release 5.1");
    says(f->out, "/scripts: note: no lifecycle event names 1 of the scripts: start.sh");
    says(f->errors, "1 error, 1 warning, 1 note");
    assert_true(strstr(f->out, ": error: ") < strstr(f->out, ": warning: "));
    assert_true(strstr(f->out, ": warning: ") < strstr(f->out, ": note: "));
    assert_int_equal(RUN(f, "package", "validate", f->package, "-o", "json"), CLI_FAULT);
    says(f->out, "{\"severity\":\"error\",\"file\":\"vnfd.json\",\"line\":9,\"path\":"
                 "\"lifecycle_event[1].lifecycle_events[0]\"");
    assert_int_equal(RUN(f, "package", "upload", f->package), CLI_FAULT); /* no server is asked */
    says(f->errors, "is not uploaded: 1 error");
}

static const char *document(struct fixture *f, const char *name, const char *text)
{
    static char path[160];
    snprintf(path, sizeof(path), "%s/%s", f->home, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

/* No server is asked in any of these. */
static void documents_are_what_they_are(void **state)
{
    struct fixture *f = *state;
    static const char good[] =
        "\xef\xbb\xbf{\"name\":\"n\",\"vendor\":\"v\",\"version\":\"1\",\n\"vnfd\":[{\"name\":"
        "\"a\","
        "\"vendor\":\"v\",\"version\":\"1\",\"type\":\"a\",\"endpoint\":\"dummy\",\n\"vdu\":[{"
        "\"vm_image\":[\"host\"],\"vnfc\":[{\"connection_point\":[]}]}],\n\"vdus\":1}]}";
    char want[200];
    const char *path = document(f, "nsd.json", good);
    assert_int_equal(RUN(f, "nsd", "validate", path), CLI_OK);
    snprintf(want, sizeof(want), "%s:4: warning: vnfd[0].vdus: unknown member; is 'vdu' meant?\n",
             path);
    says(f->out, want);
    says(f->errors, "0 errors, 1 warning");
    path = document(f, "nsd.yaml", "# a network service\nname: n\n");
    assert_int_equal(RUN(f, "nsd", "validate", path), CLI_FAULT);
    says(f->out, "error: this is YAML, JSON is expected");
    assert_int_equal(RUN(f, "nsd", "create", path), CLI_USAGE);
    snprintf(want, sizeof(want), "baton: %s: this is YAML, JSON is expected\n", path);
    says(f->errors, want);
}

static void folders_are_packed_with_care(void **state)
{
    struct fixture *f = *state;
    char path[160];
    assert_int_equal(RUN(f, "package", "create", "web", "--dir", f->package), CLI_OK);
    snprintf(path, sizeof(path), "%s/.vnfd.json", f->package); /* of an editor: left out */
    FILE *file = fopen(path, "we");
    fputs("{", file);
    fclose(file);
    assert_int_equal(RUN(f, "package", "validate", f->package), CLI_OK);
    snprintf(path, sizeof(path), "%s/scripts/passwords", f->package);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(RUN(f, "package", "validate", f->package), CLI_USAGE);
    says(f->errors, "scripts/passwords' is a link");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(RUN(f, "package", "validate", f->package), CLI_USAGE);
    says(f->errors, "is a special file");
    assert_int_equal(RUN(f, "package", "validate", path), CLI_USAGE);
    says(f->errors, "is neither a folder nor a file");
    assert_int_equal(RUN(f, "package", "validate", "/nonexistent"), CLI_USAGE);
    says(f->errors, "No such file");
    assert_int_equal(RUN(f, "package", "validate", "tests/lint/deps.sh"), CLI_FAULT);
    says(f->out, "tests/lint/deps.sh: error: Error opening the VNF package");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_created_is_good),      TEST(the_examples_are_good),
        TEST(documents_are_what_they_are),  TEST(faults_stand_where_they_are),
        TEST(folders_are_packed_with_care),
    };
    return cmocka_run_group_tests_name("cli_package", tests, NULL, NULL);
}
