// OpenSSL 3.0 as Swift needs it: macros as functions, a BIO over memory that the caller lends, and the making of
// certificates.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

// What a session reads from and writes to during one call. `in` is lent for that call; `out` is owned and grows.
typedef struct {
    const uint8_t *in;
    size_t in_length;
    size_t in_offset;
    uint8_t *out;
    size_t out_length;
    size_t out_capacity;
} copenssl_io;

copenssl_io *copenssl_io_new(void);
void copenssl_io_free(copenssl_io *io);

// A BIO over `io`, which must outlive it. BIO_read(3) says "retry" when `in` is used up.
BIO *copenssl_bio_new(copenssl_io *io);

// A server's context with the settings of Mozilla's intermediate profile 6.0 (no tickets, no session cache, no
// renegotiation, no compression), which offers h2 before http/1.1 if `http2` is set; NULL on failure, with the reason
// on OpenSSL's error stack.
SSL_CTX *copenssl_server_context(int http2);
SSL_CTX *copenssl_client_context(void);

// The name that a client sends as SNI and checks the server's certificate for. 1, or 0.
int copenssl_set_server_name(SSL *ssl, const char *name);

// KeyUpdate messages (RFC 8446 §4.6.3) that a server's session has received since the last call.
int copenssl_take_key_updates(SSL *ssl);

// Narrows a context: versions from 1.3 on if `only_13` is set; the cipher suites by their IANA names, separated by
// colons, where the lists are not empty. 1, or 0 with the reason on the error stack.
int copenssl_restrict(SSL_CTX *context, int only_13, const char *suites_12, const char *suites_13);

// OpenSSL's name of a TLS 1.2 suite by its IANA name; "(NONE)" if there is none.
const char *copenssl_suite_name(const char *iana_name);

// Serves clients that ask by SNI (RFC 6066 §3) for `pattern`, a host name or `*.` and a domain, with the certificate of
// `other`, which must outlive `context`. 1, or 0 when there is no memory.
int copenssl_add_server_name(SSL_CTX *context, const char *pattern, SSL_CTX *other);

// Frees a context, and its list of server names.
void copenssl_context_free(SSL_CTX *context);

// DNS names of the first certificate of a PEM file, one a call, which the caller frees with copenssl_free; NULL past
// the last.
char *copenssl_dns_name(const uint8_t *pem, size_t length, int position);

// Whether the handshake agreed on h2 (RFC 7301).
int copenssl_is_http2(SSL *ssl);

// What a client offers by ALPN: h2 before http/1.1, or http/1.1 alone.
void copenssl_offer_http2(SSL_CTX *context, int http2);

// PEM bytes: a certificate with the chain behind it, and its key. 1, or 0 with the reason on the error stack.
int copenssl_use_certificate(SSL_CTX *context, const uint8_t *chain, size_t chain_length, const uint8_t *key,
                             size_t key_length);

// The certificates of a PEM bundle, each trusted by itself; NULL when it has none or is broken.
X509_STORE *copenssl_store(const uint8_t *bundle, size_t length);

// The CA names that the handshake tells clients.
int copenssl_set_client_ca_names(SSL_CTX *context, const uint8_t *bundle, size_t length);

// Verifies the peer's chain for client authentication (RFC 5280, purpose sslclient).
// X509_V_OK (0), and in `*not_after` the seconds since 1970 at which the first certificate of the chain ends; or an
// X509_V_ERR code for X509_verify_cert_error_string(3); -1 when the peer sent none.
int copenssl_verify_peer(SSL *ssl, X509_STORE *store, int64_t *not_after);

// Values of one attribute of the peer's subject, such as NID_commonName, in order; each call answers one, as UTF-8
// that the caller frees with copenssl_free: empty when it cannot be told in UTF-8 without NUL; NULL past the last.
char *copenssl_peer_subject(SSL *ssl, int nid, int position);

// SHA-256 of the peer's certificate in DER. 1, or 0 when there is none.
int copenssl_peer_fingerprint(SSL *ssl, uint8_t digest[32]);

void copenssl_free(void *memory);

// A certificate and its key, PEM, which the caller frees with copenssl_free.
typedef struct {
    char *certificate;
    char *key;
} copenssl_pair;

// A self-signed CA with a P-256 key. 1, or 0 with the reason on the error stack.
int copenssl_make_authority(const char *common_name, int days, copenssl_pair *made);

// A leaf with a P-256 key, signed by the CA. `organizations` ends with NULL; `alternative_names` as in
// x509v3_config(5), or NULL; `usage` is "serverAuth" or "clientAuth".
int copenssl_issue(const char *ca_certificate, const char *ca_key, const char *common_name,
                   const char *const *organizations, const char *alternative_names, const char *usage, int days,
                   copenssl_pair *made);

// Whether the first certificate of a PEM file is good for a host name, or for an IP address. 1 or 0.
int copenssl_covers(const uint8_t *pem, size_t length, const char *name, int is_address);

// Seconds until the first certificate of a PEM file ends; negative when it has, INT64_MIN when it can't be read.
int64_t copenssl_seconds_left(const uint8_t *pem, size_t length);

#endif
