#include "tests/support/oracle.h"

#include <string.h>

json_t *oracle_parse(const char *text, size_t len)
{
    return json_loadb(text, len, JSON_DECODE_ANY, NULL);
}

static bool objects_equal(json_t *a, json_t *b)
{
    const char *key;
    json_t *value, *other;
    json_object_foreach(a, key, value)
    {
        other = json_object_get(b, key);
        if (!json_is_null(value) && (!other || !oracle_equal(value, other)))
            return false;
    }
    json_object_foreach(b, key, value)
    {
        other = json_object_get(a, key);
        if (!json_is_null(value) && (!other || json_is_null(other)))
            return false;
    }
    return true;
}

static const json_t *next(const json_t *array, size_t *i)
{
    const json_t *value;
    while ((value = json_array_get(array, (*i)++)))
        if (!json_is_null(value))
            return value;
    return NULL;
}

static bool arrays_equal(const json_t *a, const json_t *b)
{
    size_t i = 0, k = 0;
    for (;;) {
        const json_t *x = next(a, &i), *y = next(b, &k);
        if (!x || !y)
            return x == y;
        if (!oracle_equal(x, y))
            return false;
    }
}

static json_t *writable(const json_t *value)
{
    union {
        const json_t *from;
        json_t *to; /* json_object_foreach wants it so, and changes nothing */
    } u = {value};
    return u.to;
}

bool oracle_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b);
        return json_is_integer(a) && json_is_integer(b)
                   ? json_integer_value(a) == json_integer_value(b)
                   : !(x < y) && !(x > y);
    }
    if (json_typeof(a) != json_typeof(b))
        return false;
    if (json_is_object(a))
        return objects_equal(writable(a), writable(b));
    return json_is_array(a) ? arrays_equal(a, b) : json_equal(a, b);
}

bool oracle_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    json_t *x = oracle_parse(a, a_len), *y = oracle_parse(b, b_len);
    bool is_same = x && y && oracle_equal(x, y);
    json_decref(x);
    json_decref(y);
    return is_same;
}

bool oracle_exceeds(const json_t *value, int depth, size_t count)
{
    const char *key;
    size_t i;
    json_t *inner;
    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (depth == 0 || json_array_size(value) > count || json_object_size(value) > count)
        return true;
    json_object_foreach(writable(value), key, inner)
    {
        if (oracle_exceeds(inner, depth - 1, count))
            return true;
    }
    json_array_foreach(value, i, inner)
    {
        if (oracle_exceeds(inner, depth - 1, count))
            return true;
    }
    return false;
}
