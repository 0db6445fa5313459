/* The keys of services, and what an old client encrypts with them: Base64 of AES-128 in ECB with
 * PKCS#7 padding (rest-api.md 1.6, decisions.md D18). Nothing else may use this cipher: it tells
 * which blocks are alike, and nobody can tell whether a text was changed. Here both are bearable:
 * a text is the request of one service, or a token of 256 random bits. Pure; untrusted input. */
#ifndef NFVO_API_AUTH_SERVICE_KEY_H
#define NFVO_API_AUTH_SERVICE_KEY_H

#include "common/base/sbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVICE_KEY_SIZE 17 /* 16 letters and digits (95 bits), and NUL */

void service_key_new(char ret[SERVICE_KEY_SIZE]);
/* The text, appended; false (nothing is appended): it is no Base64, or of another key. */
bool service_key_open(const char *key, const char *sealed, size_t len, struct sbuf *out);
void service_key_close(const char *key, const char *text, size_t len, struct sbuf *out);

#endif
