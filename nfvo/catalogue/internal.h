/* Between the files of this folder. */
#ifndef NFVO_CATALOGUE_INTERNAL_H
#define NFVO_CATALOGUE_INTERNAL_H

#include "nfvo/catalogue/catalogue.h"

static inline bool is_blank(const char *s)
{
    return !s || !*s;
}

/* Names of a list of VNFDs, sorted: lists come from users and may be long. */
struct name_index {
    struct name_row {
        const char *name;
        uint32_t at;
    } * rows;
    uint32_t n;
};
void name_index_init(struct name_index *index, const struct vnfd_list *vnfds, struct arena *a);
int64_t name_index_find(const struct name_index *index, const char *name); /* -1: none */
/* The second one of two VNFDs with the same name, or -1. */
int64_t name_index_duplicate(const struct name_index *index);

/* parameters.c: no parameter of a script may be called as what changes how programs load
 * (proto/environment.h). at: JSON path of the VNFD, "" or "vnfd[0].". */
MUST_USE enum err_code catalogue_check_parameters(const struct vnfd *vnfd, const char *at,
                                                  struct err *err);
/* Those that VNFs get from others, whose type stands before the name. Links are made. */
MUST_USE enum err_code catalogue_check_dependencies(const struct nsd *nsd,
                                                    const struct name_index *index,
                                                    struct err *err);
/* One name; the caller adds where. NULL is none. */
MUST_USE enum err_code catalogue_check_parameter(const char *name, struct err *err);

/* Connection points against links; fills chosenPool. nsd NULL: a VNFD on its own. at: JSON path of
 * the VNFD, "" or "vnfd[0].". */
MUST_USE enum err_code catalogue_check_links(const struct vld_list *vlds, struct vnfd *vnfd,
                                             bool is_strict, const char *at, struct err *err);

/* `requires` becomes dependencies; equal ones are merged; cycles are marked. */
MUST_USE enum err_code catalogue_link_dependencies(struct nsd *nsd, bool is_start_ordered,
                                                   struct arena *a, struct err *err);

#endif
