/* What a VNFM refused, as it tells on QUEUE_MANAGER_HANDLING: a row for status. */
#include <string.h>

#include "common/log/log.h"
#include "nfvo/store/store_watch.h"
#include "nfvo/vnfm/internal.h"
#include "nfvo/vnfm/refusal.h"

#define MAX_BYTES 4096
static const char hint[] =
    "the holder of this login speaks for another host: look for an intruder in "
    "the machine of its agent, or delete its service";
static const char hint_unsaid[] =
    "agents have to say who they are (user_id): renew the ems-agent in "
    "the image, then deploy again";

struct subject {
    char about[16], subject[256];
};

static void on_account(void *arg, const char *account, const char *about, const char *subject,
                       int64_t login_us)
{
    struct subject *s = arg;
    (void)account;
    (void)login_us;
    refusal_text(about, strlen(about), s->about, sizeof(s->about));
    refusal_text(subject, strlen(subject), s->subject, sizeof(s->subject));
}

static void on_told(void *arg, const char *account, const char *object, const char *words,
                    const char *hint_text, int64_t n)
{
    (void)object;
    log_warn(LOG_SEC, "refused_by_vnfm", KV_S("vnfm", arg),
             KV_S("account", *account ? account : NULL), KV_S("words", words), KV_I("times", n),
             KV_S("hint", hint_text));
}

static enum err_code keep(struct registry *r, const struct refused_by_peer *told, struct err *err)
{
    AUTO(db_array_release) struct db_array accounts = DB_TEXT_ARRAY;
    struct subject s = {"", ""};
    char account[128], words[400], type[128];
    const char *from = told->account ? told->account : "";
    refusal_text(from, strlen(from), account, sizeof(account));
    refusal_text(told->words, strlen(told->words), words, sizeof(words));
    refusal_text(told->type, strlen(told->type), type, sizeof(type));
    db_array_text(&accounts, account);
    enum err_code rc = store_accounts_about(r->db, &accounts, on_account, &s, err);
    if (rc != ERR_OK)
        return rc;
    struct store_refusal row = {.kind = "author",
                                .account = account,
                                .about = s.about,
                                .subject = s.subject,
                                .vhost = r->setup.options->agents_vhost,
                                .operation = "",
                                .needs = "",
                                .object = "",
                                .words = words,
                                .hint = *account ? hint : hint_unsaid,
                                .n = told->times > 0 ? told->times : 1};
    return store_refusals_add(r->db, &row, 1, on_told, type, err);
}

bool peer_refusal_take(struct registry *r, struct registry_room *room, const struct bus_delivery *d)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct refused_by_peer *told = NULL;
    struct err err = ERR_INIT;
    if (!d->body || d->len > MAX_BYTES || !strstr(d->body, "\"" REFUSED_BY_PEER "\"") ||
        proto_decode(&refused_by_peer_type, d->body, d->len, 0, &a, &told, NULL) != ERR_OK ||
        !told->action || strcmp(told->action, REFUSED_BY_PEER) != 0 || !told->words || !told->type)
        return false;
    metric_add(r->metrics, M_REFUSED_BY_PEERS, told->times > 0 ? told->times : 1, 0, 0);
    if (keep(r, told, &err) != ERR_OK)
        log_warn(LOG_VNFM, "refused_by_vnfm_not_stored", KV_ERR(&err));
    bus_ack(room->bus, d->tag, d->epoch);
    return true;
}
