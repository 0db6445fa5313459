/* The state file: one JSON line per change. */
#include "vim-drivers/test/model_private.h"

#include "common/base/mem.h"
#include "common/sys/file.h"
#include "proto/codec/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
#define STATE_LINE_FIELDS(X)                     \
    X(STR,  pop,    "pop",    _, REQUIRED)       \
    X(STR,  kind,   "kind",   _, REQUIRED)       \
    X(STR,  id,     "id",     _, REQUIRED)       \
    X(STR,  name,   "name",   _, OPTIONAL)       \
    X(STR,  token,  "token",  _, OPTIONAL)       \
    X(STRS, ips,    "ips",    _, OPTIONAL) \
    X(RAW,  object, "object", _, OPTIONAL) /* absent: deleted */
PROTO_RECORD(state_line, STATE_LINE_FIELDS)
/* clang-format on */

#define PROTO_THIS struct state_line
PROTO_RECORD_DEFINE(state_line, STATE_LINE_FIELDS)
#undef PROTO_THIS

static enum err_code write_line(int fd, const struct state_line *line, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    proto_encode(&state_line_type, line, 0, &text);
    sbuf_addc(&text, '\n');
    return file_write_all(fd, text.s, text.len)
               ? ERR_OK
               : err_set_errno(err, ERR_IO, errno, "write the state file");
}

static enum err_code write_object(int fd, const char *pop, enum model_kind kind, const char *id,
                                  const char *name, const char *token, const uint32_t *ips,
                                  unsigned ip_n, const char *json, size_t len, struct err *err)
{
    char text[MODEL_IPS_MAX][16];
    const char *list[MODEL_IPS_MAX];
    for (unsigned i = 0; i < ip_n; i++) {
        pool_print(ips[i], text[i]);
        list[i] = text[i];
    }
    struct state_line line = {.pop = pop,
                              .kind = model_kind_names[kind],
                              .id = id,
                              .name = name,
                              .token = token,
                              .ips = {list, ip_n},
                              .object = {json, len}};
    return write_line(fd, &line, err);
}

enum err_code state_put(const struct model_pop *pop, enum model_kind kind, const char *id,
                        const char *name, const char *token, const uint32_t *ips, unsigned ip_n,
                        const char *json, size_t len, struct err *err)
{
    if (pop->model->fd < 0)
        return ERR_OK;
    return write_object(pop->model->fd, pop->key, kind, id, name, token, ips, ip_n, json, len, err);
}

enum err_code state_delete(const struct model_pop *pop, const struct model_object *o,
                           struct err *err)
{
    struct state_line line = {.pop = pop->key, .kind = model_kind_names[o->kind], .id = o->id};
    return pop->model->fd < 0 ? ERR_OK : write_line(pop->model->fd, &line, err);
}

static int kind_of(const char *word)
{
    for (int k = 0; k < MODEL_KIND_N; k++)
        if (word && strcmp(word, model_kind_names[k]) == 0)
            return k;
    return -1;
}

static void load_ips(struct model_pop *pop, struct model_object *o, const struct state_line *l)
{
    for (uint32_t i = 0; i < l->ips.n && o->ip_n < MODEL_IPS_MAX; i++) {
        uint32_t ip = pool_parse(l->ips.at[i]);
        o->ips[o->ip_n++] = ip;
        pool_mark(pop, ip);
    }
}

static enum err_code load_line(struct model *m, const char *text, size_t len, struct err *err)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    struct state_line *l;
    bool was_there;
    enum err_code rc = proto_decode(&state_line_type, text, len, 0, &a, &l, err);
    if (rc == ERR_OK)
        rc = proto_validate(&state_line_type, l, err);
    int kind = rc == ERR_OK ? kind_of(l->kind) : -1;
    if (kind < 0)
        return rc == ERR_OK ? err_set(err, ERR_SYNTAX, "unknown kind '%s'", l->kind) : rc;
    struct model_pop *pop = model_pop(m, l->pop);
    rc = model_delete(pop, (enum model_kind)kind, l->id, &was_there, err);
    if (rc == ERR_OK && l->object.n)
        load_ips(pop,
                 model_insert(pop, (enum model_kind)kind, l->id, l->name, l->token, l->object.at,
                              l->object.n),
                 l);
    return rc;
}

/* The last line may be torn: a crash in the middle of a write. Any other must be good. */
static enum err_code load(struct model *m, const char *path, struct err *err)
{
    AUTO(freep) char *line = NULL;
    size_t cap = 0, number = 0;
    ssize_t n;
    FILE *f = fopen(path, "re");
    enum err_code rc = ERR_OK;
    if (!f)
        return errno == ENOENT ? ERR_OK : err_set_errno(err, ERR_IO, errno, "open '%s'", path);
    while (rc == ERR_OK && (n = getline(&line, &cap, f)) > 0 && line[n - 1] == '\n') {
        number++;
        rc = load_line(m, line, (size_t)n - 1, err);
    }
    fclose(f);
    if (rc != ERR_OK)
        err_add(err, "state file '%s' line %zu", path, number);
    return rc;
}

struct saving {
    int fd;
    enum err_code rc;
    struct err *err;
};

static void save_pop(struct model_pop *pop, void *arg)
{
    struct saving *s = arg;
    for (enum model_kind k = 0; k < MODEL_KIND_N; k++)
        for (const struct model_object *o = model_first(pop, k); o && s->rc == ERR_OK; o = o->next)
            s->rc = write_object(s->fd, pop->key, k, o->id, o->name, o->token, o->ips, o->ip_n,
                                 o->json, o->json_len, s->err);
}

/* Compact: into a new file that takes the old one's place at once. Its descriptor is the one to
 * append to from then on. */
enum err_code state_open(struct model *m, const char *path, struct err *err)
{
    AUTO(sbuf_release) struct sbuf fresh = SBUF_INIT;
    enum err_code rc = load(m, path, err);
    if (rc != ERR_OK)
        return rc;
    sbuf_addf(&fresh, "%s.new", path);
    int fd = open(fresh.s, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open '%s'", fresh.s);
    struct saving s = {fd, ERR_OK, err};
    model_pop_each(m, save_pop, &s);
    if (s.rc == ERR_OK && (fsync(fd) != 0 || rename(fresh.s, path) != 0))
        s.rc = err_set_errno(err, ERR_IO, errno, "write '%s'", path);
    if (s.rc == ERR_OK)
        m->fd = fd;
    else
        close(fd);
    return s.rc;
}
