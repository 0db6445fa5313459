/* Allocation of processes: out of memory is logged and aborts (one policy, no dead branches:
 * Postfix mymalloc.c). A peer never chooses the size: bodies, lists and depths are bounded before
 * anything is allocated. The public SDKs use malloc themselves. */
#ifndef COMMON_BASE_MEM_H
#define COMMON_BASE_MEM_H

#include "common/base/macros.h"

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s);
char *xstrdup_or_null(const char *s); /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
void freep(void *ptr_to_pointer); /* for AUTO: AUTO(freep) char *s = ...; */

#endif
