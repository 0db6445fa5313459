/* Metadata.yaml alone, as text, in a package that is good otherwise: any YAML is read in bounded
 * time and memory, and what is refused says why. The bounds of package.h hold however the text is
 * made. */
#include "nfvo/catalogue/package.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VNFD                                                                                       \
    "{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":\"generic\","  \
    "\"vdu\":[{\"vm_image\":[\"i\"],\"vnfc\":[{\"connection_point\":[]}]}]}"
#define ARENA_MAX ((size_t)32 * 1024 * 1024)

static const char *make_id(void *arg)
{
    (void)arg;
    return "id";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    const struct package_rules rules = {
        {.project_id = "p", .now = "now", .make_id = make_id}, "6.0", false};
    struct package p;
    struct err err = ERR_INIT;
    struct package_writer *w = catalogue_package_writer_new(&tar);
    if (catalogue_package_add(w, "Metadata.yaml", data, size, NULL) != ERR_OK ||
        catalogue_package_add(w, "vnfd.json", VNFD, strlen(VNFD), NULL) != ERR_OK ||
        catalogue_package_writer_end(w, NULL) != ERR_OK)
        abort();
    const struct package_source source = {.data = tar.s, .size = tar.len, .fd = -1};
    clock_t before = clock();
    enum err_code rc = catalogue_package_read(&source, &rules, &a, &p, &err);
    if (clock() - before > 2 * CLOCKS_PER_SEC || a.used > ARENA_MAX)
        abort();
    if (rc != ERR_OK && !err.msg[0])
        abort();
    if (rc == ERR_OK && (!p.record->name[0] || !p.identity[0]))
        abort();
    return 0;
}
