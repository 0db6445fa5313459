#include "common/http/url.h"

#include "common/base/text.h"

#include <curl/curl.h>
#include <stdio.h>
#include <strings.h>

void http_url_mask(struct sbuf *out, const char *url)
{
    text_mask_url(out, url);
}

static enum err_code bad(const char *url, struct err *err)
{
    AUTO(sbuf_release) struct sbuf shown = SBUF_INIT;
    http_url_mask(&shown, url);
    err_set(err, ERR_INVALID, "'%.160s' is not an http URL", shown.s);
    err_hint(err, "http://host:port/path");
    return ERR_INVALID;
}

static bool read_host(CURLU *u, const char *url, char host[static 256])
{
    char *scheme = NULL, *name = NULL;
    bool is = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0) &&
              curl_url_get(u, CURLUPART_HOST, &name, 0) == CURLUE_OK && *name;
    size_t len = is ? strlen(name) : 0;
    bool is_v6 = len > 2 && name[0] == '[' && name[len - 1] == ']';
    is = is && len < 256;
    if (is) {
        memcpy(host, name + is_v6, len - 2 * is_v6);
        host[len - 2 * is_v6] = '\0';
    }
    curl_free(scheme);
    curl_free(name);
    return is;
}

enum err_code http_url_host(const char *url, char host[static 256], struct err *err)
{
    CURLU *u = curl_url();
    if (!u)
        return err_set(err, ERR_NOMEM, "read a URL");
    bool is = read_host(u, url, host);
    curl_url_cleanup(u);
    return is ? ERR_OK : bad(url, err);
}
