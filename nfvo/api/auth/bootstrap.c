/* The first start: the user admin and the project (rest-api.md 1.2). No password of ours is well
 * known: decisions.md D7. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/sys/ids.h"
#include "nfvo/api/auth/password.h"
#include "nfvo/api/context.h"
#include "nfvo/store/store_access.h"
#include "nfvo/store/store_doc.h"
#include "nfvo/store/store_project.h"
#include "proto/records/manager.h"

/* The name first, then the content, then the right name: never half a password. */
static enum err_code write_password(const char *path, const char *password, struct err *err)
{
    char new_path[4096];
    if ((size_t)snprintf(new_path, sizeof(new_path), "%s.new", path) >= sizeof(new_path))
        return err_set(err, ERR_INVALID, "the path '%s' is too long", path);
    unlink(new_path);
    int fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create '%s'", new_path);
    size_t len = strlen(password);
    bool is_written = write(fd, password, len) == (ssize_t)len && write(fd, "\n", 1) == 1 &&
                      fsync(fd) == 0 && rename(new_path, path) == 0;
    int why = errno;
    close(fd);
    if (is_written)
        return ERR_OK;
    unlink(new_path);
    return err_set_errno(err, ERR_IO, why, "write the admin's password to '%s'", path);
}

static enum err_code add_admin(struct api *api, struct db *db, const char *user_id,
                               const char *role_id, struct err *err)
{
    char generated[25] = "", hash[PASSWORD_HASH_SIZE];
    const char *password = api->options->admin_password;
    struct role role = {.id = role_id, .role = "ADMIN", .project = "*"};
    struct role *roles[] = {&role};
    struct user admin = {
        .id = user_id, .username = "admin", .enabled = true, .roles = {.at = roles, .n = 1}};
    if (!password || !*password) {
        id_token(generated, sizeof(generated));
        password = generated;
    }
    struct err weak = ERR_INIT;
    if (password_check(api, "admin", password, "admin-password", &weak) != ERR_OK)
        log_warn(LOG_SEC, "admin_password_is_weak", KV_S("option", "admin-password"),
                 KV_ERR(&weak));
    enum err_code rc = password_hash(password, hash, err);
    if (rc == ERR_OK)
        rc = store_person_add(db, &admin, hash, err);
    if (rc != ERR_OK || !generated[0])
        return rc;
    rc = write_password(api->options->admin_password_path, generated, err);
    if (rc == ERR_OK)
        log_warn(LOG_SEC, "admin_password_generated", KV_S("user", "admin"),
                 KV_S("file", api->options->admin_password_path));
    return rc;
}

static enum err_code add_missing(struct api *api, struct db *db, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf projects = SBUF_INIT;
    struct store_person person;
    char id[ID_SIZE], role_id[ID_SIZE];
    id_new(id);
    id_new(role_id);
    enum err_code rc = store_person_find(db, "admin", &a, &person, err);
    if (rc == ERR_NOT_FOUND)
        rc = add_admin(api, db, id, role_id, err);
    if (rc == ERR_OK)
        rc = store_doc_list(db, STORE_PROJECT, "*", &projects, err);
    if (rc != ERR_OK || projects.len > 2)
        return rc;
    id_new(id);
    return store_project_add(db,
                             &(struct project){.id = id,
                                               .name = api->options->project_name,
                                               .description = "default project"},
                             err);
}

/* Several processes may start at once: one after the other. The file is written before COMMIT. */
enum err_code api_bootstrap(struct api *api, struct err *err)
{
    struct db *db = store_borrow(api->store);
    db_begin(db);
    db_send(db, &db_lock, DB_PARAMS(db_param_int(db_lock_key("api", "boot"))));
    enum err_code rc = db_sync(db, err);
    db_results_clear(db);
    if (rc == ERR_OK)
        rc = add_missing(api, db, err);
    if (rc == ERR_OK)
        rc = db_commit(db, err);
    store_return(api->store, db);
    return rc == ERR_OK ? rc : err_add(err, "make the user admin and the first project");
}
