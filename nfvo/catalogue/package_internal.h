/* Between the package*.c files. */
#ifndef NFVO_CATALOGUE_PACKAGE_INTERNAL_H
#define NFVO_CATALOGUE_PACKAGE_INTERNAL_H

#include "nfvo/catalogue/package.h"

struct package_file {
    const char *name; /* without "./" */
    const char *at;   /* NUL-terminated; NULL: an image, not kept */
    size_t n;
};
struct package_files {
    struct package_file *at;
    uint32_t n;
};

/* What Metadata.yaml says. */
struct package_metadata {
    const char *file; /* its name as it is in the archive */
    const char *name, *vendor, *version, *nfvo_version, *description, *tag;
    const char *os_id, *os_version, *os_architecture, *scripts_link, *image_link;
    uint32_t name_line, vendor_line;
    struct proto_strs vim_types;
    struct proto_strmap requirements;
    struct proto_strs image_names; /* for VDUs; see images_are_added */
    bool images_are_added;         /* `image`: to every VDU; `images`: to VDUs that have none */
    struct image *image;           /* of the old form */
    struct image_list images;      /* of both */
    const char *repositories;      /* additional-repos as JSON, or NULL */
};

struct package_reader {
    struct arena *a;
    const struct package_rules *rules;
    struct package_files files;
    struct package_metadata metadata;
    const struct package_file *vnfd_file;
    struct vnfd *vnfd;
    struct package_fault *faults;
    uint32_t fault_n, error_n, level_n[FINDING_LEVEL_N];
};

/* Adds a fault; more than PACKAGE_FAULTS_MAX are counted only. Returns it, never NULL. */
struct package_fault *package_fault(struct package_reader *r, enum err_code code, const char *file,
                                    uint32_t line, const char *path, const char *fmt, ...)
    PRINTF_LIKE(6, 7);
/* Warnings and notes. */
struct package_fault *package_tell(struct package_reader *r, enum finding_level level,
                                   const char *file, uint32_t line, const char *path,
                                   const char *fmt, ...) PRINTF_LIKE(6, 7);
void package_hint(struct package_reader *r, struct package_fault *f, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

const struct package_file *package_find(const struct package_reader *r, const char *name);
/* "scripts/x" -> "x"; NULL: not below that folder. */
const char *package_below(const char *name, const char *folder);

/* package_tar.c: fills r->files, or tells why not. */
void package_unpack(struct package_reader *r, const struct package_source *source);
/* package_metadata.c: fills r->metadata. */
void package_read_metadata(struct package_reader *r, const struct package_file *file);
/* package_yaml.c: what of a YAML text is over the bounds of package.h, and in which line; NULL:
 * nothing. */
const char *package_yaml_excess(struct package_reader *r, const struct package_file *file,
                                uint32_t *ret_line);
/* package_vnfd.c: fills r->vnfd, from r->vnfd_file. */
void package_read_vnfd(struct package_reader *r);
void package_check_scripts(struct package_reader *r);

#endif
