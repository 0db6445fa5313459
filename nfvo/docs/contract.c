/* Writes the contract into a folder: all that /doc serves. `make docs` -> build/contract. */
#include "nfvo/api/contract/contract.h"
#include "common/base/version.h"
#include "nfvo/context.h"

#include <stdio.h>

struct target {
    const char *folder;
    bool has_failed;
};

static void write_document(void *arg, const char *name, const struct sbuf *text)
{
    struct target *to = arg;
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    sbuf_addf(&path, "%s/%s", to->folder, name);
    FILE *f = fopen(path.s, "w");
    if (!f || fwrite(text->s, 1, text->len, f) != text->len || fclose(f) != 0) {
        perror(path.s);
        to->has_failed = true;
    }
}

int main(int argc, char **argv)
{
    struct target to = {.folder = argv[argc - 1]};
    if (argc != 2) {
        fprintf(stderr, "usage: contract-docs FOLDER, which has a folder schemas\n");
        return 2;
    }
    contract_render_all(&(struct contract_source){endpoint_tables, BATON_VERSION}, write_document,
                        &to);
    return to.has_failed;
}
