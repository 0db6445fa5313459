/* Bodies that are no record of proto: JSON Schemas. */
#include "nfvo/api/contract/contract.h"

/* clang-format off */
#define TEXT    "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define OBJECT(members) "{\"type\":\"object\",\"properties\":{" members "}}"
#define NEEDS(names, members) "{\"type\":\"object\",\"required\":[" names "],\"properties\":{" members "}}"
#define QUOTA OBJECT("\"services\":" INTEGER ",\"instances\":" INTEGER ",\"vcpus\":" INTEGER ",\"ram\":" INTEGER)

const struct contract_shape contract_shapes[] = {
    {"object",  "{\"type\":\"object\"}"},
    {"nothing", "{\"type\":\"object\"}"},
    {"text",    TEXT},
    {"ids",     "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}}"},
    {"link",    OBJECT("\"link\":" TEXT)},
    {"token_request", NEEDS("\"grant_type\"", "\"grant_type\":{\"type\":\"string\",\"enum\":[\"password\",\"refresh_token\"]},\"username\":" TEXT
                      ",\"password\":{\"type\":\"string\",\"format\":\"password\"},\"refresh_token\":" TEXT)},
    {"revoke_request", NEEDS("\"token\"", "\"token\":" TEXT)},
    {"token",   NEEDS("\"access_token\",\"token_type\",\"expires_in\"", "\"access_token\":" TEXT ",\"value\":" TEXT ",\"token_type\":" TEXT ",\"refresh_token\":" TEXT
                      ",\"expires_in\":" INTEGER ",\"scope\":" TEXT)},
    {"oauth_error", OBJECT("\"error\":" TEXT ",\"error_description\":" TEXT ",\"detailMessage\":" TEXT ",\"message\":" TEXT ",\"status\":" INTEGER)},
    {"account", NEEDS("\"name\"", "\"name\":" TEXT ",\"kind\":" TEXT ",\"type\":" TEXT ",\"queue\":" TEXT ",\"room\":" TEXT ",\"project\":" TEXT_OR_NULL ",\"sdk\":" TEXT
                      ",\"state\":" TEXT ",\"fault\":" TEXT_OR_NULL ",\"inner\":" BOOLEAN ",\"open\":" BOOLEAN ",\"enrolled\":" BOOLEAN ",\"management\":" BOOLEAN
                      ",\"active\":" BOOLEAN ",\"instances\":" TEXT ",\"madeAt\":" INTEGER ",\"others\":" INTEGER ",\"password\":{\"type\":\"string\",\"description\":\"shown once: when the account is made, and when it is rotated\"}")},
    {"project_use", NEEDS("\"used\",\"quota\"", "\"used\":" QUOTA ",\"quota\":" QUOTA)},
    {"pop_quotas",  NEEDS("\"total\",\"left\"", "\"total\":{\"type\":\"object\"},\"left\":{\"type\":\"object\"}")},
    {"service_token", OBJECT("\"token\":" TEXT)},
    {"host_dependency", OBJECT("\"source\":" TEXT ",\"target\":" TEXT)},
    {"consent", OBJECT("\"repeat\":" BOOLEAN ",\"unknown\":{\"type\":\"string\",\"enum\":[\"repeat\",\"done\"]}")},
    {"logs",    "{\"anyOf\":[{\"type\":\"array\",\"items\":" TEXT "}," OBJECT("\"outputLog\":{\"type\":\"array\",\"items\":" TEXT "},\"errorLog\":{\"type\":\"array\",\"items\":" TEXT "}") "]}"},
    {"request", OBJECT("\"id\":" TEXT ",\"hbVersion\":" INTEGER ",\"username\":" TEXT ",\"method\":" TEXT ",\"path\":" TEXT ",\"result\":" TEXT ",\"timestamp\":" INTEGER)},
    {"slow_request", NEEDS("\"id\",\"state\"", "\"id\":" TEXT ",\"state\":{\"type\":\"string\",\"enum\":[\"PENDING\",\"DONE\",\"FAILED\"]},\"status\":" INTEGER ",\"error\":{\"type\":\"object\"}")},
    {"front",   OBJECT("\"name\":" TEXT ",\"version\":" TEXT ",\"api\":" TEXT ",\"openapi\":" TEXT ",\"doc\":" TEXT)},
    {"target",  NEEDS("\"targets\",\"labels\"", "\"targets\":{\"type\":\"array\",\"items\":" TEXT "},\"labels\":{\"type\":\"object\",\"additionalProperties\":" TEXT "}")},
    {"health",  NEEDS("\"status\"", "\"status\":" TEXT ",\"message\":" TEXT)},
    {0},
};
/* clang-format on */
