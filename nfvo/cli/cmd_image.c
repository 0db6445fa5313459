/* baton image: the image repository. */
#include "nfvo/cli/commands.h"
#include "nfvo/cli/common.h"

#include "common/base/text.h"
#include "common/http/http.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
    {.heading = "URL", .path = "url", .is_wide = true},
    {0}};

static void show_image(struct cli *c, const json_t *image)
{
    static const char *const more[][2] = {{"URL", "url"}, {"SHA256", "sha256"}, {"MD5", "hash"}};
    cli_print_fields(c, image_columns, image);
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        if (*cli_json_str(image, more[i][1]))
            fprintf(c->out, "%s: %s\n", more[i][0], cli_json_str(image, more[i][1]));
}
static const struct cli_kind images = {"image", IMAGES, image_columns, show_image, false};

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
    ssize_t n =
        fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, sizeof(head)) : -1;
    int sys = fd >= 0 && errno == 0 ? EINVAL : errno;
    if (fd >= 0)
        close(fd);
    *ret_container = "bare";
    if (n < 0) {
        err_set_errno(err, ERR_IO, sys, "read '%s'", path);
        return NULL;
    }
    if (n >= 4 && memcmp(head, "QFI\xfb", 4) == 0)
        return "qcow2";
    if (n >= 4 && memcmp(head, "KDMV", 4) == 0)
        return "vmdk";
    if (n == sizeof(head) && memcmp(head + 257, "ustar", 5) == 0)
        *ret_container = "docker";
    return "raw";
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
    const char *name = c->args[0], *source = c->args[1], *container = "bare", *format = "raw";
    bool is_url = text_starts_with(source, "http://") || text_starts_with(source, "https://");
    if (!is_url && !(format = format_of(source, &container, &err)))
        return cli_fail(c, CLI_USAGE, &err, "the image");
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
