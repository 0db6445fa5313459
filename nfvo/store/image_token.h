/* Tokens of an image's file: who has one may fetch these bytes until it ends, and nothing else. They
 * are stored nowhere; every nfvo with the same seal key knows them. Pure but for the clock that the
 * caller reads. */
#ifndef NFVO_STORE_IMAGE_TOKEN_H
#define NFVO_STORE_IMAGE_TOKEN_H

#include "nfvo/store/seal.h"

#include <stdbool.h>

/* Appended: "<end, seconds since 1970>.<43 characters>". */
void image_token_make(const struct seal *s, const char *image_id, int64_t until_s,
                      struct sbuf *out);
bool image_token_is_good(const struct seal *s, const char *image_id, const char *token,
                         int64_t now_s);

#endif
