/* A bare TCP client for tests that say things no well-behaved HTTP client would. Fails the test
 * when something takes longer than 60 s. */
#ifndef TESTS_SUPPORT_RAWSOCK_H
#define TESTS_SUPPORT_RAWSOCK_H

#include "common/base/sbuf.h"

int raw_connect(uint16_t port);                      /* to 127.0.0.1 */
bool raw_send(int fd, const char *data, size_t len); /* false: the other side is gone */
/* Append to *got until it contains text, or the other side closes (text NULL). true: found or
 * closed as wished. */
bool raw_read(int fd, struct sbuf *got, const char *text);
/* One connection: send, read until it is closed. Status of the answer, 0 if there is none; *got
 * (cleared first) is all of it. */
int raw_ask(uint16_t port, const char *request, struct sbuf *got);

#endif
