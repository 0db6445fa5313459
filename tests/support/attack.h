/* Steps of a client that does what none of ours does: by librabbitmq itself, each on a connection
 * of its own. Each returns the broker's answer: 0, or the reply code with which it closed channel
 * or connection; whatever else fails, fails the test. */
#ifndef TESTS_SUPPORT_ATTACK_H
#define TESTS_SUPPORT_ATTACK_H

#include "common/bus/bus.h"

/* header: "CC" or "BCC", with the key copy_to; or NULL. Waits until the broker has it. */
int attack_publish(const struct bus_options *who, const char *exchange, const char *key,
                   const char *header, const char *copy_to, const char *body);
/* Without consumer, auto-delete; what comes is dead-lettered at once. */
int attack_dead_letter(const struct bus_options *who, const char *queue, const char *exchange,
                       const char *key);
int attack_alternate(const struct bus_options *who, const char *exchange, const char *alternate);
int attack_bind(const struct bus_options *who, const char *queue, const char *exchange,
                const char *key);
int attack_bind_exchange(const struct bus_options *who, const char *to, const char *from,
                         const char *key);

#endif
