#include "nfvo/store/store_image.h"

#include "common/base/text.h"
#include "nfvo/store/internal.h"

/* Two at once may pass the limit by one. */
enum err_code store_image_add(struct db *db, const struct nfv_image *image, struct err *err)
{
    static const struct db_statement add = {
        "nfv_image_add",
        "INSERT INTO nfv_image (id, project_id, name, url, doc) SELECT $1::text, $2::text, "
        "$3::text, $4::text, $5::text WHERE (SELECT count(*) FROM nfv_image o WHERE o.project_id = "
        "$2::text) < $6::int8"};
    AUTO(sbuf_release) struct sbuf doc = SBUF_INIT;
    int64_t n = 0;
    proto_encode(&nfv_image_type, image, PROTO_REST, &doc);
    enum err_code rc =
        store_write(db, &add,
                    DB_PARAMS(db_param_text(image->id), db_param_text(image->project_id),
                              db_param_text(image->name), db_param_text(text_or_empty(image->url)),
                              db_param_text(doc.s), db_param_int(STORE_IMAGES_MAX)),
                    &n, err);
    if (rc == ERR_OK && n == 0)
        return err_set(err, ERR_LIMIT, "the project has %d images, which is the limit",
                       STORE_IMAGES_MAX);
    return rc;
}

enum err_code store_image_is_there(struct db *db, const char *id, bool *ret, struct err *err)
{
    static const struct db_statement is_there = {"nfv_image_is_there",
                                                 "SELECT count(*) FROM nfv_image WHERE id = $1"};
    struct db_result res;
    enum err_code rc = db_query(db, &is_there, DB_PARAMS(db_param_text(id)), &res, err);
    *ret = rc == ERR_OK && db_int64(&res, 0, 0) > 0;
    db_results_clear(db);
    return rc;
}
