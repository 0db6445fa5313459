#include "vim-drivers/local/cloud.h"

#include "common/log/log.h"
#include "vim-drivers/local/spawn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool loc_is_companion(int argc, char **argv, int *ret_code)
{
    static const struct {
        const char *word;
        int (*run)(int argc, char **argv);
    } companions[] = {{"instance-console", loc_console_main},
                      {"instance-plain", loc_plain_main},
                      {"fabric", loc_fabric_main},
                      {"unpack", loc_unpack_main}};
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(companions); i++)
        if (strcmp(argv[1], companions[i].word) == 0) {
            *ret_code = companions[i].run(argc, argv);
            return true;
        }
    return false;
}

static void find_agent(struct loc *l)
{
    const char *own = loc_own_path(), *slash = strrchr(own, '/');
    if (l->o->agent[0])
        snprintf(l->agent, sizeof(l->agent), "%s", l->o->agent);
    else
        snprintf(l->agent, sizeof(l->agent), "%.*s/ems-agent", (int)(slash ? slash - own : 0), own);
    if (access(l->agent, X_OK) == 0)
        return;
    log_warn(LOG_DRIVER, "no_agent", KV_S("path", l->agent),
             KV_S("hint", "instances have no ems-agent; option ems-agent names it"));
    l->agent[0] = '\0';
}

/* What exists was made in one mode, and goes on in it. */
static enum err_code choose_mode(struct loc *l, struct err *err)
{
    AUTO(sbuf_release) struct sbuf why = SBUF_INIT;
    enum loc_mode before = l->mode, wanted = (enum loc_mode)l->o->mode;
    bool is_used = l->servers || l->networks;
    if (is_used && before != LOC_AUTO && wanted != LOC_AUTO && wanted != before) {
        err_set(err, ERR_STATE, "state-dir '%s' has servers or networks of mode %s", l->folder,
                loc_mode_names[before]);
        return err_hint(err, "clean it (--clean), or choose another state-dir");
    }
    enum loc_mode can =
        wanted == LOC_PLAIN || (is_used && before == LOC_PLAIN) ? LOC_PLAIN : loc_probe(l, &why);
    if (is_used && before == LOC_RUNC)
        wanted = LOC_RUNC;
    if (wanted == LOC_RUNC && can != LOC_RUNC) {
        err_set(err, ERR_UNAVAIL, "mode runc does not work here: %s", why.s);
        return err_hint(err, "use mode plain, which does not isolate");
    }
    if (can == LOC_RUNC && l->o->limit_disk == LOC_YES && !l->has_disk) {
        err_set(err, ERR_UNAVAIL, "disks cannot be bounded here: %s", l->no_disk);
        return err_hint(err, "option limit-disk = auto goes on without");
    }
    l->mode = can;
    log_info(LOG_DRIVER, "mode", KV_S("mode", loc_mode_names[can]), KV_S("why", why.s),
             KV_B("isolated", can == LOC_RUNC));
    return before == can ? ERR_OK : loc_save_mode(l, err);
}

static void say_what_is_not_bounded(const struct loc *l)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    loc_sharing_note(l, &text);
    if (text.len)
        log_warn(LOG_DRIVER, "not_bounded", KV_S("text", text.s));
}

enum err_code loc_cloud_open(struct loc *l, struct loc_options *o, struct err *err)
{
    l->o = o;
    enum err_code rc = loc_state_open(l, err);
    if (rc != ERR_OK)
        return rc;
    rc = choose_mode(l, err);
    if (rc == ERR_OK)
        rc = loc_flavours_open(l, err);
    if (rc == ERR_OK)
        rc = loc_images_scan(l, err);
    find_agent(l);
    say_what_is_not_bounded(l);
    if (rc == ERR_OK)
        rc = loc_adopt(l, err);
    if (rc != ERR_OK)
        loc_state_close(l);
    return rc;
}
