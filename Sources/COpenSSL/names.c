#include "COpenSSL.h"
#include "pem.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct server_name {
    char *pattern;
    SSL_CTX *context;
    struct server_name *next;
} server_name;

static int list_index(void) {
    static int index = -1;
    if (__atomic_load_n(&index, __ATOMIC_ACQUIRE) < 0) {
        int made = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL), none = -1;
        __atomic_compare_exchange_n(&index, &none, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    return __atomic_load_n(&index, __ATOMIC_ACQUIRE);
}

// A wildcard stands for one label (RFC 9525 §6.3).
static int matches(const char *pattern, const char *name) {
    if (strncmp(pattern, "*.", 2) != 0) return strcasecmp(pattern, name) == 0;
    const char *rest = strchr(name, '.');
    return rest && rest != name && strcasecmp(pattern + 1, rest) == 0;
}

static int select_certificate(SSL *ssl, int *alert, void *argument) {
    (void)alert, (void)argument;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    server_name *entry = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), list_index());
    for (; name && entry; entry = entry->next)
        if (matches(entry->pattern, name)) {
            SSL_set_SSL_CTX(ssl, entry->context);
            break;
        }
    // Never refused: whoever asks for another name gets the default certificate.
    return SSL_TLSEXT_ERR_OK;
}

int copenssl_add_server_name(SSL_CTX *context, const char *pattern, SSL_CTX *other) {
    server_name *entry = calloc(1, sizeof *entry), *first = SSL_CTX_get_ex_data(context, list_index());
    if (entry) entry->pattern = strdup(pattern);
    if (!entry || !entry->pattern) {
        free(entry);
        return 0;
    }
    entry->context = other;
    // Exact names come before wildcards, each in its order.
    server_name **place = &first;
    while (*place && (strncmp((*place)->pattern, "*.", 2) != 0 || strncmp(pattern, "*.", 2) == 0)) place = &(*place)->next;
    entry->next = *place;
    *place = entry;
    SSL_CTX_set_tlsext_servername_callback(context, select_certificate);
    return SSL_CTX_set_ex_data(context, list_index(), first);
}

void copenssl_context_free(SSL_CTX *context) {
    server_name *entry = SSL_CTX_get_ex_data(context, list_index());
    // Sessions hold references of their own: the list goes with our last one, and no handshake is left to ask it.
    SSL_CTX_set_tlsext_servername_callback(context, NULL);
    SSL_CTX_set_ex_data(context, list_index(), NULL);
    SSL_CTX_free(context);
    while (entry) {
        server_name *next = entry->next;
        free(entry->pattern);
        free(entry);
        entry = next;
    }
}

int copenssl_restrict(SSL_CTX *context, int only_13, const char *suites_12, const char *suites_13) {
    return (!only_13 || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)) &&
           (!*suites_12 || SSL_CTX_set_cipher_list(context, suites_12)) &&
           (!*suites_13 || SSL_CTX_set_ciphersuites(context, suites_13));
}

const char *copenssl_suite_name(const char *iana_name) { return OPENSSL_cipher_name(iana_name); }

char *copenssl_dns_name(const uint8_t *pem, size_t length, int position) {
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = bio ? read_certificate(bio) : NULL;
    GENERAL_NAMES *names = certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
    char *found = NULL;
    for (int index = 0; !found && index < sk_GENERAL_NAME_num(names); ++index) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        if (name->type == GEN_DNS && position-- == 0)
            found = strndup((const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return found;
}
