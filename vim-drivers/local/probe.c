#include "vim-drivers/local/local.h"

enum loc_mode loc_probe(struct loc *l, struct sbuf *why)
{
    (void)l;
    sbuf_adds(why, "runc mode is not built in yet");
    return LOC_PLAIN;
}

#include <errno.h>
static enum err_code no(struct err *err)
{
    return err_set(err, ERR_STATE, "not built in yet");
}
static enum err_code c_start(struct loc *l, struct loc_server *s, struct err *err)
{
    (void)l;
    (void)s;
    return no(err);
}
static enum err_code c_end(struct loc *l, const struct loc_server *s, struct err *err)
{
    (void)l;
    (void)s;
    return no(err);
}
const struct loc_maker loc_container = {c_start, c_end};
enum err_code loc_fabric_open(struct loc *l, struct err *err)
{
    (void)l;
    return no(err);
}
enum err_code loc_fabric_add_network(struct loc *l, const struct loc_network *n, struct err *err)
{
    (void)l;
    (void)n;
    return no(err);
}
enum err_code loc_fabric_drop_network(struct loc *l, const struct loc_network *n, struct err *err)
{
    (void)l;
    (void)n;
    return no(err);
}
enum err_code loc_fabric_clean(struct loc *l, struct err *err)
{
    (void)l;
    (void)err;
    return ERR_OK;
}
int loc_fabric_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 1;
}
int loc_unpack_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 1;
}
