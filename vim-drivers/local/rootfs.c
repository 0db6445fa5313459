/* The image "host": the host's /usr, and around it nothing of the host that could be secret. */
#include "vim-drivers/local/container.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_MAX = 1024 * 1024 };

static const struct {
    const char *path;
    unsigned mode;
} folders[] = {{"usr", 0755},
               {"dev", 0755},
               {"proc", 0755},
               {"sys", 0755},
               {"run", 0755},
               {"run/lock", 01777},
               {"tmp", 01777},
               {"root", 0700},
               {"home", 0755},
               {"mnt", 0755},
               {"media", 0755},
               {"srv", 0755},
               {"opt", 0755},
               {"opt/baton", 0755},
               {"opt/baton/bin", 0755},
               {"var", 0755},
               {"var/lib", 0755},
               {"var/log", 0755},
               {"var/cache", 0755},
               {"var/spool", 0755},
               {"var/tmp", 01777},
               {"var/opt", 0755},
               {"etc", 0755},
               {"etc/baton", 0755},
               {"etc/ssl", 0755},
               {"etc/ssl/certs", 0755},
               {"etc/alternatives", 0755},
               {"etc/ld.so.conf.d", 0755}};

static const struct {
    const char *path, *text;
    unsigned mode;
} files[] = {
    {"etc/passwd",
     "root:x:0:0:root:/root:/bin/bash\n"
     "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
     "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
     "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
     0644},
    {"etc/group",
     "root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nwww-data:x:33:\nutmp:x:43:\nnogroup:x:65534:\n",
     0644},
    {"etc/shadow", "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n", 0600},
    {"etc/nsswitch.conf",
     "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n"
     "protocols: files\n",
     0644},
    {"etc/resolv.conf", "# no name server: networks of this host have none\n", 0644},
    {"etc/profile",
     "PATH=/opt/baton/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
     "export PATH\n",
     0644},
    {"etc/fstab", "", 0644}};

/* Public files of the host that programs look for; those that are not there are left out. */
static const char *const copies[] = {"etc/ld.so.cache",     "etc/ld.so.conf",  "etc/services",
                                     "etc/protocols",       "etc/mime.types",  "etc/os-release",
                                     "etc/localtime",       "etc/timezone",    "etc/debian_version",
                                     "etc/ssl/openssl.cnf", "etc/bash.bashrc", "etc/host.conf",
                                     "etc/gai.conf",        "etc/ethertypes",  "etc/rpc"};

static const char *const links[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

static enum err_code write_in(const char *top, const char *name, const char *text, size_t len,
                              unsigned mode, struct err *err)
{
    char path[LOC_PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", top, name);
    return loc_write(path, text, len, mode, err);
}

static enum err_code make_folders(const char *top, struct err *err)
{
    char path[LOC_PATH_MAX];
    enum err_code rc = loc_make_folder(top, 0755, err);
    for (size_t i = 0; i < ARRAY_LEN(folders) && rc == ERR_OK; i++) {
        snprintf(path, sizeof(path), "%s/%s", top, folders[i].path);
        if ((mkdir(path, 0755) != 0 && errno != EEXIST) || chmod(path, folders[i].mode) != 0)
            rc = err_set_errno(err, ERR_IO, errno, "make folder '%s'", path);
    }
    return rc;
}

/* /bin and its like: links into /usr as on the host; folders of their own are mounted (bundle.c).
 */
static enum err_code make_links(const char *top, struct err *err)
{
    static const char *const fixed[][2] = {
        {"var/run", "/run"}, {"var/lock", "/run/lock"}, {"etc/mtab", "/proc/self/mounts"}};
    char from[PATH_MAX], to[LOC_PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        snprintf(from, sizeof(from), "/%s", links[i]);
        snprintf(to, sizeof(to), "%s/%s", top, links[i]);
        char target[256];
        ssize_t n = readlink(from, target, sizeof(target) - 1);
        if (n > 0) {
            target[n] = '\0';
            if (symlink(target, to) != 0 && errno != EEXIST)
                return err_set_errno(err, ERR_IO, errno, "make link '%s'", to);
        } else if (errno == EINVAL && loc_make_folder(to, 0755, err) != ERR_OK)
            return err->code;
    }
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
        snprintf(to, sizeof(to), "%s/%s", top, fixed[i][0]);
        if (symlink(fixed[i][1], to) != 0 && errno != EEXIST)
            return err_set_errno(err, ERR_IO, errno, "make link '%s'", to);
    }
    return ERR_OK;
}

static enum err_code copy(const char *top, const char *name, struct err *err)
{
    AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
    char from[PATH_MAX];
    snprintf(from, sizeof(from), "/%s", name);
    if (loc_read(from, COPY_MAX, &text, NULL) != ERR_OK)
        return ERR_OK;
    return write_in(top, name, text.s, text.len, 0644, err);
}

static enum err_code copy_folder(const char *top, const char *name, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "/%s", name);
    DIR *d = opendir(path);
    enum err_code rc = ERR_OK;
    for (struct dirent *e; d && rc == ERR_OK && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", name, e->d_name);
        rc = copy(top, path, err);
    }
    if (d)
        closedir(d);
    return rc;
}

enum err_code loc_rootfs_host(const char *top, struct err *err)
{
    enum err_code rc = make_folders(top, err);
    if (rc == ERR_OK)
        rc = make_links(top, err);
    for (size_t i = 0; i < ARRAY_LEN(files) && rc == ERR_OK; i++)
        rc = write_in(top, files[i].path, files[i].text, strlen(files[i].text), files[i].mode, err);
    for (size_t i = 0; i < ARRAY_LEN(copies) && rc == ERR_OK; i++)
        rc = copy(top, copies[i], err);
    return rc == ERR_OK ? copy_folder(top, "etc/ld.so.conf.d", err) : rc;
}

void loc_hostname(const char *name, char out[64])
{
    size_t n = 0;
    for (; *name && n < 63; name++) {
        bool is_plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                        (*name >= '0' && *name <= '9') || (*name == '.' && n > 0);
        out[n++] = is_plain ? *name : '-';
    }
    out[n] = '\0';
}

enum err_code loc_rootfs_identity(const char *top, const struct loc_server *s, struct err *err)
{
    AUTO(sbuf_release) struct sbuf hosts = SBUF_INIT;
    AUTO(sbuf_release) struct sbuf metadata = SBUF_INIT;
    char host[64], line[80], ip[IP4_TEXT], path[LOC_PATH_MAX];
    loc_hostname(s->name, host);
    sbuf_adds(&hosts, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
    if (s->nic_n == 0)
        sbuf_addf(&hosts, "127.0.1.1 %s\n", host);
    for (unsigned i = 0; i < s->nic_n; i++) {
        ip4_print(s->nics[i].ip, ip);
        sbuf_addf(&hosts, "%s %s\n", ip, host);
    }
    snprintf(line, sizeof(line), "%s\n", host);
    loc_metadata(s, &metadata);
    snprintf(path, sizeof(path), "%s/etc/baton", top);
    enum err_code rc = loc_make_folder(path, 0755, err);
    if (rc == ERR_OK)
        rc = write_in(top, "etc/hosts", hosts.s, hosts.len, 0644, err);
    if (rc == ERR_OK)
        rc = write_in(top, "etc/hostname", line, strlen(line), 0644, err);
    if (rc == ERR_OK)
        rc = write_in(top, "etc/baton/metadata.json", metadata.s, metadata.len, 0644, err);
    return rc;
}
