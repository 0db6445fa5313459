/* /keys: ssh keys for the servers of a deployment. rest-api.md 2.8. */
#include <sodium.h>
#include <string.h>

#include "nfvo/api/context.h"
#include "nfvo/api/descriptor.h"
#include "nfvo/api/keys.h"
#include "nfvo/api/sha1.h"
#include "nfvo/store/store_doc.h"
#include "proto/records/record.h"

#define BASE "/api/v1/keys"

enum err_code key_fingerprint(const char *public_key, char ret[KEY_FINGERPRINT_SIZE],
                              struct err *err)
{
    unsigned char blob[2048], digest[20];
    size_t len = 0;
    const char *at = public_key;
    bool is_rsa = strncmp(at, "ssh-rsa ", 8) == 0;
    at += is_rsa ? 8 : 0;
    size_t digits = strcspn(at, " \t\r\n");
    if (!is_rsa || digits == 0 ||
        sodium_base642bin(blob, sizeof(blob), at, digits, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        err_set(err, ERR_INVALID,
                "The public key must have the following format: ssh-rsa [the_public_key]");
        return err_where(err, "publicKey");
    }
    sha1(blob, len, digest);
    for (int i = 0; i < 20; i++) {
        sodium_bin2hex(ret + 3 * i, 3, digest + i, 1);
        ret[3 * i + 2] = i < 19 ? ':' : '\0';
    }
    return ERR_OK;
}

static enum err_code key_add(struct call *c, struct err *err)
{
    struct ssh_key *key;
    char fingerprint[KEY_FINGERPRINT_SIZE];
    enum err_code rc = call_one_project(c, err);
    if (rc == ERR_OK)
        rc = call_body(c, &ssh_key_type, &key, err);
    if (rc != ERR_OK)
        return rc;
    rc = proto_validate(&ssh_key_type, key, err);
    if (rc != ERR_OK) {
        c->fail_status = 400;
        return rc;
    }
    rc = key_fingerprint(key->public_key, fingerprint, err);
    if (rc != ERR_OK)
        return rc;
    key->id = call_new_id(c);
    key->hb_version = 0;
    key->project_id = c->project;
    key->fingerprint = fingerprint;
    rc = store_key_add(call_db(c), key, err);
    if (rc == ERR_EXISTS) {
        err_set(err, rc, "A key with the name %s exists already.", key->name);
        return err_where(err, "name");
    }
    call_json(c, &ssh_key_type, key);
    return rc;
}

static enum err_code key_list(struct call *c, struct err *err)
{
    return store_doc_list(call_db(c), STORE_KEY, c->project, &c->out, err);
}

static enum err_code key_get(struct call *c, struct err *err)
{
    const char *id = call_param(c, "id");
    enum err_code rc = store_doc_get(call_db(c), STORE_KEY, id, c->project, &c->out, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "No key found with ID %s", id) : rc;
}

static enum err_code remove_one(struct call *c, const char *id, struct err *err)
{
    enum err_code rc = store_doc_delete(call_db(c), STORE_KEY, id, c->project, err);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "Not found key with id %s", id) : rc;
}

static enum err_code key_delete(struct call *c, struct err *err)
{
    return remove_one(c, call_param(c, "id"), err);
}

static enum err_code key_delete_many(struct call *c, struct err *err)
{
    return descriptor_delete_many(c, remove_one, err);
}

/* clang-format off */
const struct endpoint key_endpoints[] = {
    {"POST",   BASE,                   key_add,         201, API_PROJECT, "Import a public ssh key"},
    {"GET",    BASE,                   key_list,        200, API_PROJECT, "List the ssh keys"},
    {"POST",   BASE "/multipledelete", key_delete_many, 204, API_PROJECT, "Delete several ssh keys"},
    {"GET",    BASE "/{id}",           key_get,         200, API_PROJECT, "Show an ssh key"},
    {"DELETE", BASE "/{id}",           key_delete,      204, API_PROJECT, "Delete an ssh key"},
    {0},
};
/* clang-format on */
