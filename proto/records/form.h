/* What texts of users must be like, checked where they come in and not where they are first used: a
 * network that a driver cannot make, a name that no index and no screen can hold, a line break that
 * becomes a second line of somebody's file. Columns of the field tables: `.form = &form_name`. */
#ifndef PROTO_RECORDS_FORM_H
#define PROTO_RECORDS_FORM_H

#include "proto/codec/codec.h"

#define FORM_NAME_MAX 255
#define FORM_LINE_MAX 4096

extern const struct proto_form form_name;     /* at most 255 characters, none of control */
extern const struct proto_form form_line;     /* the same, up to 4096 */
extern const struct proto_form form_ipv4;     /* an IPv4 address */
extern const struct proto_form form_address;  /* an IPv4 or IPv6 address */
extern const struct proto_form form_network;  /* an IPv4 network: 10.0.0.0/24 */
extern const struct proto_form form_floating; /* an IPv4 address, or the word random */
extern const struct proto_form form_host;     /* an address or a host's name, also with a port */
extern const struct proto_form form_pop_name; /* a name without ':', which stands before a zone */
extern const struct proto_form form_pop_type; /* a name that a queue's name can hold */
extern const struct proto_form form_git_url;  /* scheme://... or user@host:path */

/* "10.0.0.0/24" as numbers; false: it is no network. The address may have bits behind the mask. */
bool form_parse_network(const char *text, uint32_t *ret_address, uint32_t *ret_mask);

#endif
