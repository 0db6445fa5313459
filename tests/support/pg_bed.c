#include "tests/support/pg_bed.h"

#include "nfvo/lifecycle/domain.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum err_code pg_bed_render(void *arg, struct db *db, const struct send_ref *ref, char **ret,
                            struct err *err)
{
    (void)arg;
    (void)db;
    (void)ret;
    return err_set(err, ERR_NOT_FOUND, "%s", ref->id);
}

void pg_bed_open(struct pg_bed *bed, const char *prefix)
{
    *bed =
        (struct pg_bed){.settings = LIFECYCLE_SETTINGS_DEFAULT, .ts = test_nfvo_store_new(prefix)};
    nfvo_domain_init(&bed->domain, &bed->settings);
}

void pg_bed_close(struct pg_bed *bed)
{
    arena_release(&bed->arena);
    test_nfvo_store_free(bed->ts);
}

struct engine_pg *pg_bed_session(struct pg_bed *bed)
{
    return engine_pg_new(test_schema_open(bed->ts->schema), &bed->domain, pg_bed_render, NULL);
}

struct load pg_bed_load_for(struct pg_bed *bed, const struct engine_store *s, struct intent what)
{
    struct intent *in = arena_alloc(&bed->arena, sizeof(*in));
    const struct intent **list = arena_alloc(&bed->arena, sizeof(*list));
    struct err err = ERR_INIT;
    *in = what;
    list[0] = in;
    struct load l = {.intents = list, .n = 1, .arena = &bed->arena};
    if (s->load(s->ctx, &bed->domain, &l, &err) != ERR_OK)
        fail_msg("load: %s", err.msg);
    return l;
}

struct load pg_bed_load(struct pg_bed *bed, const struct engine_store *s, const char *pop)
{
    return pg_bed_load_for(bed, s, (struct intent){.agg_kind = AGG_POP, .agg = pop});
}

void pg_bed_save(struct pg_bed *bed, const struct engine_store *s, const struct save *what)
{
    struct err err = ERR_INIT;
    if (s->save(s->ctx, &bed->domain, what, &err) != ERR_OK)
        fail_msg("save: %s", err.msg);
}

struct outbox_rows pg_bed_unsent(struct pg_bed *bed, const struct engine_store *s)
{
    struct outbox_rows found = {0};
    struct err err = ERR_INIT;
    if (s->unsent(s->ctx, &bed->arena, 10, &found, &err) != ERR_OK)
        fail_msg("unsent: %s", err.msg);
    return found;
}

struct command *pg_bed_command(struct pg_bed *bed, const char *id, const char *agg, int mark,
                               const char *data)
{
    struct command *c = arena_alloc(&bed->arena, sizeof(*c));
    *c = (struct command){.id = id,
                          .agg = agg,
                          .agg_kind = AGG_POP,
                          .kind = CMD_CREATE_NETWORK,
                          .mark = (uint8_t)mark,
                          .subject = "net",
                          .due_at = 77,
                          .data = data,
                          .room = "lab"};
    return c;
}
