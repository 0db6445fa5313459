/* Projects that share vim-driver-local: each has networks, servers and addresses of its own. */
#include "tests/support/local_cloud.h"

#include "common/base/sbuf.h"

#include <stdio.h>
#include <string.h>

#define SERVE                                                                                      \
    "#!/usr/bin/python3\nimport socket\ns = socket.create_server(('', 7000))\n"                    \
    "print('listening', flush=True)\n"                                                             \
    "while True:\n    c, _ = s.accept()\n    c.send(b'%s\\n')\n    c.close()\n"

#define ASK                                                                                        \
    "#!/bin/bash\nfor at in %s; do timeout 5 bash -c \"exec 3<>/dev/tcp/$at/7000 && "              \
    "read -r line <&3 && echo got \\$line\" 2>/dev/null || echo nothing at $at; done; "            \
    "echo asked\n"

static struct loc_network network(struct loc *l, const char *project, const char *name,
                                  const char *cidr)
{
    struct loc_network n;
    struct err err = ERR_INIT;
    if (loc_network_create(l, project, name, cidr, &n, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return n;
}

static struct loc_server server(struct loc *l, const char *project, const char *network_name,
                                const char *user_data)
{
    struct loc_launch want = {.project = project,
                              .name = "same",
                              .image = "host",
                              .flavour = "tiny",
                              .user_data = user_data,
                              .nics = {{.network = network_name}},
                              .nic_n = 1};
    struct loc_server s;
    struct err err = ERR_INIT;
    if (loc_server_launch(l, &want, &s, &err) != ERR_OK)
        fail_msg("%s", err.msg);
    return s;
}

static void address(const struct loc_server *s, char out[IP4_TEXT])
{
    ip4_print(s->nics[0].ip, out);
}

static void assert_console_lacks(const struct loc *l, const struct loc_server *s, const char *text)
{
    char path[LOC_PATH_MAX];
    loc_path(l, path, "instances/%s/console.log", s->id);
    assert_false(cloud_has_text(path, text));
}

/* The same descriptor in two projects: names, ranges and addresses are equal, and nothing is
 * shared, also for the next driver. */
static void test_same_names(void **state)
{
    char serve[400], ask[400], ip[IP4_TEXT];
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    struct loc_network a = network(l, "p-a", "private", "10.77.1.0/24"),
                       b = network(l, "p-b", "private", "10.77.1.0/24");
    assert_string_not_equal(a.id, b.id);
    assert_int_equal(a.range.base, b.range.base);
    struct loc_network again = network(l, "p-a", "private", NULL);
    assert_string_equal(again.id, a.id);
    for (int round = 0; round < 2; round++) {
        snprintf(serve, sizeof(serve), SERVE, "of-a");
        struct loc_server sa = server(l, "p-a", "private", serve);
        cloud_await(l, &sa, "listening");
        snprintf(ask, sizeof(ask), ASK, "10.77.1.2 10.77.1.3");
        struct loc_server alone = server(l, "p-b", "private", ask); /* which has one of them */
        address(&alone, ip);
        assert_string_equal(ip, round ? "10.77.1.3" : "10.77.1.2");
        cloud_await(l, &alone, "asked");
        assert_console_lacks(l, &alone, "got of-a");
        struct loc_server beside = server(l, "p-a", "private", ask);
        cloud_await(l, &beside, "got of-a");
        bool was_there;
        assert_int_equal(loc_server_delete(l, beside.id, &was_there, NULL), ERR_OK);
        cloud_close(l);
        l = cloud_open();
    }
    cloud_close(l);
    cloud_clean();
}

/* Where addresses are the host's own, ranges differ, and names do not. */
static void test_same_names_on_loopback(void **state)
{
    struct err err = ERR_INIT;
    struct loc_network n;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    struct loc_network a = network(l, "p-a", "private", "127.9.9.0/24"),
                       b = network(l, "p-b", "private", "127.9.9.0/24");
    assert_string_not_equal(a.id, b.id);
    assert_false(ip4_ranges_overlap(&a.range, &b.range));
    assert_int_equal(loc_network_create(l, "p-a", "other", "127.9.9.0/25", &n, &err), ERR_EXISTS);
    assert_non_null(strstr(err.msg, "of network 'private'"));
    cloud_close(l);
    cloud_clean();
}

static struct loc_network *found(struct loc *l, const char *project, const char *word)
{
    return loc_network_find(l, project, word);
}

/* By name or id, another project's is not there. */
static void test_others_are_unknown(void **state)
{
    struct err err = ERR_INIT;
    bool was_there = true;
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    struct loc_network a = network(l, "p-a", "private", NULL);
    assert_ptr_equal(found(l, "p-a", a.id), found(l, "p-a", "private"));
    assert_null(found(l, "p-b", "private"));
    assert_null(found(l, "p-b", a.id));
    struct loc_launch want = {.project = "p-b",
                              .name = "b",
                              .image = "host",
                              .flavour = "tiny",
                              .nics = {{.network = a.id}},
                              .nic_n = 1};
    struct loc_server s;
    assert_int_equal(loc_server_launch(l, &want, &s, &err), ERR_NOT_FOUND);
    assert_int_equal(loc_network_delete(l, "p-b", a.id, &was_there, &err), ERR_OK);
    assert_false(was_there);
    assert_false(loc_network_is_listed(l, found(l, "p-a", a.id), "p-b"));
    assert_int_equal(loc_network_delete(l, "p-a", a.id, &was_there, &err), ERR_OK);
    assert_true(was_there);
    cloud_close(l);
    cloud_clean();
}

/* One that the operator shares: for management, or to the outside. */
static void test_shared(void **state)
{
    static const char *const names[] = {"mgmt"};
    char serve[400], ask[400], ip[IP4_TEXT];
    struct err err = ERR_INIT;
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    cloud_options.shared_networks = (struct config_list){names, 1};
    struct loc *l = cloud_open();
    struct loc_network a = network(l, "p-a", "mgmt", NULL), b = network(l, "p-b", "mgmt", NULL);
    assert_string_equal(a.id, b.id);
    network(l, "p-b", "private", NULL);
    snprintf(serve, sizeof(serve), SERVE, "of-a");
    struct loc_server sa = server(l, "p-a", "mgmt", serve);
    cloud_await(l, &sa, "listening");
    address(&sa, ip);
    snprintf(ask, sizeof(ask), ASK, ip);
    struct loc_server sb = server(l, "p-b", "mgmt", ask);
    cloud_await(l, &sb, "got of-a");
    assert_int_equal(loc_network_delete(l, "p-a", a.id, &was_there, &err), ERR_STATE);
    assert_non_null(strstr(err.msg, "belongs to all projects"));
    cloud_close(l);
    cloud_clean();
}

/* Who deploys where others are is told what is shared with them. */
static void test_warning(void **state)
{
    if (!cloud_is_possible(state))
        return;
    struct loc *l = cloud_open();
    AUTO(sbuf_release) struct sbuf alone = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf second = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf note = SBUF_INIT;
    network(l, "p-a", "private", NULL);
    server(l, "p-a", "private", "");
    server(l, "p-a", "private", "");
    loc_sharing_warn(l, "p-a", &alone);
    loc_sharing_warn(l, "p-b", &second);
    assert_int_equal(alone.len, 0);
    assert_non_null(strstr(second.s, "on one host with those of 1 other project: "));
    assert_non_null(strstr(second.s, l->mode == LOC_RUNC ? "kernel" : "not isolated"));
    loc_sharing_note(l, &note);
    if (l->mode == LOC_PLAIN)
        assert_non_null(strstr(note.s, "not isolated"));
    else
        assert_int_equal(note.len != 0, !l->has_cgroups || !l->has_disk);
    cloud_close(l);
    cloud_clean();
}

/* Made by a driver that did not know projects: everybody's while servers are in it, then his who
 * asks first. */
static void test_of_before(void **state)
{
    static const char *const names[] = {"private"};
    bool was_there;
    if (!cloud_is_possible(state))
        return;
    cloud_options.shared_networks = (struct config_list){names, 1};
    struct loc *l = cloud_open();
    struct loc_network old = network(l, "p-a", "private", NULL);
    assert_int_equal(old.zone, 0);
    struct loc_server s = server(l, "p-a", "private", "#!/bin/sh\necho up\n");
    cloud_await(l, &s, "up");
    l->servers->project[0] = l->networks->project[0] = '\0'; /* as it was written then */
    assert_int_equal(loc_save_server(l, l->servers, NULL), ERR_OK);
    assert_int_equal(loc_save_network(l, l->networks, NULL), ERR_OK);
    cloud_close(l);
    cloud_options.shared_networks = (struct config_list){NULL, 0};
    l = cloud_open();
    assert_string_equal(network(l, "p-b", "private", NULL).id, old.id);
    assert_true(loc_network_is_listed(l, found(l, "p-b", old.id), "p-b"));
    assert_int_equal(loc_server_delete(l, s.id, &was_there, NULL), ERR_OK);
    assert_false(loc_network_is_listed(l, found(l, "p-b", old.id), "p-b"));
    assert_string_equal(network(l, "p-b", "private", NULL).id, old.id);
    struct loc_network other = network(l, "p-a", "private", NULL);
    assert_string_not_equal(other.id, old.id);
    cloud_close(l);
    l = cloud_open();
    assert_null(found(l, "p-a", old.id));
    assert_string_equal(found(l, "p-b", "private")->id, old.id);
    cloud_close(l);
    cloud_clean();
}

int main(int argc, char **argv)
{
    int code;
    if (!cloud_begin(argc, argv, &code))
        return code;
    const struct CMUnitTest tests[] = {CLOUD_RUNC(test_same_names),
                                       CLOUD_PLAIN(test_same_names_on_loopback),
                                       CLOUD_BOTH(test_others_are_unknown),
                                       CLOUD_BOTH(test_shared),
                                       CLOUD_BOTH(test_warning),
                                       CLOUD_BOTH(test_of_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
