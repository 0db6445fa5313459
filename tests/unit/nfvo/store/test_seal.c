#include "nfvo/store/seal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/baton-seal-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return 1;
    snprintf(path, sizeof(path), "%s/key", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void keeps_its_key(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct seal *s;
    struct stat st;
    struct err err = ERR_INIT;
    assert_int_equal(seal_load(&s, path, &err), ERR_OK);
    seal_wrap(s, "pop", "secret", 6, &sealed);
    seal_free(s);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(strstr(sealed.s, "secret"));
    assert_int_equal(seal_load(&s, path, &err), ERR_OK);
    assert_int_equal(seal_unwrap(s, "pop", sealed.s, &text, &err), ERR_OK);
    assert_string_equal(text.s, "secret");
    seal_free(s);
}

/* Several processes that start at once on a new folder agree on one key. */
static void is_made_once(void **state)
{
    (void)state;
    enum { PROCESSES = 8, SIZE = 256 };
    struct seal *s;
    struct err err = ERR_INIT;
    for (int round = 0; round < 20; round++) {
        int pipes[2], go[2], status;
        char sealed[SIZE], byte;
        assert_int_equal(pipe(pipes) | pipe(go), 0);
        unlink(path);
        for (int i = 0; i < PROCESSES; i++)
            if (fork() == 0) {
                AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
                close(go[1]);
                if (read(go[0], &byte, 1) != 0 || seal_load(&s, path, &err) != ERR_OK)
                    _exit(1);
                seal_wrap(s, "pop", "secret", 6, &text);
                snprintf(sealed, sizeof(sealed), "%s", text.s);
                _exit(write(pipes[1], sealed, SIZE) == SIZE ? 0 : 1);
            }
        close(go[0]);
        close(go[1]); /* all at once */
        for (int i = 0; i < PROCESSES; i++) {
            assert_true(wait(&status) > 0);
            assert_int_equal(status, 0);
        }
        assert_int_equal(seal_load(&s, path, &err), ERR_OK);
        for (int i = 0; i < PROCESSES; i++) {
            AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
            assert_int_equal(read(pipes[0], sealed, SIZE), SIZE);
            assert_int_equal(seal_unwrap(s, "pop", sealed, &text, &err), ERR_OK);
        }
        seal_free(s);
        close(pipes[0]);
        close(pipes[1]);
    }
}

static void opens_for_its_owner_only(void **state)
{
    (void)state;
    AUTO(sbuf_release) struct sbuf sealed = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    struct seal *s;
    struct err err = ERR_INIT;
    assert_int_equal(seal_load(&s, path, &err), ERR_OK);
    seal_wrap(s, "pop", "", 0, &sealed);
    assert_int_equal(seal_unwrap(s, "pop", sealed.s, &text, &err), ERR_OK);
    assert_int_equal(text.len, 0);
    assert_int_equal(seal_unwrap(s, "other", sealed.s, &text, &err), ERR_INTERNAL);
    sealed.s[sealed.len / 2] = sealed.s[sealed.len / 2] == 'A' ? 'B' : 'A';
    assert_int_equal(seal_unwrap(s, "pop", sealed.s, &text, &err), ERR_INTERNAL);
    assert_int_equal(seal_unwrap(s, "pop", "", &text, &err), ERR_INTERNAL);
    assert_int_equal(seal_unwrap(s, "pop", "not base64!", &text, &err), ERR_INTERNAL);
    assert_string_equal(text.s, "");
    seal_free(s);
}

/* Always the same out of the same key, and nothing alike out of another name, purpose or key. */
static void derives_secrets(void **state)
{
    static const struct {
        uint64_t purpose;
        const char *name;
    } cases[] = {{SEAL_AGENT_LOGIN, "web-1"}, {SEAL_AGENT_LOGIN, "web-1"},
                 {SEAL_AGENT_LOGIN, "web-2"}, {SEAL_AGENT_LOGIN, ""},
                 {SEAL_SUITE, "web-1"},       {SEAL_AGENT_LOGIN, "web-1"}};
    enum { N = ARRAY_LEN(cases), OTHER_KEY = N - 1 };
    struct sbuf texts[N];
    struct seal *s, *other;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(seal_load(&s, path, &err), ERR_OK);
    unlink(path);
    assert_int_equal(seal_load(&other, path, &err), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        texts[i] = (struct sbuf)SBUF_INIT;
        seal_derive(i == OTHER_KEY ? other : s, cases[i].purpose, cases[i].name, &texts[i]);
        assert_int_equal(texts[i].len, 43);
        assert_int_equal(strspn(texts[i].s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789-_"),
                         43);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(strcmp(texts[i].s, texts[k].s) == 0, i == 1 && k == 0);
    }
    for (size_t i = 0; i < N; i++)
        sbuf_release(&texts[i]);
    seal_free(s);
    seal_free(other);
}

static void refuses_an_open_or_broken_key_file(void **state)
{
    (void)state;
    struct seal *s;
    struct err err = ERR_INIT;
    chmod(path, 0640);
    assert_int_equal(seal_load(&s, path, &err), ERR_INVALID);
    assert_non_null(strstr(err.hint, "chmod 600"));
    chmod(path, 0600);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(seal_load(&s, path, &err), ERR_INVALID);
    assert_int_equal(seal_load(&s, "/nonexistent/key", &err), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_key),
        cmocka_unit_test(is_made_once),
        cmocka_unit_test(opens_for_its_owner_only),
        cmocka_unit_test(derives_secrets),
        cmocka_unit_test(refuses_an_open_or_broken_key_file),
    };
    return cmocka_run_group_tests_name("seal", tests, setup, teardown);
}
