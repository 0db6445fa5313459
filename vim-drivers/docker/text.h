/* Texts that an engine takes: where it is, names, URLs, archives, its streams. Pure. */
#ifndef VIM_DRIVERS_DOCKER_TEXT_H
#define VIM_DRIVERS_DOCKER_TEXT_H

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdint.h>

enum { DK_NAME_MAX = 256, DK_SOCKET_MAX = 108, DK_VERSION_MAX = 12 };

struct dk_address { /* of an engine */
    char url[300];  /* http://engine or https://HOST:PORT */
    char socket[DK_SOCKET_MAX];
    bool is_tls;
};
/* unix:///PATH, https://HOST:PORT, tcp://HOST:PORT (with TLS if has_ca), http://HOST:PORT.
 * ERR_INVALID. */
MUST_USE enum err_code dk_address_read(const char *auth_url, bool has_ca, struct dk_address *ret,
                                       struct err *err);

/* The version to speak: ours, or theirs where that is older; *ret "1.41". ERR_PEER: none that both
 * speak. low: what they take at least, NULL: not known. */
MUST_USE enum err_code dk_version_choose(const char *high, const char *low,
                                         char ret[DK_VERSION_MAX], struct err *err);

/* What stands for a token in names of containers: [a-zA-Z0-9.-] as they are, others as _xx. Another
 * token has another name. ERR_LIMIT: longer than a name may be. */
MUST_USE enum err_code dk_name_of_token(const char *token, char ret[DK_NAME_MAX], struct err *err);
/* A hostname out of any name. */
void dk_hostname(const char *name, char ret[64]);
/* "host:5000/vnf/web:1" into what is pulled; tag "latest" unless it says one, or a digest.
 * ERR_INVALID. */
MUST_USE enum err_code dk_reference_read(const char *text, char repository[DK_NAME_MAX],
                                         char tag[DK_NAME_MAX], struct err *err);

/* The registry that an engine asks for a repository: "docker.io" unless the repository begins with
 * another one. */
void dk_registry_of(const char *repository, char ret[DK_NAME_MAX]);

/* --- an archive (POSIX ustar) --- */
void dk_tar_folder(struct sbuf *out, const char *path, unsigned mode);
void dk_tar_file(struct sbuf *out, const char *path, unsigned mode, const void *data, size_t len);
void dk_tar_end(struct sbuf *out);

/* --- what a pull says, line by line --- */
/* Images of the repository are a project's own, and names on an engine are everybody's: on the engine
 * one is called baton/PROJECT/<its name in hex>. In the arena; NULL: the name is too long. */
enum { DK_OWN_NAME_MAX = 80 };
const char *dk_own_name(const char *name, const char *project, struct arena *a);
/* Is the tag such a name? *ret_name: what it stands for; NULL: another project's. */
bool dk_own_name_read(const char *tag, const char *project, struct arena *a, const char **ret_name);

struct dk_stream {
    struct sbuf line;
    struct err fault; /* the first that it said, or ERR_SYNTAX, ERR_LIMIT */
    char status[160]; /* the last */
};
#define DK_STREAM_INIT                                                                             \
    {                                                                                              \
        .line = SBUF_INIT, .fault = ERR_INIT                                                       \
    }
/* More of it has come. false: no more is wanted. */
bool dk_stream_take(struct dk_stream *s, const char *data, size_t len);
/* It has ended: ERR_OK, or the fault. */
MUST_USE enum err_code dk_stream_end(struct dk_stream *s, struct err *err);
void dk_stream_release(struct dk_stream *s);

#endif
