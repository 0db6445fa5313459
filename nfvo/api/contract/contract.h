/* What each call takes and gives, for the OpenAPI document: beside the router's table, which says
 * who may call what. tests/unit/nfvo/api/contract/test_openapi.c holds the two together;
 * tests/interop/scenarios_contract.py holds them to what is answered. */
#ifndef NFVO_API_CONTRACT_CONTRACT_H
#define NFVO_API_CONTRACT_CONTRACT_H

#include "nfvo/api/context.h"

enum body_form {
    BODY_NONE,
    BODY_RECORD,  /* of type */
    BODY_RECORDS, /* a list of them */
    BODY_PARTIAL, /* taken: a record of which nothing is required */
    BODY_SHAPE,   /* JSON of a shape (shapes.c) */
    BODY_SHAPES,  /* a list of them */
    BODY_TEXT,    /* text/plain */
    BODY_FORM,    /* application/x-www-form-urlencoded, of a shape */
    BODY_FILE,    /* multipart/form-data with the part `file` */
    BODY_IMAGE,   /* the same, of any bytes; may be left out */
    BODY_STREAM,  /* text/event-stream */
    BODY_OCTETS,  /* application/octet-stream */
    BODY_METRICS, /* text/plain of Prometheus */
    BODY_HTML,
    BODY_SCRIPT,   /* a file of the dashboard */
    BODY_DOCUMENT, /* of /doc: JSON, Markdown or HTML */
};

struct contract_body {
    enum body_form form;
    const struct proto_type *type;
    const char *shape;
    bool is_optional; /* taken: may be left out. Given: may be empty */
};

struct contract_row {
    const char *method, *path; /* as in the router's table */
    const char *id;            /* operationId: unique */
    struct contract_body takes, gives;
    const char *query;   /* parameters, by their rows in openapi.c: "plan queue"; NULL: none */
    const char *example; /* of what is taken: JSON, or text; NULL: none */
};

extern const struct contract_row contract_rows[]; /* ends with a zero row */
/* NULL: there is none, which the unit test tells. */
const struct contract_row *contract_find(const struct endpoint *e);

struct contract_shape {
    const char *name, *schema; /* JSON Schema */
};
extern const struct contract_shape contract_shapes[]; /* ends with a zero row */

/* Calls each for every document that is served at /doc: "openapi.json", "schemas/nsd.schema.json".
 * name and text are borrowed for the call. */
typedef void contract_each_fn(void *arg, const char *name, const struct sbuf *text);
struct contract_source {
    const struct endpoint *const *tables; /* endpoint_tables */
    const char *version;
};
void contract_render_all(const struct contract_source *of, contract_each_fn *each, void *arg);

/* Pages out of the lifecycle's tables. */
void lifecycle_page(struct sbuf *out);
void operations_page(struct sbuf *out);
/* A graph in mermaid; first, last: where it begins and ends, NULL: not drawn. */
struct fsm;
void fsm_graph(struct sbuf *out, const struct fsm *m, const char *first, const char *last);

#endif
