/* `baton test`: the client plays the NFVO towards one VNFM or VIM driver, and says by the table of
 * rules.h what that does wrong.
 *
 *     struct kit k;
 *     code = kit_run(&options, out, &report, &err);
 *
 * It needs a broker, and no nfvo: it declares the queues of one, serves the registration, gives the
 * peer an account through the broker's management API, and sends requests. What it made at the broker
 * it deletes in the end. One thread; peers are asked through a struct kit_ask, any number at once. */
#ifndef NFVO_CLI_KIT_KIT_H
#define NFVO_CLI_KIT_KIT_H

#include "common/base/err.h"
#include "common/bus/bus.h"
#include "nfvo/cli/kit/report.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct http_client;
struct kit_agents;

struct kit_options {
    enum kit_whose whose;     /* VNFM or DRIVER */
    const char *type, *name;  /* name: of a driver's instance; NULL: any */
    const char *queue;        /* NULL: that which it registers */
    const char *broker, *api; /* URLs; api NULL: of the broker's host */
    const char *ca;           /* PEM file, for amqps; NULL: the system's */
    const char *run;          /* shell command that starts the peer; NULL: a person does */
    const json_t *cloud;      /* the PoP; NULL: one that holds nothing but a name */
    pid_t pid;                /* of the peer, to be killed; 0: none */
    int64_t wait_ms, answer_ms;
    int64_t late_ms; /* how late a late answer of the kit is; 0: 2 s */
    unsigned load;
};

/* amqp://user:password@host:port/vhost, amqps:// for TLS; percent-encoded parts. Pure. */
struct kit_url {
    char host[256], user[128], password[128], vhost[128];
    int port;
    bool has_tls;
};
MUST_USE enum err_code kit_url_parse(const char *url, struct kit_url *ret, struct err *err);

/* How the kit answers a question of a VNFM. */
enum kit_manner { KIT_NORMAL, KIT_REFUSES, KIT_LATE, KIT_TWICE, KIT_ADDS };

enum { KIT_ASKS_MAX = 1024, KIT_USERS_MAX = 128 };
struct kit_ask {
    char id[40], reply_to[60];
    char *sent;
    bool has_reply_to, is_returned, is_foreign_id;
    unsigned answers, wanted; /* wanted: at most so many are right */
    char *got;                /* the first answer's body, with a NUL behind; NULL: none */
    size_t got_len;
    char *content_type, *correlation_id; /* of the first */
    json_t *answer;                      /* NULL: not JSON; decoded once */
};

struct kit {
    const struct kit_options *o;
    struct kit_report *report;
    FILE *out; /* progress, TAP comments */
    void (*on_registration)(struct kit *k, const struct bus_delivery *d);
    void (*on_question)(struct kit *k, const struct bus_delivery *d);
    void (*on_round)(struct kit *k); /* the agents move; does not wait */
    struct kit_url url;
    struct http_client *http;
    char api[320];
    bool has_api, made_vhost, made_registrar;
    struct bus *bus;
    /* the peer */
    char queue[256], user[128], password[40];
    char users[KIT_USERS_MAX][128]; /* that we made */
    unsigned user_n, registrations, unregistrations;
    bool has_correlation, has_token, is_gone;
    bool is_one_way;    /* it answered elsewhere, while all had reply_to */
    bool is_shaken;     /* connections break: what is in hand may be answered twice */
    bool has_user_data; /* it gave servers user data: it may wait for what that starts in them */
    pid_t child;
    /* what it asks */
    enum kit_manner grant, allocate, scaling;
    char nonce[9]; /* of hostnames */
    char port[8];  /* of the broker, as peers are told */
    unsigned grants, allocates, scalings, one_way, one_way_allowed, instances, strays;
    json_t *grant_sent;         /* the last one */
    json_t *granted;            /* all of them, by the id of the record */
    json_t *allocated;          /* the last record that was given servers */
    struct kit_agents *agents;  /* agents.h; NULL: none were asked for */
    const char *agents_missing; /* why there are none; NULL: they are there */
    bool awaits_agents;         /* they are there, and none has got a command yet */
    struct {
        char *reply_to, *correlation_id, *body; /* NULL: nothing waits to be sent */
        int64_t at;
    } late;
    struct kit_ask *asks[KIT_ASKS_MAX];
    unsigned ask_n;
    json_t *record; /* of the VNF that lives; given back by the last lifecycle step */
    char scenario[60];
};

enum kit_end { KIT_PASSES = 0, KIT_BREAKS = 1, KIT_UNTESTED = 2 };
/* UNTESTED: err says why. The report is the caller's, initialised. */
MUST_USE enum kit_end kit_run(const struct kit_options *o, FILE *out, struct kit_report *report,
                              struct err *err);

/* --- broker.c: the management API; without it peers get the kit's own account. */
MUST_USE enum err_code kit_broker_open(struct kit *k, struct err *err);
void kit_broker_close(struct kit *k); /* after the bus is closed */
MUST_USE enum err_code kit_broker_account(struct kit *k, const char *queue, const char *bare_type,
                                          struct err *err); /* k->user, k->password */
/* The peer's connections: closed when it returns. Until the broker has done so, which it does not wait
 * for, one that never comes back may answer once more. */
MUST_USE enum err_code kit_broker_cut(struct kit *k, struct err *err);
bool kit_broker_is_connected(struct kit *k); /* as the account that it was given */
/* The virtual host of the peer's agents, with its exchanges, and the peer's rights there. One that is
 * there already is not touched: not new. */
MUST_USE enum err_code kit_broker_agents_place(struct kit *k, const char *vhost,
                                               const char *endpoint, bool *ret_is_new,
                                               struct err *err);
MUST_USE enum err_code kit_broker_agent(struct kit *k, const char *vhost, const char *user,
                                        const char *password, const char *hostname,
                                        const char *endpoint, struct err *err);
void kit_broker_agents_gone(struct kit *k, const char *vhost);

/* --- link.c */
struct bus_options kit_bus_options(const struct kit *k); /* its own login; borrows from k */
MUST_USE enum err_code kit_link_open(struct kit *k, struct err *err);
void kit_pump(struct kit *k, int ms);
/* Goes on as long as condition holds and the deadline is not reached. False: deadline, or Ctrl-C. */
bool kit_until(struct kit *k, int64_t ms, bool (*is_done)(struct kit *k, void *arg), void *arg);
bool kit_stopped(void); /* Ctrl-C came */
bool kit_has_consumer(struct kit *k);
void kit_announce(struct kit *k, const char *fmt, ...) PRINTF_LIKE(2, 3);

struct kit_send { /* what is not as usual */
    const char *content_type, *content_encoding, *token;
    bool has_no_reply_to;
    const struct kit_ask *repeat; /* the same request again */
};
/* Borrowed, until the end. how: NULL for as usual. NULL: could not be sent (is told). */
struct kit_ask *kit_send(struct kit *k, const char *body, size_t len, const struct kit_send *how);
struct kit_ask *kit_send_json(struct kit *k, const json_t *message); /* borrowed */
bool kit_await(struct kit *k, struct kit_ask *a); /* for answer_ms; false: no answer */
/* Sends, waits, and checks what all answers have in common. Takes message. NULL: no answer, told as a
 * failure of this rule; of what a VNFM with user data does in servers, as not tested. */
struct kit_ask *kit_ask_for(struct kit *k, enum kit_rule rule, json_t *message);

void kit_reply(struct kit *k, const char *reply_to, const char *correlation_id, const char *body);
/* The same in so many milliseconds; one at a time. */
void kit_reply_late(struct kit *k, const char *reply_to, const char *correlation_id,
                    const char *body, int64_t ms);
void kit_forget_late(struct kit *k);

/* --- questions.c */
void kit_on_question(struct kit *k, const struct bus_delivery *d);

/* --- registration.c */
void kit_on_registration(struct kit *k, const struct bus_delivery *d);
MUST_USE enum err_code kit_await_peer(struct kit *k, struct err *err);
/* Is it there, or does it come back (also started again, with --run)? Else is_gone. */
bool kit_revive(struct kit *k, bool is_forced);
/* It is about to lose its connection: what it has answered may be answered again. */
void kit_allow_more(struct kit *k);
MUST_USE enum err_code kit_start_peer(struct kit *k, struct err *err);
void kit_signal_peer(struct kit *k, int signal);
bool kit_has_ended(struct kit *k);         /* the process that --run started, by itself */
int64_t kit_patience(const struct kit *k); /* how long it may take to come back; milliseconds */

/* --- checks.c: what an answer must be; pure but for the report. */
void kit_fail(struct kit *k, enum kit_rule rule, const struct kit_ask *a, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
bool kit_check(struct kit *k, enum kit_rule rule, bool is_right, const struct kit_ask *a,
               const char *fmt, ...) PRINTF_LIKE(5, 6);
void kit_skip(struct kit *k, enum kit_rule rule, const char *reason);
void kit_check_answer(struct kit *k, const struct kit_ask *a);
/* "START": "": null; NULL: no text `action`. */
const char *kit_action(const json_t *answer);
const char *kit_text(const json_t *object, const char *member); /* "" when it is none */
bool kit_is_error(const json_t *answer);
/* Action and record of a VNFM's answer. */
bool kit_check_vnfm(struct kit *k, enum kit_rule rule, const struct kit_ask *a, const char *action,
                    const char *record_id);
/* The answer of a driver; NULL: an exception or a wrong form, told under rule. *ret_exception: its
 * text, or NULL. Borrowed. */
const json_t *kit_driver_answer(struct kit *k, enum kit_rule rule, const struct kit_ask *a,
                                const char **ret_exception);

/* --- messages.c: given. */
json_t *kit_pop(const struct kit *k);
json_t *kit_instantiate(const struct kit *k, const char *name, const char *more);
json_t *kit_record_of(const struct kit *k, const char *id); /* complete, with an instance */
json_t *kit_request(const char *action, const char *record_name, json_t *record); /* takes record */
json_t *kit_alive(const struct kit *k); /* a request that any peer serves */
json_t *kit_call(const struct kit *k, const char *method, json_t *parameters); /* takes them */

/* --- scenarios */
void kit_vnfm_lifecycle(struct kit *k);
void kit_vnfm_agents(struct kit *k);
void kit_vnfm_refusals(struct kit *k);
void kit_vnfm_members(struct kit *k);
void kit_driver_methods(struct kit *k);
void kit_driver_members(struct kit *k);
void kit_bodies(struct kit *k);
void kit_repeats(struct kit *k);
void kit_load(struct kit *k);
void kit_no_reply_to(struct kit *k);
void kit_reconnect(struct kit *k);
void kit_killed(struct kit *k);
void kit_unregister(struct kit *k);
/* Does it serve a request now? */
bool kit_is_alive(struct kit *k);

#endif
