/* Between the files of this folder only. */
#ifndef COMMON_CONFIG_CONFIG_PRIVATE_H
#define COMMON_CONFIG_CONFIG_PRIVATE_H

#include "common/config/config.h"

enum config_rank {
    CONFIG_FROM_DEFAULT,
    CONFIG_FROM_FILE,
    CONFIG_FROM_OLD_ENV,
    CONFIG_FROM_ENV,
    CONFIG_FROM_FLAG
};

/* One option and where its value in force came from. */
struct config_slot {
    const struct config_option *option;
    const struct config_group *group;
    void *value;        /* the member of the options struct */
    char *text;         /* as written; strings in the values point here */
    char *path;         /* of a SECRET's file */
    char *item_text;    /* LIST: a copy that is cut into items */
    const char **items; /* LIST */
    enum config_rank rank;
    unsigned line; /* of the file, for "given twice" */
};

struct config_memory {
    struct config_slot *slots;
    size_t n;
};

/* Check text and store it as the value in force. Errors: ERR_INVALID without place. */
MUST_USE enum err_code config_set(struct config_slot *slot, const char *text, struct err *err);
void config_set_path(struct config_slot *slot, const char *path); /* NULL: from no file */
void config_unset(struct config_slot *slot);
void config_format_duration(int64_t ms, char *out, size_t size);

/* name is an option's ('-', '_', '.' and case of the environment are the same), or that of a SECRET
 * and "-file": then *ret_is_file. */
struct config_slot *config_find(struct config_memory *m, const char *name, size_t len,
                                bool *ret_is_file);
const char *config_nearest(const struct config_memory *m, const char *name,
                           size_t len); /* NULL: none is near */
enum err_code config_unknown(const struct config_memory *m, const char *name, size_t len,
                             struct err *err);

/* Set from one source, following "-file". */
MUST_USE enum err_code config_assign(struct config_slot *slot, bool is_file, const char *text,
                                     struct err *err);
MUST_USE enum err_code config_read_file(struct config_memory *m, const char *path,
                                        bool may_be_missing, struct err *err);

/* Appends a warning for each secret that other users of the machine can read. file: that was read.
 */
void config_check_rights(const struct config *c, const char *file, struct sbuf *warnings);

void config_text_help(const struct config *c, struct sbuf *out);
void config_text_sample(const struct config *c, struct sbuf *out);
void config_text_manual(const struct config *c, struct sbuf *out);
void config_text_file_manual(const struct config *c, struct sbuf *out);
/* Of one option: what it is, its range and its default, in one line; "N", "TEXT". */
void config_text_option(const struct config_option *o, struct sbuf *out);
const char *config_text_type(const struct config_option *o);
/* The flags that each process has, as items of a manual page. */
void config_text_asked(struct sbuf *out);

#endif
