/* The body of a request on its way in: into memory, or as an upload into memory or a file. Nothing
 * is allocated for what is announced, only for what is there. */
#include "common/base/mem.h"
#include "common/http/server_private.h"
#include "common/sys/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So much of a refused body is read and dropped, to keep the connection and to let the client read
 * the answer: it gets a reset if we close while it sends. */
#define DISCARD_MAX ((size_t)1024 * 1024)

void http_fail(struct http_private *p, int status, enum err_code code, const char *text)
{
    if (p->failure)
        return;
    p->failure = status;
    err_set(&p->failure_err, code, "%s", text);
}

static void fail_too_long(struct http_private *p)
{
    char text[64];
    snprintf(text, sizeof(text), "the body is longer than %" PRIu64 " bytes", p->limit);
    http_fail(p, 413, ERR_LIMIT, text);
}

/* n more bytes are kept. */
static bool keep(struct http_private *p, enum http_bytes kind, size_t n)
{
    char text[160];
    const char *whose = http_limits_take(p->server->limits, kind, n, p->conn->seat.party, p->user);
    if (!whose) {
        p->held[kind] += n;
        return true;
    }
    snprintf(text, sizeof(text), "the bodies that are kept %s for %s have no room for this one",
             kind == HTTP_BYTES_DISK ? "on disk" : "in memory", whose);
    http_fail(p, 429, ERR_LIMIT, text);
    err_hint(&p->failure_err, "send the request again when others are done");
    return false;
}

static void give(struct http_private *p, enum http_bytes kind)
{
    http_limits_give(p->server->limits, kind, p->held[kind], p->conn->seat.party, p->user);
    p->held[kind] = 0;
}

/* --- uploads --- */

/* Out of memory into a file without a name: nothing is left behind when the process dies. */
static bool spill(struct http_private *p)
{
    struct http_upload *u = p->upload;
    char path[256];
    snprintf(path, sizeof(path), "%s/upload-XXXXXX", p->server->o.upload_directory);
    u->file.fd = mkostemp(path, O_CLOEXEC);
    if (u->file.fd < 0)
        return false;
    unlink(path);
    bool good = file_write_all(u->file.fd, u->memory.s, u->memory.len);
    sbuf_release(&u->memory);
    give(p, HTTP_BYTES_MEMORY);
    return good;
}

/* How many bytes go to disk with the next len: all, when it becomes too long for memory. */
static size_t for_disk(const struct http_private *p, size_t len)
{
    const struct http_upload *u = p->upload;
    if (u->file.fd >= 0)
        return len;
    return u->file.size + len > p->server->o.upload_memory ? u->file.size + len : 0;
}

static bool upload_add(void *arg, const char *data, size_t len)
{
    struct http_private *p = arg;
    struct http_upload *u = p->upload;
    size_t on_disk = for_disk(p, len);
    bool good = true;
    if (!keep(p, on_disk ? HTTP_BYTES_DISK : HTTP_BYTES_MEMORY, on_disk ? on_disk : len))
        return false;
    if (on_disk && u->file.fd < 0)
        good = spill(p);
    u->file.size += len;
    if (good && on_disk)
        good = file_write_all(u->file.fd, data, len);
    else if (good)
        sbuf_add(&u->memory, data, len);
    if (!good)
        http_fail(p, 500, ERR_IO, "the upload could not be stored");
    return good;
}

static bool on_part(void *arg, const char *filename)
{
    struct http_private *p = arg;
    struct http_upload *u = p->upload;
    if (u->has_file) {
        http_fail(p, 400, ERR_SYNTAX, "more than one part 'file'");
        return false;
    }
    u->has_file = true;
    u->name = xstrdup(filename);
    return true;
}

static void upload_begin(struct http_private *p)
{
    struct http_upload *u = p->upload = xcalloc(1, sizeof(*u));
    u->file.fd = -1;
    u->memory = (struct sbuf)SBUF_INIT;
    if (!http_request_has_type(&p->view, "multipart/form-data"))
        return;
    u->parser = http_multipart_new(
        http_request_header(&p->view, "Content-Type"), "file",
        &(struct http_multipart_sink){.arg = p, .begin = on_part, .data = upload_add});
    if (!u->parser)
        http_fail(p, 400, ERR_SYNTAX, "multipart body without a boundary");
}

static void upload_end(struct http_private *p)
{
    struct http_upload *u = p->upload;
    if (u->parser && !http_multipart_is_complete(u->parser))
        http_fail(p, 400, ERR_SYNTAX, "the multipart body is not complete");
    u->file.name = u->name ? u->name : "";
    u->file.data = u->file.fd < 0 ? u->memory.s : NULL;
    if (u->file.fd >= 0 && lseek(u->file.fd, 0, SEEK_SET) < 0)
        http_fail(p, 500, ERR_IO, "the upload could not be stored");
}

/* --- any body --- */

enum http_body_next http_body_begin(struct http_private *p)
{
    const struct http_server_options *o = &p->server->o;
    unsigned flags = p->view.route ? p->view.route->flags : 0;
    uint64_t announced = p->head.length;
    bool has_body = p->head.is_chunked || announced > 0;
    p->limit = flags & HTTP_ROUTE_UPLOAD  ? o->max_upload
               : flags & HTTP_ROUTE_SMALL ? HTTP_SMALL_BODY
                                          : o->max_body;
    if (announced > p->limit && !p->is_refused)
        fail_too_long(p);
    bool is_unwanted = p->failure || p->is_refused || p->is_late;
    if (flags & HTTP_ROUTE_UPLOAD && !is_unwanted)
        upload_begin(p);
    if (!has_body)
        return HTTP_BODY_NONE;
    bool is_worth_reading = !p->head.is_chunked && !p->head.expects_continue &&
                            announced <= p->limit + DISCARD_MAX &&
                            (!p->is_refused || announced <= DISCARD_MAX);
    return !is_unwanted || is_worth_reading ? HTTP_BODY_COMES : HTTP_BODY_UNWANTED;
}

bool http_body_add(struct http_private *p, const char *data, size_t len)
{
    p->received += len;
    if (p->received > p->limit && !p->is_refused)
        fail_too_long(p);
    if (!p->failure && !p->is_refused && !p->is_late) {
        if (!p->upload) {
            if (keep(p, HTTP_BYTES_MEMORY, len))
                sbuf_add(&p->body, data, len);
        } else if (!p->upload->parser) {
            p->upload->has_file = true;
            upload_add(p, data, len);
        } else if (!http_multipart_add(p->upload->parser, data, len))
            http_fail(p, 400, ERR_SYNTAX, "the multipart body is not well-formed");
    }
    if (!p->failure)
        return true;
    sbuf_release(&p->body);
    give(p, HTTP_BYTES_MEMORY);
    uint64_t left = p->head.is_chunked ? 0 : p->head.length - p->received;
    p->dropped += len;
    return left <= DISCARD_MAX && p->dropped <= DISCARD_MAX;
}

void http_body_end(struct http_private *p)
{
    if (p->upload)
        upload_end(p);
    p->view.body = p->body.s;
    p->view.body_len = p->body.len;
}

void http_body_free(struct http_private *p)
{
    struct http_upload *u = p->upload;
    sbuf_release(&p->body);
    give(p, HTTP_BYTES_MEMORY);
    give(p, HTTP_BYTES_DISK);
    if (!u)
        return;
    http_multipart_free(u->parser);
    if (u->file.fd >= 0)
        close(u->file.fd);
    sbuf_release(&u->memory);
    free(u->name);
    free(u);
    p->upload = NULL;
}
