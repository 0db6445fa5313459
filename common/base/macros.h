/* Small macros that everything uses. Pure; no dependencies. */
#ifndef COMMON_BASE_MACROS_H
#define COMMON_BASE_MACROS_H

#include <stddef.h>
#include <stdint.h>

/* AUTO(sbuf_release) struct sbuf s = SBUF_INIT;  calls sbuf_release(&s) when s leaves its scope. */
#define AUTO(release)          __attribute__((cleanup(release)))
#define MUST_USE               __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED                 __attribute__((unused))
#define NORETURN               __attribute__((noreturn))

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define USEC_PER_MS  INT64_C(1000)
#define USEC_PER_SEC INT64_C(1000000)

#endif
