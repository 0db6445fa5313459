/* What root may in a container. */
#include "vim-drivers/local/container.h"

#include <string.h>

/* Those of docker, but MKNOD: where there are no control groups, a device node is the host's disk.
 */
static const char *const capabilities[] = {
    "CHOWN",   "DAC_OVERRIDE", "FSETID", "FOWNER",     "NET_RAW",     "SETGID",          "SETUID",
    "SETFCAP", "SETPCAP",      "KILL",   "SYS_CHROOT", "AUDIT_WRITE", "NET_BIND_SERVICE"};

/* As it is named in the tables here: without CAP_. */
static const char *bare(const char *capability)
{
    return strncmp(capability, "CAP_", 4) == 0 ? capability + 4 : capability;
}

bool loc_has_capability(const struct loc_options *o, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
        if (strcmp(capabilities[i], name) == 0)
            return true;
    for (size_t i = 0; i < o->capabilities.n; i++)
        if (strcmp(bare(o->capabilities.items[i]), name) == 0)
            return true;
    return false;
}

void loc_capabilities(const struct loc_options *o, struct sbuf *out)
{
    static const char *const sets[] = {"bounding", "effective", "permitted"};
    sbuf_adds(out, "\"capabilities\":{");
    for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
        sbuf_addf(out, "%s\"%s\":[", k ? "," : "", sets[k]);
        for (size_t i = 0; i < ARRAY_LEN(capabilities); i++)
            sbuf_addf(out, "%s\"CAP_%s\"", i ? "," : "", capabilities[i]);
        for (size_t i = 0; i < o->capabilities.n; i++) {
            sbuf_adds(out, ",\"CAP_");
            sbuf_adds(out, bare(o->capabilities.items[i]));
            sbuf_addc(out, '"');
        }
        sbuf_addc(out, ']');
    }
    sbuf_addc(out, '}');
}
