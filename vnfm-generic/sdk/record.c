/* Records for users of the SDK: paths over the field tables. */
#include "vnfm-generic/sdk/internal.h"

#include "proto/codec/path.h"

#include <stdio.h>

enum { PATH_MAX_LEN = 512 };

#define FORMAT_PATH(path_, buffer_)                                                                \
    do {                                                                                           \
        va_list ap_;                                                                               \
        va_start(ap_, path_);                                                                      \
        int n_ = vsnprintf(buffer_, sizeof(buffer_), path_, ap_);                                  \
        va_end(ap_);                                                                               \
        if (n_ < 0 || (size_t)n_ >= sizeof(buffer_))                                               \
            buffer_[0] = '\0'; /* no member has the empty path */                                  \
    } while (0)

const char *ob_get_str(const struct ob_record *record, const char *path, ...)
{
    char buffer[PATH_MAX_LEN];
    FORMAT_PATH(path, buffer);
    return record ? proto_path_str(record->type, record->rec, buffer) : NULL;
}

int64_t ob_get_int(const struct ob_record *record, int64_t fallback, const char *path, ...)
{
    char buffer[PATH_MAX_LEN];
    int64_t value;
    FORMAT_PATH(path, buffer);
    return record && proto_path_int(record->type, record->rec, buffer, &value) ? value : fallback;
}

size_t ob_count(const struct ob_record *record, const char *path, ...)
{
    char buffer[PATH_MAX_LEN];
    FORMAT_PATH(path, buffer);
    return record ? proto_path_count(record->type, record->rec, buffer) : 0;
}

const char *ob_get_key(const struct ob_record *record, size_t i, const char *path, ...)
{
    char buffer[PATH_MAX_LEN];
    FORMAT_PATH(path, buffer);
    return record ? proto_path_key(record->type, record->rec, buffer, i) : NULL;
}

enum err_code ob_set_str(struct ob_record *record, const char *path, const char *value,
                         struct err *err)
{
    record->is_changed = true;
    return proto_path_set_str(record->type, record->rec, path, value, record->arena, err);
}

enum err_code ob_set_int(struct ob_record *record, const char *path, int64_t value, struct err *err)
{
    record->is_changed = true;
    return proto_path_set_int(record->type, record->rec, path, value, record->arena, err);
}

const void *ob_script_payload(const struct ob_record *record, size_t i, size_t *ret_len)
{
    const struct script *script = NULL;
    if (record && record->type == &script_type)
        script = record->rec;
    if (record && record->type == &vnf_package_type) {
        const struct vnf_package *package = record->rec;
        if (i < package->scripts.n)
            script = package->scripts.at[i];
    }
    if (!script || !script->payload.at)
        return NULL;
    *ret_len = script->payload.n;
    return script->payload.at;
}
