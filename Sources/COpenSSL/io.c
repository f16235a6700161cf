#include "COpenSSL.h"

#include <stdlib.h>
#include <string.h>

copenssl_io *copenssl_io_new(void) { return calloc(1, sizeof(copenssl_io)); }

void copenssl_io_free(copenssl_io *io) {
    if (io) free(io->out);
    free(io);
}

static int io_read(BIO *bio, char *data, size_t length, size_t *moved) {
    copenssl_io *io = BIO_get_data(bio);
    size_t left = io->in_length - io->in_offset;
    BIO_clear_retry_flags(bio);
    if (left == 0) {
        BIO_set_retry_read(bio);
        *moved = 0;
        return 0;
    }
    if (length > left) length = left;
    memcpy(data, io->in + io->in_offset, length);
    io->in_offset += length;
    *moved = length;
    return 1;
}

static int io_write(BIO *bio, const char *data, size_t length, size_t *moved) {
    copenssl_io *io = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (io->out_capacity - io->out_length < length) {
        size_t capacity = io->out_capacity ? io->out_capacity : 16384;
        while (capacity - io->out_length < length) capacity *= 2;
        uint8_t *grown = realloc(io->out, capacity);
        if (!grown) return 0;
        io->out = grown;
        io->out_capacity = capacity;
    }
    memcpy(io->out + io->out_length, data, length);
    io->out_length += length;
    *moved = length;
    return 1;
}

static long io_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO *copenssl_bio_new(copenssl_io *io) {
    static BIO_METHOD *method;
    BIO_METHOD *made = __atomic_load_n(&method, __ATOMIC_ACQUIRE);
    if (!made) {
        made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lent memory");
        if (!made) return NULL;
        BIO_meth_set_read_ex(made, io_read);
        BIO_meth_set_write_ex(made, io_write);
        BIO_meth_set_ctrl(made, io_control);
        BIO_METHOD *expected = NULL;
        // Two loops may come here at once; the loser's copy goes.
        if (!__atomic_compare_exchange_n(&method, &expected, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            BIO_meth_free(made);
            made = expected;
        }
    }
    BIO *bio = BIO_new(made);
    if (bio) {
        BIO_set_data(bio, io);
        BIO_set_init(bio, 1);
    }
    return bio;
}
