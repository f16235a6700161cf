// libcurl 7.88 as Swift needs it: the calls with variable arguments, each with its type.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

typedef size_t (*ccurl_transfer_callback)(char *data, size_t size, size_t count, void *user);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl keeps a copy of the text.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// The list is lent until the transfer ends.
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *list) {
    return curl_easy_setopt(easy, option, list);
}

// libcurl keeps a copy of the bytes.
static inline CURLcode ccurl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t length) {
    struct curl_blob blob = {.data = (void *)bytes, .len = length, .flags = CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

static inline void ccurl_set_length(CURL *easy, size_t length) {
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
}

static inline void ccurl_set_receivers(CURL *easy, ccurl_transfer_callback head, ccurl_transfer_callback body,
                                       void *user) {
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, user);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, user);
}

static inline void ccurl_set_sender(CURL *easy, ccurl_transfer_callback read, void *user) {
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read);
    curl_easy_setopt(easy, CURLOPT_READDATA, user);
}

// Lets libcurl send the content again; without it a request whose content has left is never repeated.
static inline void ccurl_set_rewind(CURL *easy, int (*seek)(void *user, curl_off_t offset, int origin), void *user) {
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, user);
}

// 256 bytes, CURL_ERROR_SIZE, lent until the transfer ends.
static inline void ccurl_set_error_text(CURL *easy, char *text) {
    text[0] = 0;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text);
}

// libcurl's own sockets are neither close-on-exec nor quick to notice a dead peer.
static inline curl_socket_t ccurl_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)user;
    (void)purpose;
    int descriptor = socket(address->family, address->socktype, address->protocol);
    if (descriptor < 0) return CURL_SOCKET_BAD;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    unsigned int milliseconds = 30000;
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
    return descriptor;
}

static inline void ccurl_set_open_socket(CURL *easy) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
}

static inline void ccurl_multi_set_callbacks(CURLM *multi,
                                             int (*on_socket)(CURL *, curl_socket_t, int, void *, void *),
                                             int (*on_timer)(CURLM *, long, void *), void *user) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
}

static inline void ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    curl_multi_setopt(multi, option, value);
}

static inline void ccurl_multi_act(CURLM *multi, curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
}

// The next transfer that has ended, with its outcome; NULL when there is none.
static inline CURL *ccurl_multi_next_done(CURLM *multi, CURLcode *code) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

#endif
