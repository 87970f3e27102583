// The functions of libcurl that are called here, found in the library when something is first sent: a host that alerts nobody is
// spared it.
#define _GNU_SOURCE
#include "shim.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const char *const library_names[] = {"libcurl-gnutls.so.4", "libcurl.so.4"};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[ccurl_text_size];
static const char *reason;

// `curl/curl.h` makes macros of the first two, which check types.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static __typeof__(&curl_global_init) global_init;
static __typeof__(&curl_easy_init) easy_init;
static __typeof__(&curl_easy_setopt) easy_setopt;
static __typeof__(&curl_easy_perform) easy_perform;
static __typeof__(&curl_easy_getinfo) easy_getinfo;
static __typeof__(&curl_easy_cleanup) easy_cleanup;
static __typeof__(&curl_easy_strerror) easy_strerror;
static __typeof__(&curl_slist_append) slist_append;
static __typeof__(&curl_slist_free_all) slist_free_all;

static void load(void) {
    void *library = NULL;
    for (size_t index = 0; !library && index < sizeof library_names / sizeof *library_names; index++) {
        library = dlopen(library_names[index], RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) {
        const char *error = dlerror();
        snprintf(failure, sizeof failure, "%s", error ? error : "it is not there");
        reason = failure;
        return;
    }
    struct {
        const char *name;
        void *place;
    } functions[] = {
        {"curl_global_init", &global_init},     {"curl_easy_init", &easy_init},
        {"curl_easy_setopt", &easy_setopt},     {"curl_easy_perform", &easy_perform},
        {"curl_easy_getinfo", &easy_getinfo},   {"curl_easy_cleanup", &easy_cleanup},
        {"curl_easy_strerror", &easy_strerror}, {"curl_slist_append", &slist_append},
        {"curl_slist_free_all", &slist_free_all},
    };
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
        void *found = dlsym(library, functions[index].name);
        if (!found) {
            snprintf(failure, sizeof failure, "it has no %s", functions[index].name);
            reason = failure;
            return;
        }
        memcpy(functions[index].place, &found, sizeof found);
    }
    if (global_init(CURL_GLOBAL_DEFAULT)) reason = "it cannot be set up";
}

const char *ccurl_load(void) {
    pthread_once(&once, load);
    return reason;
}

struct upload {
    const char *body;
    size_t left;
};

static size_t give(char *place, size_t size, size_t count, void *context) {
    struct upload *upload = context;
    size_t room = size * count;
    size_t length = upload->left < room ? upload->left : room;
    memcpy(place, upload->body, length);
    upload->body += length;
    upload->left -= length;
    return length;
}

// More than is kept ends the transfer: nothing that is needed is so long.
enum { longest_answer = 1 << 20 };

struct download {
    struct ccurl_outcome *outcome;
    size_t total;
};

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct download *download = context;
    struct ccurl_outcome *outcome = download->outcome;
    size_t length = size * count;
    download->total += length;
    if (download->total > longest_answer) return 0;
    size_t room = sizeof outcome->answer - outcome->answered;
    size_t kept = length < room ? length : room;
    memcpy(outcome->answer + outcome->answered, bytes, kept);
    outcome->answered += kept;
    return length;
}

static struct curl_slist *list(const char *const *lines) {
    struct curl_slist *list = NULL;
    for (; lines && *lines; lines++) {
        struct curl_slist *longer = slist_append(list, *lines);
        if (!longer) break;
        list = longer;
    }
    return list;
}

void ccurl_send(const struct ccurl_request *request, struct ccurl_outcome *outcome) {
    memset(outcome, 0, sizeof *outcome);
    const char *missing = ccurl_load();
    CURL *curl = missing ? NULL : easy_init();
    if (!curl) {
        outcome->code = CURLE_FAILED_INIT;
        snprintf(outcome->text, sizeof outcome->text, "libcurl cannot be loaded: %s", missing ? missing : "no memory");
        return;
    }
    char text[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = list(request->headers), *recipients = list(request->recipients);
    struct upload upload = {request->body, request->length};
    struct download download = {outcome, 0};
    easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    easy_setopt(curl, CURLOPT_URL, request->url);
    easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->milliseconds);
    easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    // Variables of the environment do not say where keys are sent.
    easy_setopt(curl, CURLOPT_PROXY, "");
    easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    easy_setopt(curl, CURLOPT_WRITEDATA, &download);
    easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = easy_setopt(curl, CURLOPT_PROTOCOLS_STR, request->protocols);
    if (request->user) easy_setopt(curl, CURLOPT_USERNAME, request->user);
    if (request->password) easy_setopt(curl, CURLOPT_PASSWORD, request->password);
    if (request->from) {
        easy_setopt(curl, CURLOPT_MAIL_FROM, request->from);
        easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
        easy_setopt(curl, CURLOPT_USE_SSL, (long)(request->must_encrypt ? CURLUSESSL_ALL : CURLUSESSL_TRY));
        easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        easy_setopt(curl, CURLOPT_READFUNCTION, give);
        easy_setopt(curl, CURLOPT_READDATA, &upload);
    } else {
        easy_setopt(curl, CURLOPT_POST, 1L);
        easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
        easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    }
    if (!code) code = easy_perform(curl);
    outcome->code = (int)code;
    easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &outcome->status);
    if (code) snprintf(outcome->text, sizeof outcome->text, "%s", *text ? text : easy_strerror(code));
    easy_cleanup(curl);
    slist_free_all(headers);
    slist_free_all(recipients);
}
