/* A real ems-agent process and its VNFM: a virtual host of agents with the exchanges, a broker user
 * with the rights that the NFVO gives an agent (or all of them), and the queues of the VNFM.
 *
 *     struct ems_bed *bed = ems_bed_new(EMS_BED_STRICT);
 *     ems_bed_start(bed);                         waits for the hello
 *     const struct ems_reply *r = ems_bed_ask(bed, "id-1", "{\"action\":\"EXECUTE\",...}");
 *
 * Every wait has a deadline of 90 s and fails the test when it is over. The agent works in
 * bed->folder: scripts/, journal/, agent.log. */
#ifndef TESTS_SUPPORT_EMS_BED_H
#define TESTS_SUPPORT_EMS_BED_H

#include "common/base/arena.h"
#include "proto/messages/ems.h"
#include "tests/support/broker.h"

#include <sys/types.h>

enum ems_bed_kind {
    EMS_BED_STRICT, /* rights of topology_rights_agent, commands through the default exchange */
    EMS_BED_OLD,    /* the same for an agent launched before TOPOLOGY_AGENTS_EXCHANGE was there */
    EMS_BED_OLD_DEFAULT, /* such a one of an installation with agents-default-exchange */
    EMS_BED_SHARED,    /* an unmodified one, launched before those had virtual hosts of their own */
    EMS_BED_REFERENCE, /* all rights; the VNFM's queues are not bound, as the reference leaves them
                        */
};

struct ems_bed {
    enum ems_bed_kind kind;
    struct test_vhost *vhost;
    struct bus *bus; /* the VNFM's */
    bool has_user;
    char folder[64], user[80];
    const char *reply_to;   /* of requests; NULL: the VNFM's own queue */
    const char *ini_more;   /* further lines of the ini file; set before ems_bed_start */
    const char *options[8]; /* further options of the agent */
    pid_t pid;              /* 0: not running */
    struct arena arena;     /* of what came */
    struct {
        const char *id, *body;
        struct ems_reply *reply;
    } answers[1024];
    unsigned answer_n, hello_n;
    struct ems_hello *hello; /* the last */
};

struct ems_bed *ems_bed_new(enum ems_bed_kind kind); /* given */
void ems_bed_free(struct ems_bed *bed);              /* stops the agent */
/* Makes user, VNFM and agent, and waits for one more hello. Each can also be made by itself. */
void ems_bed_start(struct ems_bed *bed);
void ems_bed_make_user(struct ems_bed *bed); /* as the NFVO makes it */
/* A further user, of an agent of this host; password "secret". The caller's to free. */
void ems_bed_add_user(struct ems_bed *bed, const char *user, const char *hostname,
                      enum ems_bed_kind kind);
void ems_bed_open_vnfm(struct ems_bed *bed);
void ems_bed_spawn(struct ems_bed *bed);
void ems_bed_await_hello(struct ems_bed *bed, unsigned nth);
void ems_bed_kill(struct ems_bed *bed, int signal);

void ems_bed_send(struct ems_bed *bed, const char *id, const char *body);
const struct ems_reply *ems_bed_await(struct ems_bed *bed, const char *id, unsigned nth);
const struct ems_reply *ems_bed_ask(struct ems_bed *bed, const char *id, const char *body);
bool ems_bed_has(const struct ems_bed *bed, const char *id);
void ems_bed_pump(struct ems_bed *bed, int ms); /* one event, or so long */
void ems_bed_pump_for(struct ems_bed *bed, int64_t us);
/* Files in bed->folder. */
void ems_bed_await_text(struct ems_bed *bed, const char *name, const char *text);
void ems_bed_expect_text(const struct ems_bed *bed, const char *name, const char *text);
void ems_bed_touch(const struct ems_bed *bed, const char *name);

/* A file of text in scripts/; ems_bed_execute runs it: EXECUTE with further members of the request
 * (",\"timeout\":1" or ""). */
void ems_bed_script(struct ems_bed *bed, const char *name, const char *text);
void ems_bed_execute(struct ems_bed *bed, const char *id, const char *payload, const char *more);

#endif
