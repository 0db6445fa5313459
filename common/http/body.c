/* The body of a request on its way in: into memory, or as an upload into memory or a file. Nothing
 * is allocated for what is announced, only for what is there. */
#include "common/base/mem.h"
#include "common/http/server_private.h"

#include <errno.h>
#include <fcntl.h>
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
    snprintf(text, sizeof(text), "the body is longer than %zu bytes", p->limit);
    http_fail(p, 413, ERR_LIMIT, text);
}

/* --- uploads
 * ---------------------------------------------------------------------------------------------------
 */

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

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
    bool good = write_all(u->file.fd, u->memory.s, u->memory.len);
    sbuf_release(&u->memory);
    return good;
}

static void upload_add(struct http_private *p, const char *data, size_t len)
{
    struct http_upload *u = p->upload;
    bool good = true;
    u->has_file = true;
    u->file.size += len;
    if (u->file.fd < 0 && u->file.size > p->server->o.upload_memory)
        good = spill(p);
    if (good && u->file.fd >= 0)
        good = write_all(u->file.fd, data, len);
    else if (good)
        sbuf_add(&u->memory, data, len);
    if (!good)
        http_fail(p, 500, ERR_IO, "the upload could not be stored");
}

static enum MHD_Result on_part(void *arg, enum MHD_ValueKind kind, const char *key,
                               const char *filename, const char *type, const char *encoding,
                               const char *data, uint64_t at, size_t len)
{
    struct http_private *p = arg;
    struct http_upload *u = p->upload;
    (void)kind;
    (void)type;
    (void)encoding;
    if (!key || strcmp(key, "file") != 0)
        return MHD_YES;
    if (at != u->file.size) { /* a second part of that name */
        http_fail(p, 400, ERR_SYNTAX, "more than one part 'file'");
        return MHD_NO;
    }
    if (!u->name)
        u->name = xstrdup(filename ? filename : "");
    upload_add(p, data, len);
    return p->failure ? MHD_NO : MHD_YES;
}

static void upload_begin(struct http_private *p)
{
    struct http_upload *u = p->upload = xcalloc(1, sizeof(*u));
    u->file.fd = -1;
    u->memory = (struct sbuf)SBUF_INIT;
    if (!http_request_has_type(&p->view, "multipart/form-data"))
        return;
    u->parser = MHD_create_post_processor(p->connection, 16 * 1024, on_part, p);
    if (!u->parser)
        http_fail(p, 400, ERR_SYNTAX, "multipart body without a boundary");
}

static void upload_end(struct http_private *p)
{
    struct http_upload *u = p->upload;
    if (u->parser && MHD_destroy_post_processor(u->parser) != MHD_YES)
        http_fail(p, 400, ERR_SYNTAX, "the multipart body is not complete");
    u->parser = NULL;
    u->file.name = u->name ? u->name : "";
    u->file.data = u->file.fd < 0 ? u->memory.s : NULL;
    if (u->file.fd >= 0 && lseek(u->file.fd, 0, SEEK_SET) < 0)
        http_fail(p, 500, ERR_IO, "the upload could not be stored");
}

/* --- any body
 * ----------------------------------------------------------------------------------------------------
 */

bool http_body_begin(struct http_private *p)
{
    const struct http_server_options *o = &p->server->o;
    bool is_upload = p->view.route && p->view.route->flags & HTTP_ROUTE_UPLOAD;
    const char *text = http_request_header(&p->view, "Content-Length");
    unsigned long long announced = text ? strtoull(text, NULL, 10) : 0;
    p->limit = is_upload ? o->max_upload : o->max_body;
    if (is_upload && p->conn)
        atomic_store(&p->conn->limit_us, 60 * (int64_t)o->request_timeout_s * USEC_PER_SEC);
    if (announced > p->limit)
        fail_too_long(p);
    else if (is_upload && !p->failure)
        upload_begin(p);
    if (!p->failure || announced == 0)
        return true;
    return announced <= p->limit + DISCARD_MAX && !http_request_header(&p->view, "Expect");
}

bool http_body_add(struct http_private *p, const char *data, size_t len)
{
    p->received += len;
    if (p->received > p->limit)
        fail_too_long(p);
    if (p->failure) {
        sbuf_release(&p->body);
        return p->received <= p->limit + DISCARD_MAX;
    }
    if (!p->upload)
        sbuf_add(&p->body, data, len);
    else if (!p->upload->parser)
        upload_add(p, data, len);
    else if (MHD_post_process(p->upload->parser, data, len) != MHD_YES)
        http_fail(p, 400, ERR_SYNTAX, "the multipart body is not well-formed");
    return true;
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
    if (!u)
        return;
    if (u->parser)
        MHD_destroy_post_processor(u->parser);
    if (u->file.fd >= 0)
        close(u->file.fd);
    sbuf_release(&u->memory);
    free(u->name);
    free(u);
    p->upload = NULL;
}
