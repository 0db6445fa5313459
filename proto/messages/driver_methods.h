/* The methods of VIM drivers, as one table: amqp-protocol.md 5.4. For the documents, and for the
 * test that holds our drivers to it. */
#ifndef PROTO_MESSAGES_DRIVER_METHODS_H
#define PROTO_MESSAGES_DRIVER_METHODS_H

#include "proto/codec/codec.h"

#define DRIVER_PARAMETERS_MAX 9

/* A parameter or an answer: of a record, else of a word: "text", "boolean", "texts", "texts by key",
 * "bytes", "none". */
struct driver_value {
    const char *name; /* "" of an answer */
    const struct proto_type *record;
    bool is_list;
    const char *word;
};

struct driver_method {
    const char *name;
    bool is_called; /* by the NFVO; the others are there for other callers */
    struct driver_value
        parameters[DRIVER_PARAMETERS_MAX + 1]; /* behind the VIM instance; {0} ends */
    struct driver_value answer;
    const char *text;
};
extern const struct driver_method driver_methods[]; /* ends with a zero row */

/* How many parameters behind the VIM instance. */
size_t driver_method_parameters(const struct driver_method *m);

/* Appended: a page (Markdown), and a JSON object by "NAME/COUNT" with a schema for the parameters
 * and one for the answer, whose records are at `refs`. */
void driver_methods_describe(struct sbuf *out);
void driver_methods_json(const char *refs, struct sbuf *out);

#endif
