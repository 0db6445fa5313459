/* Into the image repository: for uploads, and for the images of VNF packages. */
#ifndef NFVO_API_VIM_IMAGE_H
#define NFVO_API_VIM_IMAGE_H

#include "nfvo/api/context.h"

struct nfv_image;

/* Checks it (id, name, project, formats are said), keeps the file and stores it; what the repository
 * says itself (hash, status, ..) is set. file: NULL if there is a url. ERR_EXISTS: its project has
 * one of that name; ERR_INVALID; ERR_LIMIT: no room. */
MUST_USE enum err_code image_put(struct call *c, struct nfv_image *image,
                                 const struct http_file *file, struct err *err);
bool image_has_folder(const struct call *c); /* files are kept at all */

#endif
