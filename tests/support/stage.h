/* One aggregate of the NFVO's domain on a stage: rows, commands and facts in memory, a clock and
 * ids that are set by hand. Intents go through the real domain as the engine would hand them over
 * (each to rows that were written back and are read anew); what was decided is looked at as values.
 *
 *     struct stage s;
 *     stage_init(&s, AGG_NSR, "nsr-1");
 *     stage_service(&s, NULL);                    // PoP, driver, subscriber; the request to deploy
 *     stage_deploy(&s);
 *     stage_vnfm(&s, "GRANT_OPERATION", "client", NULL);
 *     assert_string_equal(stage_story(&s), "...");
 *     stage_release(&s);
 *
 * The service: VNF "client" (type client_type) needs "address", "key" and "net" of "web" (type
 * web_type), one VNFC each, link "net", PoP "pop-1" of type "test". Everything of `client` can be
 * driven to any phase by stage_to. After each decision the stage looks that no phase waits for ever
 * (nfvo/lifecycle/deadlines.h). All memory is the stage's. */
#ifndef TESTS_SUPPORT_STAGE_H
#define TESTS_SUPPORT_STAGE_H

#include "nfvo/lifecycle/vnfr.h"

#include <jansson.h>

struct stage {
    struct arena arena;
    struct lifecycle_settings settings; /* change them before the first intent */
    struct domain domain;
    struct ids ids;
    bool is_contrived; /* the test changed rows by hand: that no phase lacks a deadline is not
                          looked at */
    int64_t now, numbers, new_ids;
    int agg_kind;
    const char *agg;
    const char *room; /* out of which messages come; NULL: out of their author's */
    bool is_forged;   /* messages in the NFVO's own queue are not its own */
    struct deploy_request *service;
    /* stored */
    struct row *root;
    struct rows rows, facts;
    struct commands commands;
    /* the last decision; its rows are still marked with what it did to them */
    struct decision d;
    struct row *before; /* copies of the rows as they were: root first */
    uint32_t n_before;
    json_t **json;
    uint32_t n_json;
};

void stage_init(struct stage *s, int agg_kind, const char *agg);
void stage_release(struct stage *s);

/* --- facts */
struct row *stage_pop(struct stage *s, const char *id, const char *type, const char *doc);
/* One of the repository of a project. */
struct row *stage_image(struct stage *s, const char *id, const char *project, const char *name);
void stage_pop_is_fresh(struct stage *s, struct row *pop, bool is_fresh);
struct row *stage_driver(struct stage *s, const char *queue, const char *capabilities);
/* So many instances of ours on a PoP. */
void stage_use(struct stage *s, const char *pop, const char *flavour, int n);
/* subject: the id of an NSR or VNFR, or "". */
void stage_subscribe(struct stage *s, const char *id, const char *project, const char *event,
                     const char *subject);
void stage_forget(struct stage *s, const char *fact_id);

/* --- the service, and what it needs: PoP, driver, subscriber "all". dependencies: the NSD's JSON
 * array instead of the usual one, or NULL. A test may change s->service before it deploys. */
void stage_service(struct stage *s, const char *dependencies);

/* --- intents */
struct decision *stage_decide(struct stage *s, struct intent in);
/* A delivery: read by the domain, then decided. The domain's verdict on the message. */
enum err_code stage_message(struct stage *s, struct message m);
void stage_deploy(struct stage *s);
void stage_release_nsr(struct stage *s);
/* A request of the VNFM about this VNF, or an answer that names no request. more: members
 * ("\"a\":1,") or NULL. */
void stage_vnfm(struct stage *s, const char *action, const char *vnf, const char *more);
/* An answer to the open command of that kind about that row (id), with this body. */
void stage_answer(struct stage *s, int kind, const char *subject, const char *body);
/* The VNFM's own answer to it, with its record. */
void stage_answer_well(struct stage *s, int kind, const char *vnf);
void stage_prepared(struct stage *s, const char *vnf, const char *fault); /* the PoP's answer */
void stage_launched(struct stage *s, const char *vnf, const char *body);  /* NULL: a good server */
void stage_listed(struct stage *s, const char *pop, const char *found, bool is_weak);
void stage_late(struct stage *s, int kind, const char *subject); /* its deadline is there */

/* --- driving `client` */
void stage_to(struct stage *s, int vnfr_phase);

/* --- looking */
struct row *stage_vnfr(struct stage *s, const char *name);
struct row *stage_instance(struct stage *s, const char *vnf);
struct command *stage_command(struct stage *s, int kind, const char *subject); /* open; or NULL */
json_t *stage_record(struct stage *s, const struct row *r);
const struct send *stage_sent(struct stage *s, const char *key); /* the last to there; or NULL */
/* A body with what the publisher would put into it: {"pop":"<id>:<version>:<zone>"}, "package"
 * likewise, "<password of HOSTNAME>". In the arena. */
const char *stage_rendered(struct stage *s, const struct send *send);
/* That as JSON. Fails the test when it is none. Borrowed, as are records. */
json_t *stage_body(struct stage *s, const struct send *send);
const char *stage_text(json_t *value, const char *path); /* "vdu.0.id"; NULL when absent */
/* What the last decision did, in one line: "client:GRANTED net+ ..."; see stage_story.c. */
const char *stage_story(struct stage *s);

#endif
