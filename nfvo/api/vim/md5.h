/* MD5, for one thing only: what the reference calls the hash of an image (rest-api.md 2.7), as glance
 * does. Not for anything that has to resist an attacker: the SHA-256 beside it is. Pure. */
#ifndef NFVO_API_VIM_MD5_H
#define NFVO_API_VIM_MD5_H

#include <stddef.h>
#include <stdint.h>

struct md5 {
    uint32_t state[4];
    uint64_t size; /* bytes so far */
    unsigned char block[64];
};

void md5_init(struct md5 *m);
void md5_add(struct md5 *m, const void *data, size_t len);
void md5_end(struct md5 *m, unsigned char ret[16]); /* m is of no use then */

#endif
