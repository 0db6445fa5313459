/* Compressing answers (RFC 9110, 8.4): whole bodies at once, bodies in pieces piece by piece. */
#include "common/base/mem.h"
#include "common/http/server_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define LEVEL       1 /* documents shrink to a tenth at once; more costs more than it gains */
#define GZIP_WINDOW (15 + 16)
#define MEMORY      8

/* "gzip", "gzip;q=0.5", "*"; not "gzip;q=0". */
bool http_gzip_accepted(const char *s)
{
    while (s && *s) {
        s += strspn(s, " \t,");
        size_t name = strcspn(s, " \t;,"), len = strcspn(s, ",");
        bool is_it = (name == 4 && strncasecmp(s, "gzip", 4) == 0) || (name == 1 && *s == '*');
        const char *q = memmem(s, len, "q=", 2);
        if (is_it && (!q || strtod(q + 2, NULL) > 0))
            return true;
        s += len;
    }
    return false;
}

static bool begin(z_stream *z)
{
    *z = (z_stream){0};
    return deflateInit2(z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
}

/* All of in; with Z_FINISH the end behind it. */
static void add(z_stream *z, const char *in, size_t len, int flush, struct sbuf *out)
{
    unsigned char room[16384];
    z->next_in = (unsigned char *)(uintptr_t)in;
    z->avail_in = (unsigned)len; /* bodies are far below 4 GiB */
    do {
        z->next_out = room;
        z->avail_out = sizeof(room);
        deflate(z, flush);
        sbuf_add(out, (const char *)room, sizeof(room) - z->avail_out);
    } while (z->avail_out == 0);
}

bool http_gzip_body(struct http_reply *r)
{
    z_stream z;
    struct sbuf out = SBUF_INIT;
    if (r->body_len > UINT32_MAX || !begin(&z))
        return false;
    add(&z, r->body, r->body_len, Z_FINISH, &out);
    deflateEnd(&z);
    http_reply_sbuf(r, r->status, r->type, &out);
    return true;
}

struct gzip {
    z_stream z;
    http_piece_fn *next;
    http_piece_free_fn *free_arg;
    void *arg;
    struct sbuf plain;
};

static enum http_piece next_piece(void *arg, struct sbuf *out)
{
    struct gzip *g = arg;
    sbuf_clear(&g->plain);
    enum http_piece state = g->next(g->arg, &g->plain);
    if (state != HTTP_PIECE_BROKEN && g->plain.len <= UINT32_MAX)
        add(&g->z, g->plain.s, g->plain.len, state == HTTP_PIECE_LAST ? Z_FINISH : Z_NO_FLUSH, out);
    return g->plain.len <= UINT32_MAX ? state : HTTP_PIECE_BROKEN;
}

static void gzip_free(void *arg)
{
    struct gzip *g = arg;
    g->free_arg(g->arg);
    deflateEnd(&g->z);
    sbuf_release(&g->plain);
    free(g);
}

bool http_gzip_pieces(struct http_reply *r)
{
    struct gzip *g = xcalloc(1, sizeof(*g));
    if (!begin(&g->z)) {
        free(g);
        return false;
    }
    g->next = r->next_piece;
    g->free_arg = r->free_pieces;
    g->arg = r->pieces;
    g->plain = (struct sbuf)SBUF_INIT;
    r->next_piece = next_piece;
    r->free_pieces = gzip_free;
    r->pieces = g;
    return true;
}
