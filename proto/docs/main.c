/* JSON Schema of one record, for tests: proto-docs --schema NAME, e.g. nsd. The whole contract is
 * written by contract-docs (nfvo/docs). */
#include "proto/codec/schema.h"
#include "proto/types.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    bool wants_schema = argc == 3 && strcmp(argv[1], "--schema") == 0;
    const struct proto_type *type = wants_schema ? proto_type_find(argv[2]) : NULL;
    if (!type) {
        fprintf(stderr, "proto-docs: usage: proto-docs --schema NAME, e.g. nsd\n");
        return 2;
    }
    proto_schema(type, &out);
    return fwrite(out.s, 1, out.len, stdout) != out.len || fflush(stdout) != 0;
}
