/* Everything that was ever made in a state folder, and nothing else. */
#include "vim-drivers/local/container.h"

#include "common/log/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum err_code loc_clean(struct loc *l, struct err *err)
{
    static const char *const rest[] = {"servers", "networks", "flavours", "instances",
                                       "images",  "runc",     "fabric",   "probe"};
    char path[LOC_PATH_MAX];
    enum err_code rc = ERR_OK, first = ERR_OK;
    bool was_there;
    while (l->servers && first == ERR_OK) {
        char id[ID_SIZE];
        snprintf(id, sizeof(id), "%s", l->servers->id);
        first = loc_server_delete(l, id, &was_there, err);
    }
    if (first != ERR_OK)
        return first;
    rc = loc_fabric_clean(l, err);
    loc_cgroup_clean(l);
    for (size_t i = 0; i < ARRAY_LEN(rest) && rc == ERR_OK; i++) {
        loc_path(l, path, "%s", rest[i]);
        rc = loc_remove_tree(path, err);
    }
    loc_path(l, path, "spent");
    if (rc == ERR_OK)
        rc = loc_unlink_durably(path, err);
    loc_path(l, path, "state.json");
    if (rc == ERR_OK)
        rc = loc_unlink_durably(path, err);
    if (rc != ERR_OK)
        return rc;
    loc_path(l, path, "lock");
    unlink(path);
    rmdir(l->folder); /* unless somebody else put something there */
    log_info(LOG_DRIVER, "cleaned", KV_S("state", l->folder));
    return ERR_OK;
}
