/*
 * TLS between two buffers: ciphertext goes in and out by assay_tls_push and assay_tls_pull, whoever has the socket moves it. Version 1.2 at least; the server's chain of
 * certificates, its name and the time are always checked.
 *
 * Without mbedTLS at build time (ASSAY_TLS is not defined) every session fails with the code TLS_UNSUPPORTED.
 */
#ifndef ASSAY_TLS_SESSION_H
#define ASSAY_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct assay_tls assay_tls;

typedef enum { ASSAY_TLS_HANDSHAKE, ASSAY_TLS_OPEN, ASSAY_TLS_ENDED } assay_tls_state;

/* What went wrong. */
typedef struct {
    /* NULL: nothing, or what `number` says */
    const char *code;
    /* an errno, or 0 */
    int number;
    char text[112];
} assay_tls_error;

/* PEM, or the path of a file that holds it; bytes NULL: none. */
typedef struct {
    const char *bytes;
    size_t size;
} assay_tls_source;

typedef struct {
    /* whose certificate is expected: a DNS name or an IP address */
    const char *server;
    /* whom to trust; none: whom the system trusts */
    assay_tls_source ca;
    /* the client's certificate with its chain, and its key; none: no client certificate */
    assay_tls_source certificate, key;
} assay_tls_options;

/* A session that begins, or NULL with `error`. */
assay_tls *assay_tls_open(const assay_tls_options *options, assay_tls_error *error);
void assay_tls_free(assay_tls *tls);

/* Does what can be done without more ciphertext, or without more room for it. */
assay_tls_state assay_tls_step(assay_tls *tls);
/* Why the session has ended. */
const assay_tls_error *assay_tls_failure(const assay_tls *tls);

/* Bytes of ciphertext that assay_tls_push takes now, and taking them. */
size_t assay_tls_push_room(const assay_tls *tls);
void assay_tls_push(assay_tls *tls, const uint8_t *bytes, size_t size);
/* Ciphertext for the server: how much waits, and taking `size` bytes of it. */
size_t assay_tls_pull_size(const assay_tls *tls);
void assay_tls_pull(assay_tls *tls, uint8_t *bytes, size_t size);

/* Plaintext from the server: how much is here, and taking `size` bytes of it. */
size_t assay_tls_available(const assay_tls *tls);
void assay_tls_read(assay_tls *tls, uint8_t *bytes, size_t size);
/* Plaintext that assay_tls_write takes now, and taking it; false if the session has ended by that. */
size_t assay_tls_write_room(const assay_tls *tls);
bool assay_tls_write(assay_tls *tls, const uint8_t *bytes, size_t size);
/* Says goodbye, as far as there is room for it. */
void assay_tls_close(assay_tls *tls);

#endif
