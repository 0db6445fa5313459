#include "common/sdk/ob_base.h"

#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "common/base/text.h"
#include "common/bus/bus.h"

#include <stdio.h>

/* What stands in public headers is our own types under other names. A member more in one of ours is
 * another layout for programs that were built before: then the libraries get another soname. */
#define OB_ERR_OK OB_OK
/* clang-format off */
#define X(name, status, text) _Static_assert((int)OB_##name == (int)name, "enum ob_code is enum err_code");
ERR_CODES(X)
#undef X
_Static_assert((int)OB_ERR_N == (int)ERR_CODE_N, "enum ob_code is enum err_code");
#define SAME_SIZE(theirs, ours) _Static_assert(sizeof(theirs) == sizeof(ours), #theirs " is " #ours)
#define SAME(theirs, ours, member)                                                                  \
    _Static_assert(offsetof(theirs, member) == offsetof(ours, member) &&                            \
                   __builtin_types_compatible_p(__typeof__(((theirs *)0)->member), __typeof__(((ours *)0)->member)), \
                   #theirs "." #member " is that of " #ours)
/* clang-format on */
#define SAME_ERR(member) SAME(struct ob_err, struct err, member)
SAME_SIZE(struct ob_err, struct err);
_Static_assert(offsetof(struct ob_err, code) == offsetof(struct err, code), "both begin with it");
SAME_ERR(sys);
SAME_ERR(msg);
SAME_ERR(hint);
SAME_ERR(where);
#define SAME_TEXT(member) SAME(struct ob_text, struct sbuf, member)
SAME_SIZE(struct ob_text, struct sbuf);
SAME_TEXT(s);
SAME_TEXT(len);
SAME_TEXT(cap);
#define SAME_TLS(member) SAME(struct ob_broker_tls, struct bus_tls, member)
SAME_SIZE(struct ob_broker_tls, struct bus_tls);
SAME_TLS(is_on);
SAME_TLS(ca);
SAME_TLS(cert);
SAME_TLS(key);
SAME_TLS(is_verify_off);
SAME_TLS(min_version);
#define SAME_BROKER(member) SAME(struct ob_broker, struct bus_options, member)
SAME_SIZE(struct ob_broker, struct bus_options);
SAME_BROKER(host);
SAME_BROKER(port);
SAME_BROKER(vhost);
SAME_BROKER(user);
SAME_BROKER(password);
SAME_BROKER(password_path);
SAME_BROKER(name);
SAME_BROKER(heartbeat_s);
SAME_BROKER(connect_timeout_ms);
SAME_BROKER(call_timeout_ms);
SAME_BROKER(publish_stall_ms);
SAME_BROKER(backoff_min_ms);
SAME_BROKER(backoff_max_ms);
SAME_BROKER(frame_max);
SAME_BROKER(max_body);
_Static_assert(offsetof(struct ob_broker, tls) == offsetof(struct bus_options, tls), "the last");

/* Their errors are ours: the layout is held above. */
static struct err *ours(struct ob_err *err)
{
    return (void *)err;
}

static struct sbuf *buffer(struct ob_text *text)
{
    return (void *)text;
}

#define FORMAT(fmt, words)                                                                         \
    char words[sizeof(((struct err *)0)->msg)];                                                    \
    do {                                                                                           \
        va_list ap;                                                                                \
        va_start(ap, fmt);                                                                         \
        vsnprintf(words, sizeof(words), fmt, ap);                                                  \
        va_end(ap);                                                                                \
    } while (0)

enum ob_code ob_err_set(struct ob_err *err, enum ob_code code, const char *fmt, ...)
{
    FORMAT(fmt, words);
    return (enum ob_code)err_set(ours(err), (enum err_code)code, "%s", words);
}

enum ob_code ob_err_add(struct ob_err *err, const char *fmt, ...)
{
    FORMAT(fmt, words);
    return (enum ob_code)err_add(ours(err), "%s", words);
}

enum ob_code ob_err_hint(struct ob_err *err, const char *fmt, ...)
{
    FORMAT(fmt, words);
    return (enum ob_code)err_hint(ours(err), "%s", words);
}

const char *ob_err_text(enum ob_code code)
{
    return err_text((enum err_code)code);
}

void ob_text_init(struct ob_text *text)
{
    *buffer(text) = (struct sbuf)SBUF_INIT;
}

void ob_text_release(struct ob_text *text)
{
    sbuf_release(buffer(text));
}

void ob_text_add(struct ob_text *text, const char *s)
{
    sbuf_adds(buffer(text), s);
}

void ob_text_addf(struct ob_text *text, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sbuf_vaddf(buffer(text), fmt, ap);
    va_end(ap);
}

void ob_text_add_json(struct ob_text *text, const char *s)
{
    if (s)
        text_add_json(buffer(text), s);
    else
        sbuf_adds(buffer(text), "null");
}
