/* VNF packages on this machine: folders and tars. */
#ifndef NFVO_CLI_PACKAGE_H
#define NFVO_CLI_PACKAGE_H

#include "nfvo/catalogue/package.h"
#include "nfvo/cli/cli.h"

/* Largest folder that is packed; with images in it, pack it with tar. */
#define CLI_PACKAGE_MAX ((size_t)256 * 1024 * 1024)

/* path: a folder (packed into memory) or a tar (opened). *ret_fd: the archive, to be closed; its
 * offset is 0. Links and special files are errors, hidden files and backups (~) are left out. */
MUST_USE enum err_code cli_package_open(const char *path, int *ret_fd, bool *ret_is_folder,
                                        struct err *err);
/* A new folder with a package that works. The folder must not be there. */
MUST_USE enum err_code cli_package_skeleton(const char *folder, const char *name, struct err *err);

#endif
