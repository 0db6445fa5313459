/* No database here: the simulator has a store of its own, and findings as they are. */
#include "nfvo/store/store_findings.h"

#include <string.h>

enum { COLUMNS = 21 };

static void columns_of(struct store_findings *f, struct db_array *ret[COLUMNS])
{
    struct db_array *const all[COLUMNS] = {
        &f->subject,        &f->kind,       &f->weight,        &f->believed,
        &f->detail,         &f->over,       &f->alarm.subject, &f->alarm.kind,
        &f->alarm.nsr,      &f->alarm.vnfr, &f->alarm.host,    &f->alarm.resource,
        &f->alarm.severity, &f->alarm.type, &f->alarm.cause,   &f->alarm.detail,
        &f->cleared,        &f->orphan.id,  &f->orphan.host,   &f->orphan.status,
        &f->orphan.mark};
    memcpy(ret, all, sizeof(all));
}

void store_findings_init(struct store_findings *f)
{
    struct db_array *columns[COLUMNS];
    columns_of(f, columns);
    for (size_t i = 0; i < COLUMNS; i++)
        *columns[i] = (struct db_array)DB_TEXT_ARRAY;
    f->weight = (struct db_array)DB_INT8_ARRAY;
}

void store_findings_release(struct store_findings *f)
{
    struct db_array *columns[COLUMNS];
    columns_of(f, columns);
    for (size_t i = 0; i < COLUMNS; i++)
        db_array_release(columns[i]);
}
