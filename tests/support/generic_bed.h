/* The generic VNFM with its database, real agents and real scripts; who speaks as the NFVO is the
 * test, through mini_nfvo.
 *
 *     cmocka_unit_test_setup_teardown(test_life, generic_bed_setup, generic_bed_teardown)
 *     s->vnfm[0] = generic_bed_start(s, NULL);
 *     generic_bed_deploy(s, EVENT("START", "\"start.sh\""), 2, scripts);
 *     struct vnfm_or *done = generic_bed_answer(s, "instantiate");
 *     done = generic_bed_ask(s, "start", generic_bed_message(s, "START", done->record, NULL), "START");
 *     generic_bed_assert_file(s, 0, "runs", "start.sh ...");
 *
 * Requests have a word by which the test finds their answers; it is the beginning of their command
 * id. Instances are numbered from 0. Strings are borrowed to the end of the test. Every wait has a
 * deadline of 90 s and fails the test when it is over. */
#ifndef TESTS_SUPPORT_GENERIC_BED_H
#define TESTS_SUPPORT_GENERIC_BED_H

#include "proto/messages/vnfm_or.h"
#include "tests/support/agents.h"
#include "tests/support/database.h"
#include "tests/support/mini_nfvo.h"

struct generic_bed {
    struct test_vhost *vhost;
    struct mini_nfvo *nfvo;
    struct test_agents *agents;
    struct test_schema *schema;
    struct arena arena;
    char type[40], prefix[40];
    char options[12][200];
    pid_t vnfm[2];
};

struct script_text {
    const char *name, *text;
};

/* Of a VNFD's lifecycle_event; scripts: "\"one.sh\",\"two.sh\"". */
#define EVENT(name, scripts) "{\"event\":\"" name "\",\"lifecycle_events\":[" scripts "]}"

extern const char
    generic_bed_note[]; /* appends "NAME HOSTNAME PORT DB_IP ANSWER" to the file runs */
extern const char generic_bed_slow[]; /* appends begin; and, once there is a file go, end */

int generic_bed_setup(void **state);
int generic_bed_teardown(void **state);
/* A vnfm-generic process; more: a further option, or NULL. */
pid_t generic_bed_start(struct generic_bed *s, const char *more);
const char *generic_bed_host(struct generic_bed *s, unsigned i);

/* --- messages --- */
/* scripts end with a zero row. */
void generic_bed_add_package(struct sbuf *out, const struct script_text *scripts);
const char *generic_bed_instantiate(struct generic_bed *s, const char *events, unsigned instances,
                                    const struct script_text *scripts);
/* more: further members, from the comma on; or NULL. */
const char *generic_bed_message(struct generic_bed *s, const char *action, const struct vnfr *vnfr,
                                const char *more);
const char *generic_bed_id(struct generic_bed *s, const char *what);
void generic_bed_send(struct generic_bed *s, const char *what, const char *body);
struct vnfm_or *generic_bed_answer(struct generic_bed *s, const char *what); /* the first */
struct vnfm_or *generic_bed_ask(struct generic_bed *s, const char *what, const char *body,
                                const char *expected);
/* INSTANTIATE up to the instances, which boot with the user data that came with ALLOCATE. */
void generic_bed_deploy(struct generic_bed *s, const char *events, unsigned instances,
                        const struct script_text *scripts);

/* SCALE_OUT of the VDU by a component that is new in vnfr, too, until its instance has booted. */
void generic_bed_scale_out(struct generic_bed *s, const char *what, struct vnfr *vnfr,
                           const char *mode, const char *more);

/* --- what is there now: files in the folder of scripts, rows --- */
void generic_bed_assert_file(struct generic_bed *s, unsigned i, const char *name,
                             const char *expected);
void generic_bed_await_file(struct generic_bed *s, unsigned i, const char *name,
                            const char *expected); /* is in it */
void generic_bed_write_file(struct generic_bed *s, unsigned i, const char *name);
void generic_bed_assert_has(const char *text, const char *part);
int64_t generic_bed_count(struct generic_bed *s, const char *sql);
void generic_bed_await_count(struct generic_bed *s, const char *sql, int64_t expected);

#endif
