#include "nfvo/audit/repeats.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"

enum { SLOTS = 64, KEY = 16, TEXTS = 6 };

struct slot {
    unsigned char key[KEY];
    int64_t until_us;          /* 0: free */
    struct audit_entry *again; /* counted since; NULL: none */
};

struct repeats {
    unsigned char secret[crypto_generichash_KEYBYTES]; /* so that nobody can aim at a key */
    struct slot slots[SLOTS + AUDIT_KIND_N];           /* the last: of several */
};

/* --- entries ---------------------------------------------------------------------------------- */

static char *copy_text(char *to, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (len > AUDIT_TEXT_MAX)
        len = utf8_cut(text, AUDIT_TEXT_MAX);
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = utf8_char(text + i, len - i, &c);
        if (n == 0 || c < ' ' || (c >= 0x7f && c < 0xa0)) {
            *to++ = '?';
            i += n ? n : 1;
            continue;
        }
        memcpy(to, text + i, n);
        to += n;
        i += n;
    }
    *to++ = '\0';
    return to;
}

struct audit_entry *audit_entry_new(const struct audit_record *r, int64_t at_us)
{
    struct audit_entry *e = xcalloc(1, sizeof(*e) + TEXTS * (AUDIT_TEXT_MAX + 1));
    const char *const from[TEXTS] = {r->who, r->from, r->what, r->object, r->project, r->detail};
    const char **const to[TEXTS] = {&e->row.who,    &e->row.from,    &e->row.what,
                                    &e->row.object, &e->row.project, &e->row.detail};
    char *at = e->texts;
    for (int i = 0; i < TEXTS; i++) {
        *to[i] = at;
        at = copy_text(at, from[i]);
    }
    e->kind = r->kind;
    e->outcome = r->outcome;
    e->row.kind = audit_kind_names[r->kind];
    e->row.outcome = audit_outcome_names[r->outcome];
    e->row.at_us = at_us;
    e->row.status = r->status;
    e->row.times = r->times > 0 ? r->times : 1;
    return e;
}

/* --- slots ------------------------------------------------------------------------------------ */

struct repeats *repeats_new(void)
{
    struct repeats *r = xcalloc(1, sizeof(*r));
    randombytes_buf(r->secret, sizeof(r->secret));
    return r;
}

void repeats_free(struct repeats *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_LEN(r->slots); i++)
        free(r->slots[i].again);
    free(r);
}

/* Whose name nobody knows chooses the path freely: it does not tell them apart. */
static void key_of(const struct repeats *r, const struct audit_entry *e, unsigned char ret[KEY])
{
    const struct store_audit *row = &e->row;
    const char *const texts[] = {row->kind, row->outcome, row->who,
                                 row->from, row->what,    *row->who ? row->object : ""};
    crypto_generichash_state state;
    crypto_generichash_init(&state, r->secret, sizeof(r->secret), KEY);
    crypto_generichash_update(&state, (const unsigned char *)&row->status, sizeof(row->status));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        crypto_generichash_update(&state, (const unsigned char *)texts[i], strlen(texts[i]) + 1);
    crypto_generichash_final(&state, ret, KEY);
}

static struct slot *slot_of(struct repeats *r, const unsigned char key[KEY], int64_t now_us)
{
    struct slot *free_one = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &r->slots[i];
        bool is_live = s->until_us > now_us || s->again;
        if (is_live && memcmp(s->key, key, KEY) == 0)
            return s;
        if (!is_live && !free_one)
            free_one = s;
    }
    if (free_one) {
        memcpy(free_one->key, key, KEY);
        free_one->until_us = 0;
    }
    return free_one;
}

static struct audit_entry *several(struct audit_entry *e)
{
    struct audit_entry *s =
        audit_entry_new(&(struct audit_record){.kind = e->kind,
                                               .outcome = e->outcome,
                                               .from = "several",
                                               .what = "several",
                                               .times = e->row.times,
                                               .detail = "too many different ones to tell apart"},
                        e->row.at_us);
    free(e);
    return s;
}

struct audit_entry *repeats_take(struct repeats *r, struct audit_entry *e, int64_t now_us)
{
    unsigned char key[KEY];
    if (e->outcome == AUDIT_OK)
        return e;
    key_of(r, e, key);
    struct slot *s = slot_of(r, key, now_us);
    if (!s) {
        s = &r->slots[SLOTS + e->kind];
        e = several(e);
    }
    if (s->until_us <= now_us && !s->again) {
        s->until_us = now_us + AUDIT_REPEAT_US;
        return e;
    }
    if (s->again) {
        s->again->row.times += e->row.times;
        free(e);
    } else
        s->again = e;
    return NULL;
}

struct audit_entry *repeats_due(struct repeats *r, int64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(r->slots); i++) {
        struct slot *s = &r->slots[i];
        if (!s->again || s->until_us > now_us)
            continue;
        struct audit_entry *e = s->again;
        s->again = NULL;
        s->until_us = now_us < INT64_MAX - AUDIT_REPEAT_US ? now_us + AUDIT_REPEAT_US : now_us;
        return e;
    }
    return NULL;
}

bool repeats_are_waiting(const struct repeats *r)
{
    for (size_t i = 0; i < ARRAY_LEN(r->slots); i++)
        if (r->slots[i].again)
            return true;
    return false;
}
