/* Whose turn a request takes in the server's queues, before anybody has looked into the database:
 * that of its user, if the token was good within the last minute, else that of its address. So one
 * user takes one turn at a time, from however many addresses and with however many tokens; many
 * users behind one address take a turn each; and made-up tokens gain nothing.
 *
 * What is remembered (a hash of the token, the user's id) orders requests, and nothing else: each
 * is asked of the database who sends it. */
#ifndef NFVO_API_REQUEST_TURNS_H
#define NFVO_API_REQUEST_TURNS_H

#include "common/http/server.h"

#define TURNS_US (INT64_C(60) * 1000000)

struct turns; /* opaque, thread-safe */

struct turns *turns_new(void); /* given */
void turns_free(struct turns *t);
/* The token is good, and of this user. hash: token_hash of credentials.h. now_us: monotonic. */
void turns_add(struct turns *t, const char *hash, const char *user_id, int64_t now_us);
/* token NULL: none. client: an address. */
void turns_whose(struct turns *t, const char *token, const char *client, int64_t now_us,
                 char ret[HTTP_TURN_SIZE]);

#endif
