#include "nfvo/api/auth/password.h"

#include "nfvo/api/context.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define MEMORY (19 * 1024 * 1024)
#define PASSES 2

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "room for the text form");

/* One at a time per process: a burst of logins must not take memory without bound. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

enum err_code password_hash(const char *password, char out[PASSWORD_HASH_SIZE], struct err *err)
{
    pthread_mutex_lock(&one_at_a_time);
    int rc = crypto_pwhash_str_alg(out, password, strlen(password), PASSES, MEMORY,
                                   crypto_pwhash_ALG_ARGON2ID13);
    pthread_mutex_unlock(&one_at_a_time);
    return rc == 0 ? ERR_OK : err_set(err, ERR_NOMEM, "no memory to hash a password");
}

bool password_verify(const char *hash, const char *password)
{
    char ignored[PASSWORD_HASH_SIZE];
    if (!hash || !*hash) {
        err_ignore(password_hash(password, ignored, NULL), "only to take the same time");
        return false;
    }
    pthread_mutex_lock(&one_at_a_time);
    int rc = crypto_pwhash_str_verify(hash, password, strlen(password));
    pthread_mutex_unlock(&one_at_a_time);
    return rc == 0;
}

enum err_code password_check(const struct api *api, const char *username, const char *password,
                             const char *member, struct err *err)
{
    const struct password_rule rule = {(size_t)api->options->password_min, api->password_list};
    if (!password || !*password) {
        err_set(err, ERR_INVALID, "Password must be provided");
        return err_where(err, "%s", member);
    }
    if (!api->options->is_password_strength_checked)
        return ERR_OK;
    enum err_code rc = password_rule_check(&rule, username, password, err);
    return rc == ERR_OK ? rc : err_where(err, "%s", member);
}
