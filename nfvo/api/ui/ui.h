/* The dashboard: files in nfvo/api/ui/files, which go into the program (embed-files.sh). `GET /` is
 * its page for who accepts HTML, and the JSON of before for everybody else; the page names all
 * other files below /ui/HASH/, so that a browser may keep them for ever and never mixes those of
 * two releases. They are the same for everybody and need no login. */
#ifndef NFVO_API_UI_UI_H
#define NFVO_API_UI_UI_H

#include <stddef.h>

struct ui_file {
    const char *name, *type;
    const unsigned char *plain;
    size_t plain_len;
    const unsigned char *packed; /* gzip */
    size_t packed_len;
};

extern const struct ui_file ui_files[]; /* ends with a zero row */
extern const char ui_hash[];

#endif
