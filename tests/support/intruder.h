/* A client that goes on after a refusal: one connection, whose channel is opened again when the
 * broker closes it, so that thousands of attacks take seconds (attack.h takes a connection for
 * each). Each step returns the broker's answer: 0, or the reply code with which it closed channel
 * or connection; what else fails, fails the test. */
#ifndef TESTS_SUPPORT_INTRUDER_H
#define TESTS_SUPPORT_INTRUDER_H

#include "common/bus/bus.h"

struct intruder;

/* Given; options borrowed while it lives. NULL: not let in, *ret_code says how. */
struct intruder *intruder_new(const struct bus_options *who, int *ret_code);
void intruder_free(struct intruder *i);

struct intruder_message {
    const char *exchange, *key, *body;
    const char *header;         /* "CC" or "BCC", with these keys; or NULL */
    const char *const *copy_to; /* ends with NULL */
    const char *user_id;        /* or NULL */
};
/* Waits until the broker has it. */
int intruder_publish(struct intruder *i, const struct intruder_message *m);

struct intruder_queue {
    const char *name;
    bool is_passive, is_durable;
    const char *dead_letter_exchange, *dead_letter_key; /* NULL: none; else at once (ttl 0) */
};
int intruder_queue_declare(struct intruder *i, const struct intruder_queue *q);
/* A topic exchange; alternate: NULL for none. */
int intruder_exchange_declare(struct intruder *i, const char *name, bool is_passive,
                              const char *alternate);
int intruder_bind(struct intruder *i, const char *queue, const char *exchange, const char *key);
int intruder_unbind(struct intruder *i, const char *queue, const char *exchange, const char *key);
int intruder_bind_exchange(struct intruder *i, const char *to, const char *from, const char *key);
int intruder_unbind_exchange(struct intruder *i, const char *to, const char *from, const char *key);
int intruder_consume(struct intruder *i, const char *queue);
int intruder_purge(struct intruder *i, const char *queue);
int intruder_queue_delete(struct intruder *i, const char *queue);
int intruder_exchange_delete(struct intruder *i, const char *exchange);
/* Takes a message. *ret_body: given; NULL when there was none. */
int intruder_get(struct intruder *i, const char *queue, char **ret_body);

/* Consumes until the message `last` has come, and calls report for each before it. */
void intruder_take_until(struct intruder *i, const char *queue, const char *last,
                         void (*report)(void *arg, const char *body), void *arg);

#endif
