// Readers of PEM that never ask for a password: OpenSSL's own callback asks on the terminal (pem_password_cb(3)), and a
// server has nobody there.
#ifndef COPENSSL_PEM_H
#define COPENSSL_PEM_H

#include <openssl/pem.h>

static inline int no_password(char *buffer, int size, int is_writing, void *user) {
    (void)buffer, (void)size, (void)is_writing, (void)user;
    return -1;
}

// A certificate may be encrypted too (RFC 1421 §4.6.1.1, Proc-Type).
static inline X509 *read_certificate(BIO *bio) { return PEM_read_bio_X509(bio, NULL, no_password, NULL); }

static inline EVP_PKEY *read_private_key(BIO *bio) { return PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL); }

#endif
