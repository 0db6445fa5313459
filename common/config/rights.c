/* Who else on this machine can read what should be secret: a warning each, with what to do. */
#include "common/config/config_private.h"

#include <sys/stat.h>

/* The group is left to the administrator: root:openbaton with 0640 is how packages do it. */
static bool is_open(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IROTH | S_IWOTH));
}

static void warn(struct sbuf *warnings, const char *path, const char *what)
{
    if (is_open(path))
        sbuf_addf(warnings, "%s: '%s' is open to every user of this machine: chmod o-rwx '%s'\n",
                  what, path, path);
}

static void look_at(const struct config_slot *slot, struct sbuf *warnings)
{
    const struct config_option *o = slot->option;
    bool is_secret = o->type == CONFIG_T_SECRET && slot->text[0];
    if (is_secret && slot->path && slot->path[0])
        warn(warnings, slot->path, o->name);
    else if (is_secret && slot->rank == CONFIG_FROM_FLAG)
        sbuf_addf(
            warnings,
            "%s: what stands on the command line is shown to every user of this machine (ps): "
            "write --%s-file=FILE\n",
            o->name, o->name);
    else if (o->type == CONFIG_T_PATH && (o->flags & CONFIG_PRIVATE) && slot->text[0])
        warn(warnings, slot->text, o->name);
}

void config_check_rights(const struct config *c, const char *file, struct sbuf *warnings)
{
    bool has_secret = false;
    for (size_t i = 0; i < c->memory->n; i++) {
        const struct config_slot *slot = &c->memory->slots[i];
        has_secret |= slot->option->type == CONFIG_T_SECRET && slot->rank == CONFIG_FROM_FILE &&
                      slot->text[0] && !(slot->path && slot->path[0]);
        look_at(slot, warnings);
    }
    if (has_secret)
        warn(warnings, file, "the configuration, which holds secrets");
}
