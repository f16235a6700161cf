#include "COpenSSL.h"
#include "pem.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

// Clocks differ: what is made now must be valid on a machine that is behind by this much.
enum { backdate_seconds = 300 };

static int add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static int add_name(X509_NAME *name, const char *field, const char *value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0);
}

// What a CA and a leaf have in common; the subject and the extensions are still to come.
static X509 *unsigned_certificate(EVP_PKEY *key, int days) {
    X509 *certificate = X509_new();
    BIGNUM *serial = BN_new();
    int done = certificate && serial && BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
               BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) &&
               X509_set_version(certificate, X509_VERSION_3) &&
               X509_gmtime_adj(X509_getm_notBefore(certificate), -backdate_seconds) &&
               X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) && X509_set_pubkey(certificate, key);
    BN_free(serial);
    if (done) return certificate;
    X509_free(certificate);
    return NULL;
}

static char *text_of(BIO *bio) {
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    return length > 0 ? strndup(data, (size_t)length) : NULL;
}

static int write_pair(X509 *certificate, EVP_PKEY *key, copenssl_pair *made) {
    BIO *certificate_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
    made->certificate = made->key = NULL;
    if (certificate_bio && key_bio && PEM_write_bio_X509(certificate_bio, certificate) &&
        PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL)) {
        made->certificate = text_of(certificate_bio);
        made->key = text_of(key_bio);
    }
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    return made->certificate && made->key;
}

int copenssl_make_authority(const char *common_name, int days, copenssl_pair *made) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? unsigned_certificate(key, days) : NULL;
    int done = certificate && add_name(X509_get_subject_name(certificate), "CN", common_name) &&
               X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
               add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
               add_extension(certificate, certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
               add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
               X509_sign(certificate, key, EVP_sha256()) && write_pair(certificate, key, made);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return done;
}

int copenssl_issue(const char *ca_certificate, const char *ca_key, const char *common_name,
                   const char *const *organizations, const char *alternative_names, const char *usage, int days,
                   copenssl_pair *made) {
    BIO *ca_bio = BIO_new_mem_buf(ca_certificate, -1), *ca_key_bio = BIO_new_mem_buf(ca_key, -1);
    X509 *ca = ca_bio ? read_certificate(ca_bio) : NULL;
    EVP_PKEY *signer = ca_key_bio ? read_private_key(ca_key_bio) : NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = ca && signer && key ? unsigned_certificate(key, days) : NULL;
    int done = certificate != NULL;
    for (; done && *organizations; ++organizations)
        done = add_name(X509_get_subject_name(certificate), "O", *organizations);
    done = done && add_name(X509_get_subject_name(certificate), "CN", common_name) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(ca)) &&
           add_extension(certificate, ca, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, ca, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, ca, NID_ext_key_usage, usage) &&
           add_extension(certificate, ca, NID_authority_key_identifier, "keyid") &&
           (!alternative_names || add_extension(certificate, ca, NID_subject_alt_name, alternative_names)) &&
           X509_sign(certificate, signer, EVP_sha256()) && write_pair(certificate, key, made);
    X509_free(certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(signer);
    X509_free(ca);
    BIO_free(ca_bio);
    BIO_free(ca_key_bio);
    return done;
}
