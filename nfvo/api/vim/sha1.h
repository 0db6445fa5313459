/* SHA-1, for one thing only: the fingerprint that the reference shows of an ssh key (rest-api.md
 * 2.8). Not for anything that has to resist an attacker; libsodium rightly has none. Pure. */
#ifndef NFVO_API_VIM_SHA1_H
#define NFVO_API_VIM_SHA1_H

#include "common/base/macros.h"

void sha1(const void *data, size_t len, unsigned char out[20]);

#endif
