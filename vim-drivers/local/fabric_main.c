/* fabric FOLDER NETNS RELAY...: makes the network namespace if it is not there, and relays into the
 * host what instances send to LOC_RELAY_ADDRESS. It is in the host's namespace itself; only its
 * listeners are in the fabric. */
#include "vim-drivers/local/fabric.h"

#include "vim-drivers/local/spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TARGETS_MAX = 32 };

enum err_code loc_relay_parse(const char *text, uint32_t *ret_ip, unsigned *ret_port,
                              struct err *err)
{
    char address[IP4_TEXT] = "127.0.0.1";
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t len = colon ? (size_t)(colon - text) : 0;
    char *end;
    unsigned long n = strtoul(port, &end, 10);
    if (colon && len < sizeof(address))
        snprintf(address, sizeof(address), "%.*s", (int)len, text);
    if (*port < '0' || *port > '9' || *end || n == 0 || n > 65535 || len >= sizeof(address) ||
        !ip4_parse(address)) {
        err_set(err, ERR_INVALID, "relay '%s' is no port", text);
        return err_hint(err, "write PORT or ADDRESS:PORT, e.g. 5672 or 127.0.0.1:5672");
    }
    *ret_ip = ip4_parse(address);
    *ret_port = (unsigned)n;
    return ERR_OK;
}

static enum err_code take_lock(const char *folder, struct err *err)
{
    char path[LOC_PATH_MAX];
    snprintf(path, sizeof(path), "%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* kept to the end */
    return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0
               ? ERR_OK
               : err_set(err, ERR_STATE, "another process has '%s'", path);
}

static enum err_code make_netns(const char *file, struct err *err)
{
    enum err_code rc = loc_make_folder(LOC_NETNS_FOLDER, 0755, err);
    if (rc != ERR_OK)
        return rc;
    int fd = open(file, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
    if (fd >= 0)
        close(fd);
    if (fd < 0 || unshare(CLONE_NEWNET) != 0 ||
        mount("/proc/self/ns/net", file, NULL, MS_BIND, NULL) != 0)
        return err_set_errno(err, ERR_IO, errno, "make network namespace '%s'", file);
    return ERR_OK;
}

static enum err_code enter(const char *file, struct err *err)
{
    if (!loc_is_netns(file))
        return make_netns(file, err);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    bool is_good = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
    if (fd >= 0)
        close(fd);
    return is_good ? ERR_OK
                   : err_set_errno(err, ERR_IO, errno, "enter network namespace '%s'", file);
}

/* Networks are separate: nothing is passed on between its bridges. */
static enum err_code prepare(struct err *err)
{
    static const char lines[] = "link set lo up\naddr replace " LOC_RELAY_ADDRESS "/32 dev lo\n";
    static const char file[] = "/proc/sys/net/ipv4/ip_forward";
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "0", 1) != 1)
            sbuf_clear(&text); /* it is looked at below */
        close(fd);
    }
    if (loc_read(file, 16, &text, err) != ERR_OK)
        return err->code;
    if (text.s[0] != '0')
        return err_set(err, ERR_STATE, "forwarding cannot be switched off in the fabric");
    return loc_run(
        &(struct loc_spawn){.argv = (const char *const[]){"ip", "-batch", "-", NULL}, .in = lines},
        err);
}

static enum err_code listen_at(struct loc_target *t, struct err *err)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t->port)};
    int on = 1;
    inet_pton(AF_INET, LOC_RELAY_ADDRESS, &a.sin_addr);
    t->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->listener < 0 ||
        setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(t->listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(t->listener, 128) != 0)
        return err_set_errno(err, ERR_IO, errno, "listen at " LOC_RELAY_ADDRESS ":%u", t->port);
    return ERR_OK;
}

static enum err_code write_self(const char *folder, char **relays, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char path[LOC_PATH_MAX], boot[LOC_BOOT_MAX];
    loc_boot_id(boot);
    snprintf(path, sizeof(path), "%s/process", folder);
    sbuf_addf(&text, "%d %llu %s\n", (int)getpid(), (unsigned long long)loc_process_start(getpid()),
              boot);
    for (; *relays; relays++)
        sbuf_addf(&text, "%s ", *relays);
    sbuf_addc(&text, '\n');
    return loc_write_durably(path, text.s, text.len, err);
}

static enum err_code open_fabric(char **argv, struct loc_target *targets, size_t n, struct err *err)
{
    int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    enum err_code rc = take_lock(argv[2], err);
    if (rc == ERR_OK && host < 0)
        rc = err_set_errno(err, ERR_IO, errno, "open the host's network namespace");
    for (size_t i = 0; i < n && rc == ERR_OK; i++)
        rc = loc_relay_parse(argv[4 + i], &targets[i].ip, &targets[i].port, err);
    if (rc == ERR_OK)
        rc = enter(argv[3], err);
    if (rc == ERR_OK)
        rc = prepare(err);
    for (size_t i = 0; i < n && rc == ERR_OK; i++)
        rc = listen_at(&targets[i], err);
    if (rc == ERR_OK && setns(host, CLONE_NEWNET) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "go back to the host's network namespace");
    if (rc == ERR_OK)
        rc = write_self(argv[2], argv + 4, err);
    if (host >= 0)
        close(host);
    return rc;
}

int loc_fabric_main(int argc, char **argv)
{
    struct loc_target targets[TARGETS_MAX] = {{0}};
    struct err err = ERR_INIT;
    size_t n = argc > 4 ? (size_t)argc - 4 : 0;
    loc_companion_begin();
    if (argc < 4 || n > TARGETS_MAX) {
        loc_say("too many relays");
        return 1;
    }
    if (open_fabric(argv, targets, n, &err) != ERR_OK) {
        loc_say(err.msg);
        return 1;
    }
    if (chdir("/") != 0)
        return 1;
    loc_say("ok");
    return loc_relay_run(targets, n);
}
