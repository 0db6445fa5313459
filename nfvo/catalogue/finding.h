/* What a check says: errors keep a descriptor out, warnings are mistakes that will probably show
 * when it is deployed, notes are worth knowing and need nothing. */
#ifndef NFVO_CATALOGUE_FINDING_H
#define NFVO_CATALOGUE_FINDING_H

enum finding_level { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR, FINDING_LEVEL_N };

static inline const char *finding_level_name(enum finding_level level)
{
    static const char *const names[FINDING_LEVEL_N] = {"note", "warning", "error"};
    return names[level];
}

/* path: JSON path, may be ""; what does not repeat it. Both borrowed for the call. */
typedef void finding_fn(void *arg, enum finding_level level, const char *path, const char *what);

#endif
