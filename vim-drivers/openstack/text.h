/* Texts that OpenStack takes and gives: URLs, tokens' marks, errors, times, user data. Pure. */
#ifndef VIM_DRIVERS_OPENSTACK_TEXT_H
#define VIM_DRIVERS_OPENSTACK_TEXT_H

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/sbuf.h"
#include "vim-drivers/openstack/records.h"

#include <stdbool.h>
#include <stdint.h>

enum os_service { OS_IDENTITY, OS_COMPUTE, OS_NETWORK, OS_IMAGE, OS_SERVICE_N };

enum { OS_URL_MAX = 512, OS_TOKEN_MAX = 200, OS_USER_DATA_MAX = 65535 };

/* A PoP's authUrl as that of keystone's version 3: ".../v3", whatever version it names. *ret_is_v2:
 * it named 2.0, of which only the meaning of the tenant (a name) is left. ERR_INVALID; ERR_DENIED:
 * without TLS, and may_be_plain is not set. */
MUST_USE enum err_code os_auth_url(const char *auth_url, bool may_be_plain, char ret[OS_URL_MAX],
                                   bool *ret_is_v2, struct err *err);
bool os_is_hex_id(const char *text); /* 32 hex digits, with or without dashes of a UUID */

/* An endpoint of the catalogue as requests begin with it: with its version, no slash behind.
 * ERR_PEER: not http or https, or too long. */
MUST_USE enum err_code os_endpoint_url(enum os_service service, const char *url,
                                       char ret[OS_URL_MAX], struct err *err);
/* One of a list of endpoints: of that interface and region. NULL: none. */
const char *os_endpoint_find(const struct os_token *t, const char *type, const char *interface,
                             const char *region);
/* Which region a PoP means. is_said: by its own member, so it must exist; a location's name need
 * not be one: with one region in the catalogue it is that. ERR_INVALID names those there are. */
MUST_USE enum err_code os_region_choose(const struct os_token *t, const char *wanted, bool is_said,
                                        char *ret, size_t size, struct err *err);

/* "2026-11-29T12:00:31.000000Z", with or without fractions, Z: seconds since 1970; 0: is none. */
int64_t os_time(const char *text);

/* The words of an error's body, whichever service it is from: its message (in *ret_type the kind
 * that neutron gives, or ""), or its text without tags; cut to size. */
void os_words(const char *body, size_t len, char *ret, size_t size, char *ret_type,
              size_t type_size);
/* What the answer means for us. */
enum err_code os_code(int status, const char *words, const char *type);

/* What comes after '?' in the link to the next page, which may name an inside host. "": last. */
const char *os_next_query(const struct os_page *page, size_t links_at);

/* "/images/ID/file": folder, id, rest. The id is escaped, so that it is one part of the path: clouds
 * and users give it. */
const char *os_path(struct arena *a, const char *folder, const char *id, const char *rest);
/* ,"key":"value" with a comma in front unless out ends with an opening bracket. */
void os_add_pair(struct sbuf *out, const char *key, const char *value);

/* The mark in descriptions of ports and floating addresses: "baton:TOKEN". */
void os_mark(struct sbuf *out, const char *token);
/* The token of a mark; NULL: is none. */
const char *os_marked(const char *description);

/* User data as nova takes it, in base64, "" when there is nothing: keys (lines) are appended to a
 * script, or go along in a second part. ERR_LIMIT: longer than nova takes. */
MUST_USE enum err_code os_user_data(const char *user_data, const char *keys, struct sbuf *out,
                                    struct err *err);
/* "raw", "qcow2", "vmdk", "iso", "vdi", "vhd" by its first bytes. */
const char *os_disk_format(const unsigned char *head, size_t len);

#endif
