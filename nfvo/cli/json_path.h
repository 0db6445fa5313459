/* Where something stands in a JSON document, as people write it for -o jsonpath and --filter:
 *
 *     .vnfr[*].vdu[0].name      members, all elements, one element ([-1]: the last)
 *     ['name with.dots'].*      a member by its text, all members
 *     ..hostname                at any depth
 *     [?(@.status=="ERROR")]    elements for which it holds; ==, != or neither (it is there)
 *
 * A '$' in front is allowed. Pure; bounded by JSON_PATH_STEPS and by the document. */
#ifndef NFVO_CLI_JSON_PATH_H
#define NFVO_CLI_JSON_PATH_H

#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <jansson.h>

enum { JSON_PATH_STEPS = 32 };

struct json_path;

/* Given; NULL: *err says at which character what was expected. */
struct json_path *json_path_new(const char *text, size_t len, struct err *err);
void json_path_free(struct json_path *p);
/* What stands there: a new array, empty when there is nothing. */
json_t *json_path_find(const struct json_path *p, const json_t *root);
/* A string as it is, anything else as JSON. Appended. */
void json_path_put(struct sbuf *out, const json_t *value);

#endif
