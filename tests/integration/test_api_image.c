/* The REST API: the image repository. What PoPs get of it: tests/unit/nfvo/lifecycle/test_image.c. */
#include "tests/support/api_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "nfvo/catalogue/package.h"
#include "nfvo/store/image_token.h"
#include "nfvo/store/store_image.h"

#define IMAGES "/api/v1/nfvimage"
#define SAYS   "&minRam=64&minDiskSpace=1&minCPU=1&diskFormat=qcow2&containerFormat=bare"
#define NOBODY "3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf31"

static char folder[96];

/* With a folder for images: the fixture's own, so that it goes with it. */
static int set_up(void **state)
{
    if (api_fixture_setup(state) != 0)
        return 1;
    struct api_fixture *f = *state;
    snprintf(folder, sizeof(folder), "%s/images", f->directory);
    if (mkdir(folder, 0700) != 0)
        return 1;
    f->options.image_directory = folder;
    f->options.max_upload = 8 << 20;
    api_fixture_reopen(f);
    return 0;
}

static int tear_down(void **state)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
    return api_fixture_teardown(state);
}

static unsigned files(void)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    unsigned n = 0;
    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static const char *file_url(struct api_fixture *f, const char *id, int64_t until_s)
{
    AUTO(sbuf_release) struct sbuf token = SBUF_INIT;
    image_token_make(store_seal(f->store), id, until_s, &token);
    return api_text(IMAGES "/file/%s?token=%s", id, token.s);
}

static void image_lives(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_upload(f, IMAGES "?name=web%3a1&isPublic=true" SAYS, "QFI\xfb image", 10));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    HAS("\"name\":\"web:1\"");
    HAS("\"hash\":\"2606a57426e57964fb83a251d0ade374\"");
    HAS("\"storedLocally\":true");
    HAS("\"size\":10");
    HAS("\"minRam\":64");
    HAS_NOT("\"isPublic\":true"); /* its project's, whoever asks */
    assert_int_equal(files(), 1);
    WANT(200, api_call(f, "GET", IMAGES, NULL));
    HAS(id);
    WANT(200, api_call(f, "GET", api_text(IMAGES "/%s", id), NULL));
    HAS("\"sha256\":\"");
    WANT(422, api_upload(f, IMAGES "?name=web%3a1" SAYS, "other", 5));
    HAS("An image with name web:1 exists already in the image repository for project ");
    assert_int_equal(files(), 1); /* of the second one nothing is left */
    WANT(204, api_call(f, "DELETE", api_text(IMAGES "/%s", id), NULL));
    assert_int_equal(files(), 0);
    WANT(404, api_call(f, "GET", api_text(IMAGES "/%s", id), NULL));
    HAS("found in image repository (project: ");
    WANT(204, api_call(f, "DELETE", api_text(IMAGES "/%s", id), NULL));
}

/* More than fits into memory: out of a file, into a file. */
static void large_one(void **state)
{
    struct api_fixture *f = *state;
    size_t n = 3 << 20;
    char *data = malloc(n), id[64];
    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (char)(i * 7 + i / 4096);
    WANT(201, api_upload(f, IMAGES "?name=large" SAYS, data, n));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    f->token[0] = '\0'; /* drivers have no login */
    WANT(200, api_call(f, "GET", file_url(f, id, time(NULL) + 60), NULL));
    assert_int_equal(f->res.body.len, n);
    assert_memory_equal(f->res.body.s, data, n);
    free(data);
}

static void links(void **state)
{
    struct api_fixture *f = *state;
    WANT(201,
         api_call(f, "POST", IMAGES "?name=far&url=http%3a%2f%2f192.0.2.1%2fi.img" SAYS, NULL));
    HAS("\"url\":\"http://192.0.2.1/i.img\"");
    HAS_NOT("\"storedLocally\":true");
    assert_int_equal(files(), 0);
    f->options.image_directory = ""; /* an orchestrator that keeps no files takes links */
    api_fixture_reopen(f);
    WANT(201, api_call(f, "POST", IMAGES "?name=b&url=http%3a%2f%2f192.0.2.1%2fi.img" SAYS, NULL));
    WANT(422, api_upload(f, IMAGES "?name=c" SAYS, "x", 1));
    HAS("its operator sets image-dir");
}

static void attack_bad_requests(void **state)
{
    static const struct {
        const char *query, *file, *want;
    } cases[] = {
        {"?name=a" SAYS, NULL, "You have to specify a URL"},
        {"?name=a&url=http%3a%2f%2f192.0.2.1%2f" SAYS, "x", "but not both"},
        {"?name=a" SAYS, "", "The provided image file is empty"},
        {SAYS, "x", "the parameter 'name' is not there"},
        {"?name=" SAYS, "x", "the parameter 'name' is not there"},
        {"?name=a&minRam=1", "x", "the parameter 'minDiskSpace' is not there"},
        {"?name=a&minRam=-1" SAYS, "x", "is no number from 0"},
        {"?name=a&minRam=99999999999999999999" SAYS, "x", "is no number from 0"},
        {"?name=a&minRam=1e9" SAYS, "x", "is no number from 0"},
        {"?name=a%0ab" SAYS, "x", "name"},
        {"?name=a&url=file%3a%2f%2f%2fetc%2fshadow" SAYS, NULL, "url"},
        {"?name=a&url=http%3a%2f%2fu%3ap%40192.0.2.1%2f" SAYS, NULL, "seems to hold a login"},
    };
    struct api_fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *q = cases[i].query;
        const char *path = api_text(IMAGES "%s%s", *q == '&' ? "?x=1" : "", q);
        int status = cases[i].file ? api_upload(f, path, cases[i].file, strlen(cases[i].file))
                                   : api_call(f, "POST", path, NULL);
        print_message("%s\n", q);
        WANT(422, status);
        HAS(cases[i].want);
        HAS_NOT("u:p@");
    }
    assert_int_equal(files(), 0);
    f->project[0] = '*';
    f->project[1] = '\0';
    WANT(422, api_upload(f, IMAGES "?name=a" SAYS, "x", 1));
}

/* Of another project it is not there. */
static void attack_foreign(void **state)
{
    struct api_fixture *f = *state;
    char id[64], other[64];
    WANT(201, api_upload(f, IMAGES "?name=mine" SAYS, "x", 1));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    api_make(f, "/api/v1/projects", "{\"name\":\"other\"}", other);
    snprintf(f->project, sizeof(f->project), "%s", other);
    WANT(404, api_call(f, "GET", api_text(IMAGES "/%s", id), NULL));
    WANT(204, api_call(f, "DELETE", api_text(IMAGES "/%s", id), NULL));
    WANT(200, api_call(f, "GET", IMAGES, NULL));
    HAS_NOT("mine");
    WANT(201, api_upload(f, IMAGES "?name=mine" SAYS, "y", 1)); /* names are a project's own */
    assert_int_equal(files(), 2);
}

/* A token is of one image, for a time, and made here. */
static void attack_tokens(void **state)
{
    struct api_fixture *f = *state;
    AUTO(sbuf_release) struct sbuf token = SBUF_INIT;
    char id[64], other[64];
    WANT(201, api_upload(f, IMAGES "?name=a" SAYS, "first", 5));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    WANT(201, api_upload(f, IMAGES "?name=b" SAYS, "second", 6));
    snprintf(other, sizeof(other), "%s", api_member(f, "id"));
    f->token[0] = '\0';
    WANT(200, api_call(f, "GET", file_url(f, id, time(NULL) + 60), NULL));
    assert_string_equal(f->res.body.s, "first");
    WANT(403, api_call(f, "GET", file_url(f, id, time(NULL) - 1), NULL));
    image_token_make(store_seal(f->store), other, time(NULL) + 60, &token);
    WANT(403, api_call(f, "GET", api_text(IMAGES "/file/%s?token=%s", id, token.s), NULL));
    token.s[0]++; /* ends later */
    WANT(403, api_call(f, "GET", api_text(IMAGES "/file/%s?token=%s", other, token.s), NULL));
    static const char *const bad[] = {
        "", "x", ".", "99999999999.", "9999999999999999999999999.x", "-1.x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        WANT(403, api_call(f, "GET", api_text(IMAGES "/file/%s?token=%s", id, bad[i]), NULL));
    WANT(404, api_call(f, "GET", file_url(f, NOBODY, time(NULL) + 60), NULL));
}

/* The file system is as good as full: refused before a byte is written, and said. */
static void no_room(void **state)
{
    struct api_fixture *f = *state;
    f->options.image_reserve = INT64_C(1) << 44;
    api_fixture_reopen(f);
    int status = api_upload(f, IMAGES "?name=a" SAYS, "x", 1);
    HAS("there is no room for the image in ");
    HAS("image-reserve");
    assert_true(status >= 400);
    assert_int_equal(files(), 0);
    WANT(200, api_call(f, "GET", IMAGES, NULL));
    HAS_NOT("\"name\"");
}

static int upload_package(struct api_fixture *f, const char *version, const char *images)
{
    AUTO(sbuf_release) struct sbuf tar = SBUF_INIT;
    struct package_writer *w = catalogue_package_writer_new(&tar);
    const char *const files[][2] = {
        {"Metadata.yaml", api_text("name: p\nvendor: v\nversion: %s\nnfvo_version: 6.0\nvim_types: "
                                   "[openstack]\n%s",
                                   version, images)},
        {"vnfd.json",
         "{\"name\":\"p\",\"vendor\":\"v\",\"version\":\"1\",\"type\":\"t\",\"endpoint\":"
         "\"generic\",\"vdu\":[{\"vnfc\":[{\"connection_point\":[]}]}]}"},
        {"images/disk", "the bytes"}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_int_equal(
            catalogue_package_add(w, files[i][0], files[i][1], strlen(files[i][1]), NULL), ERR_OK);
    assert_int_equal(catalogue_package_writer_end(w, NULL), ERR_OK);
    return api_upload(f, "/api/v1/vnf-packages", tar.s, tar.len);
}

#define FORMATS                                                                                    \
    "diskFormat: qcow2, containerFormat: bare, minCPU: 1, minDisk: 2, minRam: 64, isPublic: true"

/* What a package brings is in the repository, and its VDUs name it. */
static void images_of_packages(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(200, upload_package(f, "1",
                             "images:\n  disk: {" FORMATS
                             "}\n  far: {url: 'http://192.0.2.1/x', " FORMATS "}\n"));
    HAS("\"vm_image\":[\"disk\",\"far\"]");
    HAS_NOT("repository");
    WANT(200, api_call(f, "GET", IMAGES "?name=disk", NULL));
    HAS("\"hash\":\"ab48e870377e5d9fbe11663949e229b0\"");
    HAS("\"minDiskSpace\":2");
    HAS_NOT("\"isPublic\":true");
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    WANT(200, api_call(f, "GET", file_url(f, id, time(NULL) + 60), NULL));
    assert_string_equal(f->res.body.s, "the bytes");
    WANT(200, api_call(f, "GET", IMAGES "?name=far", NULL));
    HAS("\"url\":\"http://192.0.2.1/x\"");
    WANT(200, upload_package(f, "2", "images:\n  disk: {" FORMATS "}\n"));
    HAS("the repository has an image of that name: it stays as it is");
    assert_int_equal(files(), 1);
    f->options.image_directory = "";
    api_fixture_reopen(f);
    WANT(200, upload_package(f, "3", "images:\n  disk: {" FORMATS "}\n"));
    HAS("it is not in the repository: this orchestrator keeps no image files (image-dir)");
    WANT(200, upload_package(f, "4",
                             "image: {upload: true, link: 'http://192.0.2.1/old'}\n"
                             "image-config: {name: old, " FORMATS "}\n"));
    WANT(200, api_call(f, "GET", IMAGES "?name=old", NULL));
    HAS("\"url\":\"http://192.0.2.1/old\"");
    WANT(200, upload_package(f, "5",
                             "image: {upload: true, link: 'http://u:p@192.0.2.1/old'}\n"
                             "image-config: {name: sly, " FORMATS "}\n"));
    HAS("seems to hold a login");
}

static void put_file(const char *name, bool is_old)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fclose(out);
    struct utimbuf t = {time(NULL) - (is_old ? 90000 : 0), time(NULL) - (is_old ? 90000 : 0)};
    assert_int_equal(utime(path, &t), 0);
}

/* A process that died between file and row: the next start takes the file away, once it is old. */
static void swept(void **state)
{
    struct api_fixture *f = *state;
    char id[64];
    WANT(201, api_upload(f, IMAGES "?name=a" SAYS, "x", 1));
    snprintf(id, sizeof(id), "%s", api_member(f, "id"));
    put_file(id, true);                                          /* has a row */
    put_file(NOBODY, true);                                      /* goes */
    put_file("3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf32.part", true); /* goes */
    put_file("3f6f5c5e-0f5c-4c3f-9d60-3d1c40a5cf33", false);     /* young */
    put_file("somebody's", true);                                /* not ours */
    api_fixture_reopen(f);
    assert_int_equal(files(), 3);
    WANT(200, api_call(f, "GET", file_url(f, id, time(NULL) + 60), NULL));
}

#define IMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMAGE_TEST(image_lives),
        IMAGE_TEST(large_one),
        IMAGE_TEST(links),
        IMAGE_TEST(attack_bad_requests),
        IMAGE_TEST(attack_foreign),
        IMAGE_TEST(attack_tokens),
        IMAGE_TEST(no_room),
        IMAGE_TEST(swept),
        IMAGE_TEST(images_of_packages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
