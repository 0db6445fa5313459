/* Print a libFuzzer dictionary out of the field tables: names, second names, words. */
#include "proto/types.h"

#include <stdio.h>

static void print(const char *word)
{
    printf("\"\\\"%s\\\"\"\n", word);
}

int main(void)
{
    static const char *const values[] = {"{}",    "[]",    "null", "true", "false", "[null]",
                                         "{\\\"", "\\\":", "1.5",  "-0",   "1e5",   "\\\\u00fc"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        printf("\"%s\"\n", values[i]);
    for (const struct proto_type *const *t = proto_types; *t; t++)
        for (uint32_t i = 0; i < (*t)->n_fields; i++) {
            const struct proto_field *f = &(*t)->fields[i];
            print(f->wire);
            if (f->alias)
                print(f->alias);
            for (const char *const *word = f->words; word && *word; word++)
                print(*word);
        }
    return 0;
}
