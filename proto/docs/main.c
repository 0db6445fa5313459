/* Reference of all messages and records, from the field tables:
 *
 *     proto-docs                Markdown on standard output
 *     proto-docs --schema NAME  JSON Schema of one record, e.g. nsd
 *     proto-docs --rights       who may do what on the broker; --rights-json: for programs */
#include "proto/codec/schema.h"
#include "proto/rights.h"
#include "proto/types.h"

#include <stdio.h>
#include <string.h>

static void reference(struct sbuf *out)
{
    sbuf_adds(out,
              "# Messages and records\n\nMade by `make docs` from the field tables in `proto/`. "
              "JSON objects; members not listed are kept and passed on.\n\n");
    for (const struct proto_type *const *t = proto_types; *t; t++)
        proto_describe(*t, out);
}

int main(int argc, char **argv)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    bool wants_schema = argc == 3 && strcmp(argv[1], "--schema") == 0;
    const struct proto_type *type = wants_schema ? proto_type_find(argv[2]) : NULL;
    bool wants_rights = argc == 2 && strcmp(argv[1], "--rights") == 0;
    bool wants_json = argc == 2 && strcmp(argv[1], "--rights-json") == 0;
    if (argc != 1 && !type && !wants_rights && !wants_json) {
        fprintf(stderr,
                "proto-docs: usage: proto-docs [--schema NAME | --rights | --rights-json]\n");
        return 2;
    }
    if (wants_rights)
        rights_describe(&out);
    else if (wants_json)
        rights_json(&out);
    else if (type)
        proto_schema(type, &out);
    else
        reference(&out);
    return fwrite(out.s, 1, out.len, stdout) != out.len || fflush(stdout) != 0;
}
