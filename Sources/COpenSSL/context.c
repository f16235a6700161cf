#include "COpenSSL.h"
#include "pem.h"

#include <limits.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// The handshake takes any certificate: each request's authenticator verifies it against the CA that applies.
static int accept_any(int preverified, X509_STORE_CTX *context) {
    (void)preverified, (void)context;
    return 1;
}

static const unsigned char protocols[] = "\x02h2\x08http/1.1";

// ALPN (RFC 7301): no overlap ends the handshake with an alert.
static int select_protocol(SSL *ssl, const unsigned char **selected, unsigned char *length, const unsigned char *offered,
                           unsigned int offered_length, void *argument) {
    (void)ssl;
    const unsigned char *served = argument ? protocols : protocols + 3;
    unsigned int served_length = argument ? sizeof protocols - 1 : sizeof protocols - 4;
    return SSL_select_next_proto((unsigned char **)selected, length, served, served_length, offered,
                                 offered_length) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *context_with(const SSL_METHOD *method) {
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context) return NULL;
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) || !SSL_CTX_set_cipher_list(context, ciphers) ||
        !SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384")) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

// The count of KeyUpdate messages is kept in the session's application data, which nothing else uses.
static void count_key_updates(int is_sent, int version, int type, const void *message, size_t length, SSL *ssl,
                              void *argument) {
    (void)version, (void)argument;
    if (!is_sent && type == SSL3_RT_HANDSHAKE && length > 0 && *(const uint8_t *)message == SSL3_MT_KEY_UPDATE)
        SSL_set_app_data(ssl, (void *)((uintptr_t)SSL_get_app_data(ssl) + 1));
}

int copenssl_take_key_updates(SSL *ssl) {
    uintptr_t count = (uintptr_t)SSL_get_app_data(ssl);
    if (count) SSL_set_app_data(ssl, NULL);
    return count > INT_MAX ? INT_MAX : (int)count;
}

SSL_CTX *copenssl_server_context(int http2) {
    SSL_CTX *context = context_with(TLS_server_method());
    if (!context) return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_max_cert_list(context, 64 * 1024);
    SSL_CTX_set_msg_callback(context, count_key_updates);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, http2 ? context : NULL);
    return context;
}

SSL_CTX *copenssl_client_context(void) {
    SSL_CTX *context = context_with(TLS_client_method());
    if (context) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

int copenssl_is_http2(SSL *ssl) {
    const unsigned char *name;
    unsigned int length;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}

void copenssl_offer_http2(SSL_CTX *context, int http2) {
    // 0 is success here.
    SSL_CTX_set_alpn_protos(context, http2 ? protocols : protocols + 3,
                            http2 ? sizeof protocols - 1 : sizeof protocols - 4);
}

int copenssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name);
}

int copenssl_use_certificate(SSL_CTX *context, const uint8_t *chain, size_t chain_length, const uint8_t *key,
                             size_t key_length) {
    int done = 0;
    BIO *bio = BIO_new_mem_buf(chain, (int)chain_length);
    X509 *leaf = bio ? read_certificate(bio) : NULL;
    BIO *key_bio = BIO_new_mem_buf(key, (int)key_length);
    EVP_PKEY *private_key = key_bio ? read_private_key(key_bio) : NULL;
    if (leaf && private_key && SSL_CTX_use_certificate(context, leaf) == 1 &&
        SSL_CTX_use_PrivateKey(context, private_key) == 1 && SSL_CTX_check_private_key(context) == 1) {
        done = 1;
        X509 *next;
        while (done && (next = read_certificate(bio)))
            if (!SSL_CTX_add0_chain_cert(context, next)) {
                X509_free(next);
                done = 0;
            }
        // PEM_read_bio says "no start line" at the end of the file.
        if (done) ERR_clear_error();
    }
    X509_free(leaf);
    EVP_PKEY_free(private_key);
    BIO_free(bio);
    BIO_free(key_bio);
    return done;
}

X509_STORE *copenssl_store(const uint8_t *bundle, size_t length) {
    BIO *bio = BIO_new_mem_buf(bundle, (int)length);
    X509_STORE *store = X509_STORE_new();
    int count = 0;
    X509 *certificate;
    while (bio && store && (certificate = read_certificate(bio))) {
        if (X509_STORE_add_cert(store, certificate)) ++count;
        X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (count == 0) {
        X509_STORE_free(store);
        return NULL;
    }
    // As Go's CertPool: whatever is in the bundle is trusted, an intermediate without its root too.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

int copenssl_set_client_ca_names(SSL_CTX *context, const uint8_t *bundle, size_t length) {
    BIO *bio = BIO_new_mem_buf(bundle, (int)length);
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    X509 *certificate;
    while (bio && names && (certificate = read_certificate(bio))) {
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
        if (name) sk_X509_NAME_push(names, name);
        X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
    if (!names) return 0;
    SSL_CTX_set0_CA_list(context, names);
    return 1;
}

static int64_t seconds_until(const ASN1_TIME *end) {
    int days = 0, seconds = 0;
    if (!ASN1_TIME_diff(&days, &seconds, NULL, end)) return INT64_MIN;
    return (int64_t)days * 86400 + seconds;
}

// A verification is good until the first certificate of its chain ends.
static int64_t chain_not_after(X509_STORE_CTX *context) {
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    int64_t left = INT64_MAX;
    for (int index = 0; index < sk_X509_num(chain); ++index) {
        int64_t seconds = seconds_until(X509_get0_notAfter(sk_X509_value(chain, index)));
        if (seconds < left) left = seconds;
    }
    return left == INT64_MIN || left == INT64_MAX ? 0 : (int64_t)time(NULL) + left;
}

int copenssl_verify_peer(SSL *ssl, X509_STORE *store, int64_t *not_after) {
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    if (!leaf) return -1;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int result = X509_V_ERR_OUT_OF_MEM;
    if (context && X509_STORE_CTX_init(context, store, leaf, SSL_get_peer_cert_chain(ssl))) {
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT);
        result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
        if (result == X509_V_OK) {
            // Go asks for the extended key usage itself, where OpenSSL lets a certificate without the extension pass.
            if (!(X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) ||
                !(X509_get_extended_key_usage(leaf) & (XKU_SSL_CLIENT | XKU_ANYEKU)))
                result = X509_V_ERR_INVALID_PURPOSE;
            *not_after = chain_not_after(context);
        }
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return result;
}

char *copenssl_peer_subject(SSL *ssl, int nid, int position) {
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    if (!leaf) return NULL;
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int index = -1;
    do index = X509_NAME_get_index_by_NID(subject, nid, index);
    while (index >= 0 && position-- > 0);
    if (index < 0) return NULL;
    unsigned char *text = NULL;
    int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    // A NUL inside would make two names look like one.
    if (length < 0 || memchr(text, 0, (size_t)length)) length = 0;
    char *copy = length ? strndup((char *)text, (size_t)length) : strdup("");
    OPENSSL_free(text);
    return copy;
}

int copenssl_peer_fingerprint(SSL *ssl, uint8_t digest[32]) {
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    unsigned int length = 32;
    return leaf && X509_digest(leaf, EVP_sha256(), digest, &length);
}

int64_t copenssl_seconds_left(const uint8_t *pem, size_t length) {
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = bio ? read_certificate(bio) : NULL;
    int64_t left = certificate ? seconds_until(X509_get0_notAfter(certificate)) : INT64_MIN;
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return left;
}

int copenssl_covers(const uint8_t *pem, size_t length, const char *name, int is_address) {
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = bio ? read_certificate(bio) : NULL;
    int covers = certificate && (is_address ? X509_check_ip_asc(certificate, name, 0)
                                            : X509_check_host(certificate, name, strlen(name), 0, NULL)) == 1;
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return covers;
}

void copenssl_free(void *memory) { free(memory); }
