/* baton image: the image repository. */
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include "common/base/text.h"
#include "common/http/http.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES "/api/v1/nfvimage"

enum { HEAD_SIZE = 512 };

static void say_size(const json_t *image, struct sbuf *cell)
{
    long long size = (long long)json_integer_value(json_object_get(image, "size"));
    if (size >= 10 << 20)
        sbuf_addf(cell, "%lld MB", size >> 20);
    else if (size > 0)
        sbuf_addf(cell, "%lld kB", (size + 1023) >> 10);
    else
        sbuf_adds(cell, "link");
}

static const struct cli_column image_columns[] = {
    {.heading = "ID", .path = "id"},
    {.heading = "NAME", .path = "name"},
    {.heading = "FORMAT", .path = "diskFormat"},
    {.heading = "CONTAINER", .path = "containerFormat"},
    {.heading = "SIZE", .print = say_size},
    {.heading = "SHA256", .path = "sha256", .is_wide = true},
    {.heading = "MD5", .path = "hash", .is_wide = true},
    {.heading = "URL", .path = "url", .is_wide = true},
    {0}};

static const struct cli_kind images = {"image", IMAGES, image_columns, NULL, false};

int cli_cmd_image_list(struct cli *c)
{
    return cli_list(c, &images);
}
int cli_cmd_image_show(struct cli *c)
{
    return cli_show(c, &images);
}
int cli_cmd_image_delete(struct cli *c)
{
    return cli_delete(c, &images);
}

/* --- one more --------------------------------------------------------------------------------- */

/* By its first bytes: what nobody has to type. */
static const char *format_of(const char *path, const char **ret_container, struct err *err)
{
    char head[HEAD_SIZE] = "";
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t n = is_file ? read(fd, head, sizeof(head)) : -1;
    int sys = errno;
    if (fd >= 0)
        close(fd);
    *ret_container = "bare";
    if (fd >= 0 && !is_file)
        err_set(err, ERR_INVALID, "'%s' is no file", path);
    else if (n < 0)
        err_set_errno(err, ERR_IO, sys, "read '%s'", path);
    if (n < 0)
        return NULL;
    if (n >= 4 && memcmp(head, "QFI\xfb", 4) == 0)
        return "qcow2";
    if (n >= 4 && memcmp(head, "KDMV", 4) == 0)
        return "vmdk";
    if (n == sizeof(head) && memcmp(head + 257, "ustar", 5) == 0)
        *ret_container = "docker";
    return "raw";
}

/* Of a link: as its name says. Nothing said is no "raw": a cloud would boot what it cannot read. */
static const char *format_of_link(const char *url, struct err *err)
{
    static const char *const formats[] = {"qcow2", "raw", "vmdk", "vdi", "vhd", "vhdx", "iso"};
    size_t len = strcspn(url, "?#"), at = len;
    while (at > 0 && url[at - 1] != '.' && url[at - 1] != '/')
        at--;
    for (size_t i = 0; at > 0 && url[at - 1] == '.' && i < ARRAY_LEN(formats); i++)
        if (len - at == strlen(formats[i]) && strncasecmp(url + at, formats[i], len - at) == 0)
            return formats[i];
    err_set(err, ERR_INVALID, "the link's name does not say its format");
    err_hint(err, "baton image add NAME URL FORMAT, e.g. qcow2");
    return NULL;
}

static void add_parameter(struct sbuf *path, const char *name, const char *value)
{
    sbuf_addf(path, "%s%s=", strchr(path->s, '?') ? "&" : "?", name);
    http_percent_encode(path, value);
}

int cli_cmd_image_add(struct cli *c)
{
    AUTO(sbuf_release) struct sbuf path = SBUF_INIT;
    AUTO(cli_answer_release) struct cli_answer a = CLI_ANSWER_INIT;
    struct err err = ERR_INIT;
    const char *name = c->args[0], *source = c->args[1], *container = "bare";
    bool is_url = text_starts_with(source, "http://") || text_starts_with(source, "https://");
    const char *format = c->arg_n > 2 && is_url ? c->args[2]
                         : is_url               ? format_of_link(source, &err)
                                                : format_of(source, &container, &err);
    if (!format)
        return cli_fail(c, CLI_USAGE, &err, "the image '%s'", name);
    if (c->arg_n > 2)
        format = c->args[2];
    sbuf_adds(&path, IMAGES);
    add_parameter(&path, "name", name);
    add_parameter(&path, "diskFormat", format);
    add_parameter(&path, "containerFormat", container);
    sbuf_adds(&path, "&minRam=0&minDiskSpace=0&minCPU=0");
    if (is_url)
        add_parameter(&path, "url", source);
    int exit =
        is_url ? cli_request(c, "POST", path.s, NULL, &a) : cli_upload(c, path.s, source, &a);
    if (exit != CLI_OK)
        return cli_report(c, &a, "add the image '%s'", name);
    if (cli_is_for_people(c))
        fprintf(c->out, "image '%s' added: %s\n", name, cli_json_str(a.json, "id"));
    else
        cli_print_object(c, &images, &a);
    return CLI_OK;
}
