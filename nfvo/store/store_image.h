/* The image repository: rest-api.md 2.7. The bytes are files: nfvo/api/vim/image_files.h. */
#ifndef NFVO_STORE_STORE_IMAGE_H
#define NFVO_STORE_STORE_IMAGE_H

#include "nfvo/store/store.h"
#include "proto/records/vim.h"

enum { STORE_IMAGES_MAX = 1000 }; /* of a project */

/* ERR_EXISTS: its project has one of that name. ERR_LIMIT: its project has STORE_IMAGES_MAX. */
MUST_USE enum err_code store_image_add(struct db *db, const struct nfv_image *image,
                                       struct err *err);
/* *ret: it is there, in whichever project. */
MUST_USE enum err_code store_image_is_there(struct db *db, const char *id, bool *ret,
                                            struct err *err);

#endif
