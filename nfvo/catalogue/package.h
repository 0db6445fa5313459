/* VNF packages: a plain tar with Metadata.yaml, one VNFD (*.json), scripts/ and images/. What is
 * checked is amqp-protocol.md 9.7 and rest-api.md 4.1, with the reference's messages where it has
 * some, and what would only show when the VNF is deployed: scripts that an event names and that are
 * not there. Pure over bytes: nothing is unpacked.
 *
 *     struct package p;
 *     rc = catalogue_package_read(&source, &rules, "6.0.1", &a, &p, err);
 *     for (uint32_t i = 0; i < p.fault_n; i++)     // also those behind the first, warnings, notes
 *         ... p.faults[i].file, .line, .path, .message
 *
 * Archives come from strangers. Sizes are looked at before anything is allocated for them: see the
 * limits. Entries that leave their folder, links, special files and names that come twice are
 * refused. Blocks as long as reading takes. */
#ifndef NFVO_CATALOGUE_PACKAGE_H
#define NFVO_CATALOGUE_PACKAGE_H

#include "nfvo/catalogue/catalogue.h"
#include "nfvo/catalogue/finding.h"
#include "proto/records/package.h"

/* Of the scripts together: PACKAGE_SCRIPTS_MAX, proto/records/package.h. */
#define PACKAGE_TEXT_SIZE_MAX ((size_t)1024 * 1024)          /* Metadata.yaml, the VNFD */
#define PACKAGE_SIZE_MAX      ((uint64_t)2046 * 1024 * 1024) /* of all entries, images included */
#define PACKAGE_ENTRIES_MAX   1000
#define PACKAGE_NAME_MAX      255
/* Of Metadata.yaml, whose size alone does not bound what it costs: package_yaml.c. */
#define PACKAGE_YAML_DEPTH_MAX   32
#define PACKAGE_YAML_NODES_MAX   20000
#define PACKAGE_YAML_ANCHORS_MAX 100
#define PACKAGE_FAULTS_MAX       100 /* told; half of them may be warnings, a quarter notes */

struct package_fault {
    enum finding_level level; /* only errors keep the package out */
    enum err_code code;
    const char *file;           /* in the package; "" the archive as a whole */
    uint32_t line;              /* from 1; 0: not known */
    const char *path;           /* in the file: "vdu[0].vm_image"; or "" */
    const char *message, *hint; /* hint may be "" */
};

struct package_rules {
    struct catalogue_rules base;
    const char *nfvo_version;    /* only its first number counts; NULL: not checked */
    bool is_version_only_warned; /* the server that takes the package decides */
};

struct package_source {
    const void *data; /* NULL: fd, read from where it stands */
    size_t size;
    int fd;
};

/* Everything lives in the arena. */
struct package {
    struct vnf_package *record; /* with ids and scripts */
    struct vnfd *vnfd;          /* complete, to be stored with it */
    const char *identity;       /* what may be there once in a project */
    struct image_list images;   /* of Metadata.yaml: with a url, or a file images/NAME */
    struct package_fault *faults;
    uint32_t fault_n;
    uint32_t level_n[FINDING_LEVEL_N]; /* how many of each there are, also those not in faults */
};

/* Errors: ERR_INVALID, ERR_LIMIT, ERR_NOT_FOUND (as the reference has it). *err is the first fault
 * that is no warning: where = "vnfd.json:12 vdu[0].vm_image". ret->faults is set in any case. */
MUST_USE enum err_code catalogue_package_read(const struct package_source *source,
                                              const struct package_rules *rules, struct arena *a,
                                              struct package *ret, struct err *err);
/* The bytes of one of its files, in the order of fd. ERR_NOT_FOUND, ERR_LIMIT (no room), ERR_IO. */
MUST_USE enum err_code catalogue_package_extract(const struct package_source *source,
                                                 const char *name, int fd, struct err *err);
/* What "file:line path" is called: "vnfd.json:12 vdu[0].vm_image". In the arena. */
const char *catalogue_package_place(const struct package_fault *f, struct arena *a);

/* --- making one ------------------------------------------------------------------------------ */

struct package_writer;
struct package_writer *catalogue_package_writer_new(struct sbuf *out); /* borrowed; given */
/* name: below the package's folder, with '/'. */
MUST_USE enum err_code catalogue_package_add(struct package_writer *w, const char *name,
                                             const void *data, size_t size, struct err *err);
/* Completes the archive and frees w; NULL is fine. */
MUST_USE enum err_code catalogue_package_writer_end(struct package_writer *w, struct err *err);

#endif
