/* The state folder, flavours and the table of images; nothing is started. */
#include "common/base/mem.h"
#include "common/log/log.h"
#include "vim-drivers/local/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static const char *flavours[] = {"small:1:1024:5"};
static struct loc_options options;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/baton-local-state.XXXXXX");
    options = (struct loc_options){
        .state_dir = folder, .images = "", .flavours = {flavours, 1}, .default_flavour = "small"};
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return loc_remove_tree(folder, NULL) == ERR_OK ? 0 : -1;
}

static struct loc *open_state(enum err_code want, struct err *err)
{
    struct loc *l = xcalloc(1, sizeof(*l));
    l->o = &options;
    enum err_code rc = loc_state_open(l, err);
    if (rc != want)
        fail_msg("%s: %s", err_name(rc), err->msg);
    if (rc == ERR_OK)
        return l;
    free(l);
    return NULL;
}

static void close_state(struct loc *l)
{
    loc_state_close(l);
    free(l);
}

static struct loc_server sample(void)
{
    struct loc_server s = {.name = "we\"b\n1",
                           .token = "t-1",
                           .image = "host",
                           .project = "p-1",
                           .created_at = 1525357321,
                           .updated_at = 1525357322,
                           .boot = "b",
                           .fault = "why",
                           .flavour = {.name = "small", .vcpus = 1, .ram = 1024, .disk = 5},
                           .phase = LOC_FAILED,
                           .mode = LOC_RUNC,
                           .pid = 77,
                           .start = UINT64_MAX - 1,
                           .nic_n = 2};
    id_new(s.id);
    for (unsigned i = 0; i < s.nic_n; i++) {
        id_new(s.nics[i].network);
        snprintf(s.nics[i].name, sizeof(s.nics[i].name), "net-%u", i);
        s.nics[i].ip = ip4_parse("10.1.2.3") + i;
        s.nics[i].has_floating = i == 1;
    }
    return s;
}

static void test_round_trip(void **state)
{
    struct err err = ERR_INIT;
    struct loc_network n = {.name = "private", .project = "p-1", .number = 3, .zone = 2};
    struct loc_flavour f = {.name = "odd", .vcpus = 3, .ram = 99, .disk = 0, .is_added = true};
    (void)state;
    struct loc *l = open_state(ERR_OK, &err);
    char id[LOC_STATE_ID];
    snprintf(id, sizeof(id), "%s", l->id);
    assert_int_equal(strlen(id), 8);
    struct loc_server s = sample();
    id_new(n.id);
    assert_int_equal(ip4_range_parse("10.1.0.0/16", false, &n.range, NULL), ERR_OK);
    assert_int_equal(loc_save_server(l, &s, &err), ERR_OK);
    assert_int_equal(loc_save_network(l, &n, &err), ERR_OK);
    assert_int_equal(loc_save_flavour(l, &f, &err), ERR_OK);
    l->mode = LOC_PLAIN;
    assert_int_equal(loc_save_mode(l, &err), ERR_OK);
    close_state(l);

    l = open_state(ERR_OK, &err);
    assert_string_equal(l->id, id);
    assert_int_equal(l->mode, LOC_PLAIN);
    const struct loc_server *got = loc_server_by_token(l, "t-1");
    assert_ptr_equal(got, loc_server_by_id(l, s.id));
    s.next = got->next;
    assert_memory_equal(got, &s, sizeof(s));
    const struct loc_network *net = loc_network_find(l, "p-1", "private");
    n.next = net->next;
    assert_memory_equal(net, &n, sizeof(n));
    assert_ptr_equal(loc_network_find(l, "p-1", n.id), net);
    assert_null(loc_network_find(l, "p-2", n.id));
    const struct loc_flavour *flavour = loc_flavour_find(l, "odd");
    assert_int_equal(flavour->ram, 99);
    assert_null(loc_server_by_token(l, ""));
    assert_null(loc_server_by_token(l, NULL));
    assert_int_equal(loc_forget(l, "servers", s.id, &err), ERR_OK);
    assert_int_equal(loc_forget(l, "servers", s.id, &err), ERR_OK); /* again is fine */
    close_state(l);

    l = open_state(ERR_OK, &err);
    assert_null(l->servers);
    close_state(l);
}

/* As drivers wrote dates before. */
static void test_dates_of_before(void **state)
{
    static const struct {
        const char *date;
        int64_t want;
    } rows[] = {{"May 3, 2018 2:22:01 PM", 1525357321},
                {"Dec 31, 1999 12:00:00 AM", 946598400},
                {"3 May 2018", 0},
                {"", 0}};
    struct err err = ERR_INIT;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char path[LOC_PATH_MAX], id[ID_SIZE], text[400];
        struct loc *l = open_state(ERR_OK, &err);
        id_new(id);
        loc_path(l, path, "servers/%s.json", id);
        int n = snprintf(text, sizeof(text),
                         "{\"id\":\"%s\",\"name\":\"n\",\"phase\":\"failed\",\"mode\":\"plain\","
                         "\"created\":\"%s\"}",
                         id, rows[i].date);
        assert_int_equal(loc_write(path, text, (size_t)n, 0600, NULL), ERR_OK);
        close_state(l);
        l = open_state(ERR_OK, &err);
        assert_int_equal(loc_server_by_id(l, id)->created_at, rows[i].want);
        assert_int_equal(loc_forget(l, "servers", id, &err), ERR_OK);
        close_state(l);
    }
}

static void test_torn_and_bad_files(void **state)
{
    struct err err = ERR_INIT;
    char path[LOC_PATH_MAX];
    struct stat st;
    (void)state;
    struct loc *l = open_state(ERR_OK, &err);
    loc_path(l, path, "servers/x.json.new");
    assert_int_equal(loc_write(path, "{\"id", 4, 0600, NULL), ERR_OK); /* killed while writing */
    close_state(l);
    l = open_state(ERR_OK, &err);
    assert_int_not_equal(stat(path, &st), 0);
    loc_path(l, path, "servers/x.json");
    close_state(l);
    static const char *const bad[] = {"", "{", "{\"id\":\"x\",\"name\":\"n\"}",
                                      "{\"id\":\"../x\",\"name\":\"n\",\"phase\":\"running\","
                                      "\"mode\":\"plain\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(loc_write(path, bad[i], strlen(bad[i]), 0600, NULL), ERR_OK);
        l = xcalloc(1, sizeof(*l));
        l->o = &options;
        assert_int_not_equal(loc_state_open(l, &err), ERR_OK);
        assert_non_null(strstr(err.msg, "servers/x.json")); /* it is named */
        free(l);
    }
}

static void test_lock(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    struct loc *l = open_state(ERR_OK, &err);
    open_state(ERR_STATE, &err);
    assert_non_null(strstr(err.msg, "another vim-driver-local"));
    assert_non_null(strstr(err.hint, "state-dir"));
    close_state(l);
    close_state(open_state(ERR_OK, &err));
}

static void test_flavours(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    struct loc *l = open_state(ERR_OK, &err);
    assert_int_equal(loc_flavours_open(l, &err), ERR_OK);
    struct loc_flavour odd = {.name = "odd", .vcpus = 1, .ram = 64};
    assert_int_equal(loc_flavour_add(l, &odd, &err), ERR_OK);
    assert_int_equal(loc_flavour_add(l, &odd, &err), ERR_OK);
    odd.ram = 65;
    assert_int_equal(loc_flavour_add(l, &odd, &err), ERR_EXISTS);
    close_state(l);
    l = open_state(ERR_OK, &err);
    assert_int_equal(loc_flavour_find(l, "odd")->ram, 64);
    assert_null(loc_flavour_find(l, "small")); /* of the options: no file */
    options.default_flavour = "none";
    assert_int_equal(loc_flavours_open(l, &err), ERR_INVALID);
    close_state(l);
}

static void touch(const char *name)
{
    char path[LOC_PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(loc_write(path, "", 0, 0600, NULL), ERR_OK);
}

static void test_images(void **state)
{
    struct err err = ERR_INIT;
    char path[LOC_PATH_MAX];
    (void)state;
    options.images = folder;
    snprintf(path, sizeof(path), "%s/debian", folder);
    assert_int_equal(loc_make_folder(path, 0755, NULL), ERR_OK);
    static const char *const files[] = {"a.tar",  "b.tar.gz", "c.tgz",   "d.txt",
                                        ".e.tar", ".tar",     "f:g.tar", "host.tar"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        touch(files[i]);
    struct loc *l = open_state(ERR_OK, &err);
    l->mode = LOC_RUNC;
    assert_int_equal(loc_images_scan(l, &err), ERR_OK);
    static const char *const there[] = {"host", "debian", "a", "b", "c"}, *const absent[] = {
                                                                              "d", "d.txt", ".e",
                                                                              "",  "f:g",   "e"};
    for (size_t i = 0; i < ARRAY_LEN(there); i++)
        assert_non_null(loc_image_find(l, there[i]));
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        assert_null(loc_image_find(l, absent[i]));
    assert_string_equal(loc_image_find(l, "host")->source, ""); /* nobody else can be it */
    assert_int_equal(loc_images_scan(l, &err), ERR_OK);
    l->mode = LOC_PLAIN;
    assert_int_equal(loc_images_scan(l, &err), ERR_OK);
    assert_null(loc_image_find(l, "a"));
    l->mode = LOC_RUNC;
    options.images = "/nonexistent";
    assert_int_equal(loc_images_scan(l, &err), ERR_IO);
    close_state(l);
}

static void test_texts(void **state)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char host[64];
    (void)state;
    struct loc_server s = sample();
    snprintf(s.nics[1].name, sizeof(s.nics[1].name), "%s", s.nics[0].name);
    loc_metadata(&s, &text);
    assert_non_null(strstr(text.s, "{\"name\":\"we\\\"b\\n1\",\"id\":\""));
    assert_non_null(strstr(text.s, "\"ips\":{\"net-0\":[\"10.1.2.3\",\"10.1.2.4\"]}}"));
    loc_hostname("we b_1.x\n", host);
    assert_string_equal(host, "we-b-1.x-");
    loc_hostname(".x", host);
    assert_string_equal(host, "-x");
    loc_hostname("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg", host);
    assert_int_equal(strlen(host), 63);
}

/* What only looks like a folder of ours is not followed. */
static void test_remove_tree(void **state)
{
    char path[LOC_PATH_MAX], outside[LOC_PATH_MAX];
    struct stat st;
    (void)state;
    snprintf(outside, sizeof(outside), "%s/outside", folder);
    snprintf(path, sizeof(path), "%s/tree/a/b", folder);
    assert_int_equal(loc_make_folder(path, 0755, NULL), ERR_OK);
    assert_int_equal(loc_make_folder(outside, 0755, NULL), ERR_OK);
    touch("outside/kept");
    snprintf(path, sizeof(path), "%s/tree/a/link", folder);
    assert_int_equal(symlink(outside, path), 0);
    snprintf(path, sizeof(path), "%s/tree/a/b", folder);
    assert_int_equal(chmod(path, 0), 0);
    snprintf(path, sizeof(path), "%s/tree", folder);
    int deep = 0; /* deeper than there are descriptors for */
    assert_int_equal(chdir(path), 0);
    while (deep < 300 && mkdir("d", 0755) == 0 && chdir("d") == 0)
        deep++;
    assert_int_equal(deep, 300);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(loc_remove_tree(path, NULL), ERR_OK);
    assert_int_not_equal(stat(path, &st), 0);
    snprintf(path, sizeof(path), "%s/outside/kept", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(loc_remove_tree("/nonexistent/x", NULL), ERR_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip), TEST(test_dates_of_before), TEST(test_torn_and_bad_files),
        TEST(test_lock),       TEST(test_flavours),        TEST(test_images),
        TEST(test_texts),      TEST(test_remove_tree)};
    log_set_level_all(LOG_LEVEL_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
