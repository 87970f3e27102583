// What alerts need of libcurl: one call that sends something and says what came of it. `curl_easy_setopt` takes any number of
// arguments, which Swift cannot call.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { ccurl_text_size = 512, ccurl_answer_size = 4096 };

struct ccurl_request {
    const char *url;
    // The only protocols of all that may be spoken, with commas between: "http,https".
    const char *protocols;
    // Null where there is none.
    const char *user;
    const char *password;
    // Whole lines "Name: value", null behind the last; null where there are none.
    const char *const *headers;
    // Of a mail; null where it is none.
    const char *from;
    const char *const *recipients;
    const void *body;
    size_t length;
    long milliseconds;
    // Of a mail: whether nothing may be sent before the line is encrypted.
    int must_encrypt;
};

struct ccurl_outcome {
    // 0 where the receiver was reached and answered; else a CURLcode.
    int code;
    // Of HTTP or SMTP; 0 where there is none.
    long status;
    // What went wrong, ended by 0.
    char text[ccurl_text_size];
    // The beginning of what the receiver answered.
    char answer[ccurl_answer_size];
    size_t answered;
};

// Loads libcurl; null where that went well, else why it did not.
const char *ccurl_load(void);

// Sends, and waits for the answer. Follows no redirect, and checks certificates.
void ccurl_send(const struct ccurl_request *request, struct ccurl_outcome *outcome);
