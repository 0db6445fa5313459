/* For tests/lint/cppcheck.sh alone, which does not read the libraries' headers: what their macros
 * look like. */
#define json_array_foreach(array, i, value) for (i = 0; (value = json_array_get(array, i)); i++)
#define json_object_foreach(object, key, value)                                                    \
    for (key = json_iter_key(object); (value = json_object_get(object, key));                      \
         key = json_iter_key(object))
