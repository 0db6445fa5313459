#include "tests/support/agents.h"

#include "common/base/mem.h"
#include "common/base/sbuf.h"
#include "common/sys/clock.h"
#include "proto/codec/codec.h"
#include "proto/topology.h"
#include "tests/support/processes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void put(struct test_agents *a, const char *path, const char *body)
{
    long status = test_broker_api(a->vhost, "PUT", path, body, NULL);
    if (status / 100 != 2)
        fail_msg("PUT %s: %ld", path, status);
}

static void make_user(struct test_agents *a, const char *user, const char *password,
                      struct topology_rights *r)
{
    AUTO(sbuf_release) struct sbuf body = SBUF_INIT;
    char path[300];
    sbuf_addf(&body, "{\"password\":\"%s\",\"tags\":\"\"}", password);
    snprintf(path, sizeof(path), "users/%s", user);
    put(a, path, body.s);
    sbuf_clear(&body);
    sbuf_adds(&body, "{\"configure\":");
    proto_quotes(&body, r->configure.s);
    sbuf_adds(&body, ",\"write\":");
    proto_quotes(&body, r->write.s);
    sbuf_adds(&body, ",\"read\":");
    proto_quotes(&body, r->read.s);
    sbuf_addc(&body, '}');
    snprintf(path, sizeof(path), "permissions/%s/%s", a->vhost->name, user);
    put(a, path, body.s);
    snprintf(path, sizeof(path), "topic-permissions/%s/%s", a->vhost->name, user);
    for (size_t i = 0; i < TOPOLOGY_RIGHTS_EXCHANGES && r->exchanges[i]; i++) {
        sbuf_clear(&body);
        sbuf_addf(&body, "{\"exchange\":\"%s\",\"write\":", r->exchanges[i]);
        proto_quotes(&body, r->topic_write.s);
        sbuf_adds(&body, ",\"read\":");
        proto_quotes(&body, r->topic_read.s);
        sbuf_addc(&body, '}');
        put(a, path, body.s);
    }
    topology_rights_release(r);
}

struct test_agents *test_agents_new(const char *manager, const char *endpoint)
{
    struct test_agents *a = xcalloc(1, sizeof(*a));
    struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    char path[300];
    a->vhost = test_vhost_new();
    a->endpoint = endpoint;
    snprintf(a->manager, sizeof(a->manager), "%s", manager);
    snprintf(a->folder, sizeof(a->folder), "/tmp/baton-agents.XXXXXX");
    if (!mkdtemp(a->folder))
        fail_msg("mkdtemp");
    static const char *const exchanges[] = {TOPOLOGY_EXCHANGE, TOPOLOGY_AGENTS_EXCHANGE};
    for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
        snprintf(path, sizeof(path), "exchanges/%s/%s", a->vhost->name, exchanges[i]);
        put(a, path, "{\"type\":\"topic\",\"durable\":true}");
    }
    topology_rights_agents_manager(&r, endpoint);
    make_user(a, manager, "private", &r);
    return a;
}

void test_agents_free(struct test_agents *a)
{
    char line[200];
    test_agents_end(a);
    test_user_free(a->vhost, a->manager);
    test_vhost_free(a->vhost);
    snprintf(line, sizeof(line), "rm -rf %s", a->folder);
    if (system(line) != 0)
        fail_msg("%s", line);
    free(a);
}

void test_agents_login(struct test_agents *a, const char *hostname, bool is_old)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    struct topology_rights r = TOPOLOGY_RIGHTS_INIT;
    topology_agent_user(hostname, &user);
    if (is_old)
        topology_rights_agent_old(&r, hostname, a->endpoint, 0);
    else
        topology_rights_agent(&r, hostname, a->endpoint);
    make_user(a, user.s, "agent", &r);
}

static void replace(struct sbuf *out, const char *text, const char *what, const char *by)
{
    for (const char *at; (at = strstr(text, what)) != NULL; text = at + strlen(what)) {
        sbuf_add(out, text, (size_t)(at - text));
        sbuf_adds(out, by);
    }
    sbuf_adds(out, text);
}

/* As the NFVO does, per instance. */
static void write_user_data(const char *path, const char *hostname, const char *user_data)
{
    AUTO(sbuf_release) struct sbuf one = SBUF_INIT, two = SBUF_INIT, three = SBUF_INIT;
    char value[300];
    snprintf(value, sizeof(value), "Hostname=%s", hostname);
    replace(&one, user_data, USER_DATA_HOSTNAME, value);
    snprintf(value, sizeof(value), "EmsUser=ems.%s", hostname);
    replace(&two, one.s, USER_DATA_EMS_USER, value);
    replace(&three, two.s, USER_DATA_EMS_PASSWORD, "EmsPassword=agent");
    FILE *f = fopen(path, "we");
    if (!f || fputs(three.s, f) < 0 || fclose(f) != 0)
        fail_msg("write %s", path);
}

void test_agents_boot(struct test_agents *a, const char *hostname, const char *user_data)
{
    char root[200], path[300], line[5000], exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    exe[len > 0 ? len : 0] = '\0';
    char *slash = strstr(exe, "/integration/");
    if (!slash)
        fail_msg("'%s' is not in <out>/integration", exe);
    *slash = '\0';
    snprintf(root, sizeof(root), "%s/%s", a->folder, hostname);
    mkdir(root, 0755);
    snprintf(path, sizeof(path), "%s/user-data.sh", root);
    write_user_data(path, hostname, user_data);
    snprintf(line, sizeof(line), "BATON_ROOT=%s PATH=%s/bin:$PATH sh %s", root, exe, path);
    if (system(line) != 0)
        fail_msg("%s", line);
}

/* Whatever is neither the agent nor the loop of the user data, which would start it again and leads
 * the session of both. Runners have the agent's command line, but named themselves otherwise. */
static bool is_of_script(pid_t pid)
{
    return !test_process_is(pid, "ems-agent") &&
           !(test_process_is(pid, "sh") && getsid(pid) == pid);
}

void test_agents_kill(struct test_agents *a, const char *hostname, bool with_scripts)
{
    char root[200];
    snprintf(root, sizeof(root), "%s/%s", a->folder, hostname);
    test_processes_end(root, with_scripts ? NULL : is_of_script);
}

void test_agents_end(struct test_agents *a)
{
    test_processes_end(a->folder, NULL);
}

char *test_agents_read(const struct test_agents *a, const char *hostname, const char *name)
{
    struct sbuf text = SBUF_INIT;
    char path[400], part[4096];
    size_t n;
    snprintf(path, sizeof(path), "%s/%s/opt/openbaton/scripts/%s", a->folder, hostname, name);
    FILE *f = fopen(path, "re");
    while (f && (n = fread(part, 1, sizeof(part), f)) > 0)
        sbuf_add(&text, part, n);
    if (f)
        fclose(f);
    return text.cap ? sbuf_take(&text) : xstrdup("");
}

void test_agents_rebuild(struct test_agents *a, const char *hostname, const char *user_data)
{
    char line[300];
    test_agents_kill(a, hostname, true);
    snprintf(line, sizeof(line), "rm -rf %s/%s", a->folder, hostname);
    if (system(line) != 0)
        fail_msg("%s", line);
    test_agents_boot(a, hostname, user_data);
}
