/* VNF packages: the first byte says what the rest is. 'T' and others: a whole archive. 'M': a
 * Metadata.yaml, 'V': a VNFD, each beside good companions, so that the fuzzer need not find
 * checksums of tar. What is accepted must be complete; memory stays bounded. */
#include "nfvo/catalogue/package.h"
#include "proto/records/descriptor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META "name: p\nvendor: v\nnfvo_version: 6.0\nvim_types: [t]\n"
#define VNFD                                                                                       \
    "{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"generic\","  \
    "\"lifecycle_event\":[{\"event\":\"START\",\"lifecycle_events\":[\"s.sh\"]}],\"vdu\":[{"       \
    "\"vm_image\":[\"i\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define ARENA_MAX ((size_t)96 * 1024 * 1024)

static const char *make_id(void *arg)
{
    (void)arg;
    return "id";
}

static void pack(struct sbuf *out, const char *metadata, size_t metadata_n, const char *vnfd,
                 size_t vnfd_n)
{
    struct package_writer *w = catalogue_package_writer_new(out);
    if (catalogue_package_add(w, "Metadata.yaml", metadata, metadata_n, NULL) != ERR_OK ||
        catalogue_package_add(w, "vnfd.json", vnfd, vnfd_n, NULL) != ERR_OK ||
        catalogue_package_add(w, "scripts/s.sh", "#!", 2, NULL) != ERR_OK ||
        catalogue_package_writer_end(w, NULL) != ERR_OK)
        abort();
}

static void check(const struct package *p, enum err_code rc, const struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    unsigned errors = 0;
    for (uint32_t i = 0; i < p->fault_n; i++) {
        errors += p->faults[i].level == FINDING_ERROR;
        if (!p->faults[i].message[0] || strlen(catalogue_package_place(&p->faults[i], &a)) > 4096)
            abort();
    }
    if ((rc == ERR_OK) != (errors == 0) || (rc != ERR_OK && !err->msg[0]))
        abort();
    if (rc != ERR_OK)
        return;
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    proto_encode(&vnf_package_type, p->record, PROTO_COMPLETE, &out);
    proto_encode(&vnfd_type, p->vnfd, PROTO_COMPLETE, &out);
    if (!p->record->name[0] || !p->vnfd->vdu.n || !p->identity[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    struct package_rules rules = {
        {.project_id = "p", .now = "now", .make_id = make_id}, "6.0", false};
    struct package p;
    struct err err = ERR_INIT;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] == 'M')
        pack(&tar, text, size - 1, VNFD, strlen(VNFD));
    else if (data[0] == 'V')
        pack(&tar, META, strlen(META), text, size - 1);
    else
        sbuf_add(&tar, text, size - 1);
    const struct package_source source = {.data = tar.s, .size = tar.len, .fd = -1};
    enum err_code rc = catalogue_package_read(&source, &rules, &a, &p, &err);
    check(&p, rc, &err);
    if (a.used > ARENA_MAX)
        abort();
    return 0;
}
