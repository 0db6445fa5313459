/* Bytes as base64 (RFC 4648), with padding. */
#ifndef COMMON_BASE_BASE64_H
#define COMMON_BASE_BASE64_H

#include "common/base/sbuf.h"

#include <stddef.h>

void base64_add(struct sbuf *out, const void *data, size_t len);
void base64_add_url(struct sbuf *out, const void *data,
                    size_t len); /* '-' and '_' for '+' and '/' */

#endif
