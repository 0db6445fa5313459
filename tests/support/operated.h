/* Operations on the stage's service (stage.h): asked for, answered, looked at. */
#ifndef TESTS_SUPPORT_OPERATED_H
#define TESTS_SUPPORT_OPERATED_H

#include "nfvo/lifecycle/operate.h"
#include "tests/support/stage.h"

/* Deploys it; both VNFs and the service are ACTIVE then. is_ours: its VNFMs are on our SDK. */
void operated_service(struct stage *s, bool is_ours);
const char *operated_vnfr(struct stage *s, const char *vnf);     /* its id */
const char *operated_instance(struct stage *s, const char *vnf); /* id of its only one */
/* Of user "admin"; n: the operation's id is "op-<n>". By scope: of the VNF, its instance. */
struct operate_request operated_request(struct stage *s, int n, enum operation_kind kind,
                                        const char *vnf);
void operated_ask(struct stage *s, struct operate_request req);
void operated_verb(struct stage *s, const char *id, enum operation_event what);
const struct row *operated_row(struct stage *s, const char *id); /* fails when there is none */
const char *operated_state(struct stage *s, const char *id);     /* word */
/* Of its first step of that kind: word; NULL: it has none. */
const char *operated_step(struct stage *s, const char *id, const char *kind);
/* The open command of that kind; NULL: none. */
const struct command *operated_command(struct stage *s, int kind);
void operated_answer(struct stage *s, int kind, const char *body); /* fails when there is none */
/* What the last decision sent to the VNFM, as JSON; NULL: nothing. */
json_t *operated_sent(struct stage *s);
const char *operated_text(struct stage *s, const char *vnf, const char *path); /* of the record */

#endif
