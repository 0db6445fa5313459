/* Is somebody there? A subscriber must listen before it subscribes (rest-api.md 2.9). */
#ifndef NFVO_EVENT_PROBE_H
#define NFVO_EVENT_PROBE_H

#include "common/base/err.h"

/* Connect to the host and port of an http or https URL, and hang up. Blocks for at most timeout_ms
 * (plus name resolution). Errors: ERR_INVALID not such a URL; ERR_UNAVAIL, ERR_TIMEOUT. */
MUST_USE enum err_code probe_url(const char *url, int timeout_ms, struct err *err);

/* Pure: "http://[::1]:80/x" is host "::1", port "80"; the scheme's port when there is none. */
MUST_USE enum err_code probe_split_url(const char *url, char host[256], char port[8],
                                       struct err *err);

#endif
