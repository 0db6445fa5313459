#include "vim-drivers/sdk/ob_spent.h"

#include "common/base/sbuf.h"
#include "common/sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/baton-spent.XXXXXX", path[64];

static struct ob_spent *open_spent(const char *file)
{
    struct ob_spent *s = NULL;
    struct err err = ERR_INIT;
    if (ob_spent_open(file, true, &s, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return s;
}

static void add(struct ob_spent *s, const char *token)
{
    struct err err = ERR_INIT;
    if (ob_spent_add(s, token, &err) != ERR_OK)
        fail_msg("%s", err.msg);
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "we");
    fputs(text, f);
    fclose(f);
}

static void test_spent_is_refused(void **state)
{
    struct ob_spent *s = open_spent(NULL);
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(ob_spent_check(s, "t1", NULL), ERR_OK);
    add(s, "t1");
    add(s, "t1");
    add(s, "");
    add(s, NULL);
    assert_int_equal(ob_spent_check(s, "t1", &err), ERR_STATE);
    assert_string_equal(err.msg, "the server of client token 't1' was deleted");
    assert_int_equal(ob_spent_check(s, "t2", NULL), ERR_OK);
    assert_int_equal(ob_spent_check(s, "", NULL), ERR_OK);
    assert_int_equal(ob_spent_check(s, NULL, NULL), ERR_OK);
    add(NULL, "t1"); /* a driver without one */
    assert_int_equal(ob_spent_check(NULL, "t1", NULL), ERR_OK);
    ob_spent_close(s);
    ob_spent_close(NULL);
}

static void test_they_outlive_the_driver(void **state)
{
    struct ob_spent *s = open_spent(path);
    (void)state;
    add(s, "t1");
    add(s, "two words\nand a line");
    ob_spent_close(s); /* all that a kill leaves, too: each is written when it is added */
    s = open_spent(path);
    assert_int_equal(ob_spent_check(s, "t1", NULL), ERR_STATE);
    assert_int_equal(ob_spent_check(s, "two words\nand a line", NULL), ERR_STATE);
    assert_int_equal(ob_spent_check(s, "two", NULL), ERR_OK);
    ob_spent_close(s);
}

static void test_a_file_of_all_kinds(void **state)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    long long now = clock_wall_us() / USEC_PER_SEC;
    (void)state;
    sbuf_addf(&text, "%lld old\n%lld young\nnonsense\n\n%lld\n%lld torn", now - 25 * 3600,
              now - 23 * 3600, now, now);
    write_file(text.s);
    struct ob_spent *s = open_spent(path);
    assert_int_equal(ob_spent_check(s, "old", NULL), ERR_OK); /* no call waits for a day */
    assert_int_equal(ob_spent_check(s, "young", NULL), ERR_STATE);
    assert_int_equal(ob_spent_check(s, "torn", NULL), ERR_OK);
    add(s, "next");
    ob_spent_close(s);
    s = open_spent(path); /* behind the torn one, which is not there any more */
    assert_int_equal(ob_spent_check(s, "next", NULL), ERR_STATE);
    ob_spent_close(s);
}

static void test_it_does_not_grow_for_ever(void **state)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    long long now = clock_wall_us() / USEC_PER_SEC;
    struct stat st;
    char token[24];
    (void)state;
    for (int i = 0; i < OB_SPENT_MAX; i++)
        sbuf_addf(&text, "%lld n%d\n", now, i);
    write_file(text.s);
    struct ob_spent *s = NULL;
    assert_int_equal(ob_spent_open(path, false, &s, NULL), ERR_OK);
    for (int i = 0; i < OB_SPENT_MAX + 5000; i++) {
        snprintf(token, sizeof(token), "m%d", i);
        add(s, token);
    }
    assert_int_equal(ob_spent_check(s, "n99999", NULL), ERR_OK); /* the oldest go */
    assert_int_equal(ob_spent_check(s, "m0", NULL), ERR_OK);
    assert_int_equal(ob_spent_check(s, "m10000", NULL), ERR_STATE);
    assert_int_equal(ob_spent_check(s, token, NULL), ERR_STATE);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < (OB_SPENT_MAX * 2 + 2000) * 20);
    ob_spent_close(s);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/spent", folder);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spent_is_refused),
        cmocka_unit_test_teardown(test_they_outlive_the_driver, remove_file),
        cmocka_unit_test_teardown(test_a_file_of_all_kinds, remove_file),
        cmocka_unit_test_teardown(test_it_does_not_grow_for_ever, remove_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
