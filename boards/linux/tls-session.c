#include "tls-session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void explain(assay_tls_error *error, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void explain(assay_tls_error *error, const char *code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    error->number = 0;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
}

#ifdef ASSAY_TLS

#include <arpa/inet.h>
#include <fcntl.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"
#include "tls-names.h"

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    #include <psa/crypto.h>
    #define ALERT_OF(ssl) ((ssl).MBEDTLS_PRIVATE(in_msg)[1])
    #define STATE_OF(ssl) ((ssl).MBEDTLS_PRIVATE(state))
    #define WRONG_VERSION MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#else
    #define ALERT_OF(ssl) ((ssl).in_msg[1])
    #define STATE_OF(ssl) ((ssl).state)
    #define WRONG_VERSION MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#endif

/* Whom the system trusts: Debian's package ca-certificates. */
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
#define MAX_FILE_BYTES (1024 * 1024)
/* As much plaintext waits for the app, and as much ciphertext for mbedTLS, which has a record (16 KB) of its own. */
#define IN_BYTES 4096
/* As much ciphertext waits for the socket: one write of the app with what encryption adds. */
#define OUT_BYTES 8192
/* Header, nonce, padding and tag of a record, for every cipher suite of TLS 1.2. */
#define RECORD_OVERHEAD 128

/* Suites with forward secrecy and authenticated encryption only (RFC 9325 §4.2), in order of preference. */
static const int SUITES[] = {
#ifdef MBEDTLS_TLS1_3_AES_128_GCM_SHA256
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

struct assay_tls {
    assay_tls_state state;
    assay_tls_error failure;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt ca, certificate;
    mbedtls_pk_context key;
    /* the server's IP address, if it was given by that: 4 or 16 bytes, else 0 */
    size_t address_size;
    uint8_t address[16];
    size_t in_from, in_size, plain_from, plain_size, out_size;
    uint8_t in[IN_BYTES], plain[IN_BYTES], out[OUT_BYTES];
};

static int random_bytes(void *context, unsigned char *bytes, size_t size) {
    (void)context;
    return assay_entropy(bytes, size) == 0 ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int receive(void *context, unsigned char *bytes, size_t size) {
    assay_tls *tls = context;
    if (tls->in_size == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    if (size > tls->in_size) size = tls->in_size;
    memcpy(bytes, tls->in + tls->in_from, size);
    tls->in_from += size;
    tls->in_size -= size;
    if (tls->in_size == 0) tls->in_from = 0;
    return (int)size;
}

static int transmit(void *context, const unsigned char *bytes, size_t size) {
    assay_tls *tls = context;
    const size_t room = OUT_BYTES - tls->out_size;
    if (room == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
    if (size > room) size = room;
    memcpy(tls->out + tls->out_size, bytes, size);
    tls->out_size += size;
    return (int)size;
}

/* mbedTLS 2.28 compares DNS names only, so an IP address is compared here. */
static int check_address(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    const assay_tls *tls = context;
    if (depth == 0 && tls->address_size > 0 && !assay_tls_names_address(certificate->v3_ext.p, certificate->v3_ext.len, tls->address, tls->address_size))
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

/* The whole file with a NUL behind it, as mbedTLS wants PEM; NULL with errno. */
static char *read_file(const char *path, bool is_secret, size_t *size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *bytes = NULL;
    size_t at = 0;
    int error = 0;
    if (file < 0) return NULL;
    if (fstat(file, &status) != 0) error = errno;
    else if (!S_ISREG(status.st_mode)) error = EINVAL;
    else if (status.st_size > MAX_FILE_BYTES) error = EFBIG;
    else if (is_secret && (status.st_mode & (S_IRWXO)) != 0) error = EPERM;
    else if ((bytes = malloc((size_t)status.st_size + 1)) == NULL) error = ENOMEM;
    while (error == 0 && at < (size_t)status.st_size) {
        const ssize_t got = read(file, bytes + at, (size_t)status.st_size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) error = got < 0 ? errno : EIO;
        else at += (size_t)got;
    }
    close(file);
    if (error != 0) {
        free(bytes);
        errno = error;
        return NULL;
    }
    bytes[at] = 0;
    *size = at + 1;
    return bytes;
}

static bool is_pem(const assay_tls_source *source) {
    static const char begin[] = "-----BEGIN";
    for (size_t i = 0; i + sizeof begin - 1 <= source->size; i++)
        if (memcmp(source->bytes + i, begin, sizeof begin - 1) == 0) return true;
    return false;
}

/* PEM with a NUL behind it, to be freed; NULL with `error`. A path may be part of a message; PEM, which may be a key, never is. */
static char *load(const assay_tls_source *source, const char *what, bool is_secret, size_t *size, assay_tls_error *error) {
    char path[512];
    char *bytes;
    if (is_pem(source)) {
        bytes = malloc(source->size + 1);
        if (bytes == NULL) {
            error->number = ENOMEM;
            snprintf(error->text, sizeof error->text, "TLS %s", what);
            return NULL;
        }
        memcpy(bytes, source->bytes, source->size);
        bytes[source->size] = 0;
        *size = source->size + 1;
        return bytes;
    }
    if (source->size == 0 || source->size >= sizeof path || source->bytes[0] != '/') {
        explain(error, "TLS_OPTION", "TLS %s: expected PEM or an absolute path, got %d bytes that are neither", what, (int)source->size);
        return NULL;
    }
    memcpy(path, source->bytes, source->size);
    path[source->size] = 0;
    bytes = read_file(path, is_secret, size);
    if (bytes != NULL) return bytes;
    if (errno == EPERM && is_secret) explain(error, "EPERM", "TLS %s %.60s: expected no access for others (chmod o=)", what, path);
    else {
        error->number = errno;
        snprintf(error->text, sizeof error->text, "TLS %s %.80s", what, path);
    }
    return NULL;
}

static bool load_certificates(mbedtls_x509_crt *into, const assay_tls_source *source, const char *what, bool is_bundle, assay_tls_error *error) {
    size_t size;
    int result;
    char *pem = load(source, what, false, &size, error);
    if (pem == NULL) return false;
    result = mbedtls_x509_crt_parse(into, (const unsigned char *)pem, size);
    free(pem);
    /* A positive result counts certificates that this library cannot read: a few of the system's many do no harm. */
    if (result == 0 || (result > 0 && is_bundle && into->version != 0)) return true;
    explain(error, "TLS_OPTION", "TLS %s: expected certificates in PEM, got something else (mbedTLS %d)", what, result);
    return false;
}

static bool load_key(assay_tls *tls, const assay_tls_source *source, assay_tls_error *error) {
    size_t size;
    int result;
    char *pem = load(source, "key", true, &size, error);
    if (pem == NULL) return false;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    result = mbedtls_pk_parse_key(&tls->key, (const unsigned char *)pem, size, NULL, 0, random_bytes, NULL);
    if (result == 0) result = mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key, random_bytes, NULL);
#else
    result = mbedtls_pk_parse_key(&tls->key, (const unsigned char *)pem, size, NULL, 0);
    if (result == 0) result = mbedtls_pk_check_pair(&tls->certificate.pk, &tls->key);
#endif
    mbedtls_platform_zeroize(pem, size);
    free(pem);
    if (result != 0) explain(error, "TLS_OPTION", "TLS key: expected the certificate's key in PEM without a password, got another (mbedTLS %d)", result);
    return result == 0;
}

/* Sets the session up; false with `error`, which has no code if the memory does not suffice. */
static bool set_up(assay_tls *tls, const assay_tls_options *options, assay_tls_error *error) {
    const assay_tls_source system = { SYSTEM_CA, sizeof SYSTEM_CA - 1 };
    const bool has_ca = options->ca.bytes != NULL;
    if (mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) return false;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    if (psa_crypto_init() != PSA_SUCCESS) return false;
    mbedtls_ssl_conf_min_tls_version(&tls->config, MBEDTLS_SSL_VERSION_TLS1_2);
#else
    mbedtls_ssl_conf_min_version(&tls->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_ciphersuites(&tls->config, SUITES);
    mbedtls_ssl_conf_rng(&tls->config, random_bytes, NULL);
    mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(&tls->config, check_address, tls);
    if (!load_certificates(&tls->ca, has_ca ? &options->ca : &system, "ca", !has_ca, error)) return false;
    mbedtls_ssl_conf_ca_chain(&tls->config, &tls->ca, NULL);
    if (options->certificate.bytes != NULL) {
        if (!load_certificates(&tls->certificate, &options->certificate, "certificate", false, error) || !load_key(tls, &options->key, error)) return false;
        if (mbedtls_ssl_conf_own_cert(&tls->config, &tls->certificate, &tls->key) != 0) return false;
    }
    if (inet_pton(AF_INET, options->server, tls->address) == 1) tls->address_size = 4;
    else if (inet_pton(AF_INET6, options->server, tls->address) == 1) tls->address_size = 16;
    /* An address is no server name (RFC 6066 §3). */
    if (mbedtls_ssl_setup(&tls->ssl, &tls->config) != 0) return false;
    if (mbedtls_ssl_set_hostname(&tls->ssl, tls->address_size > 0 ? NULL : options->server) != 0) {
        explain(error, "TLS_OPTION", "TLS: expected a server's name of at most %d characters, got %d", MBEDTLS_SSL_MAX_HOST_NAME_LEN, (int)strlen(options->server));
        return false;
    }
    mbedtls_ssl_set_bio(&tls->ssl, tls, transmit, receive, NULL);
    return true;
}

assay_tls *assay_tls_open(const assay_tls_options *options, assay_tls_error *error) {
    assay_tls *tls = calloc(1, sizeof *tls);
    *error = (assay_tls_error){ .code = NULL };
    if (tls != NULL) {
        mbedtls_ssl_init(&tls->ssl);
        mbedtls_ssl_config_init(&tls->config);
        mbedtls_x509_crt_init(&tls->ca);
        mbedtls_x509_crt_init(&tls->certificate);
        mbedtls_pk_init(&tls->key);
        if (set_up(tls, options, error)) return tls;
        assay_tls_free(tls);
    }
    if (error->code == NULL && error->number == 0) explain(error, "ENOMEM", "TLS: expected memory for a session, got none");
    return NULL;
}

void assay_tls_free(assay_tls *tls) {
    if (tls == NULL) return;
    mbedtls_ssl_free(&tls->ssl);
    mbedtls_ssl_config_free(&tls->config);
    mbedtls_x509_crt_free(&tls->ca);
    mbedtls_x509_crt_free(&tls->certificate);
    mbedtls_pk_free(&tls->key);
    mbedtls_platform_zeroize(tls, sizeof *tls);
    free(tls);
}

static void explain_certificate(assay_tls_error *error, uint32_t flags) {
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) explain(error, "TLS_UNTRUSTED", "TLS: expected a certificate of an authority that is trusted, got another; set ca");
    else if (flags & MBEDTLS_X509_BADCERT_EXPIRED) explain(error, "TLS_EXPIRED", "TLS: expected a certificate that is valid now, got one that has expired");
    else if (flags & MBEDTLS_X509_BADCERT_FUTURE) explain(error, "TLS_NOT_YET_VALID", "TLS: expected a certificate that is valid now, got one of the future; is the clock right?");
    else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) explain(error, "TLS_NAME", "TLS: expected a certificate for the server's name, got one for another name");
    else explain(error, "TLS_CERTIFICATE", "TLS: expected a sound certificate, got one with faults (mbedTLS flags 0x%x)", (unsigned)flags);
}

static void end(assay_tls *tls, int result) {
    assay_tls_error *error = &tls->failure;
    tls->state = ASSAY_TLS_ENDED;
    if (result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) explain_certificate(error, mbedtls_ssl_get_verify_result(&tls->ssl));
    else if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        const int alert = ALERT_OF(tls->ssl);
        /* A handshake that fails at the first message fails for want of a version or a suite. */
        const bool is_early = STATE_OF(tls->ssl) == MBEDTLS_SSL_SERVER_HELLO && alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
        if (is_early || alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION) explain(error, "TLS_VERSION", "TLS: expected a server with TLS 1.2 and suites of RFC 9325, got its alert %d", alert);
        else explain(error, "TLS_REFUSED", "TLS: expected to be accepted, got the server's alert %d; does it want a client certificate?", alert);
    } else if (result == WRONG_VERSION) explain(error, "TLS_VERSION", "TLS: expected TLS 1.2 or later from the server, got an older version");
    else if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) explain(error, "TLS_CLOSED", "TLS: the server has closed the connection");
    else {
        explain(error, "TLS_PROTOCOL", "TLS: expected the server to speak TLS, got something else (mbedTLS -0x%04x)", (unsigned)-result);
    }
}

static bool is_waiting(int result) { return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE; }

assay_tls_state assay_tls_step(assay_tls *tls) {
    if (tls->state == ASSAY_TLS_HANDSHAKE) {
        const int result = mbedtls_ssl_handshake(&tls->ssl);
        if (result == 0) tls->state = ASSAY_TLS_OPEN;
        else if (!is_waiting(result)) end(tls, result);
    }
    if (tls->plain_size == 0) tls->plain_from = 0;
    while (tls->state == ASSAY_TLS_OPEN && tls->plain_from + tls->plain_size < IN_BYTES) {
        const size_t to = tls->plain_from + tls->plain_size;
        const int result = mbedtls_ssl_read(&tls->ssl, tls->plain + to, IN_BYTES - to);
        if (result > 0) tls->plain_size += (size_t)result;
        else if (is_waiting(result)) break;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
        else if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) continue;
#endif
        else end(tls, result);
    }
    return tls->state;
}

const assay_tls_error *assay_tls_failure(const assay_tls *tls) { return &tls->failure; }

size_t assay_tls_push_room(const assay_tls *tls) { return tls->state == ASSAY_TLS_ENDED ? 0 : IN_BYTES - tls->in_size; }

void assay_tls_push(assay_tls *tls, const uint8_t *bytes, size_t size) {
    memmove(tls->in, tls->in + tls->in_from, tls->in_size);
    tls->in_from = 0;
    memcpy(tls->in + tls->in_size, bytes, size);
    tls->in_size += size;
}

size_t assay_tls_pull_size(const assay_tls *tls) { return tls->out_size; }

void assay_tls_pull(assay_tls *tls, uint8_t *bytes, size_t size) {
    memcpy(bytes, tls->out, size);
    tls->out_size -= size;
    memmove(tls->out, tls->out + size, tls->out_size);
}

size_t assay_tls_available(const assay_tls *tls) { return tls->plain_size; }

void assay_tls_read(assay_tls *tls, uint8_t *bytes, size_t size) {
    memcpy(bytes, tls->plain + tls->plain_from, size);
    tls->plain_from += size;
    tls->plain_size -= size;
}

size_t assay_tls_write_room(const assay_tls *tls) {
    const size_t taken = tls->out_size + RECORD_OVERHEAD;
    return tls->state != ASSAY_TLS_OPEN || taken >= OUT_BYTES ? 0 : OUT_BYTES - taken;
}

bool assay_tls_write(assay_tls *tls, const uint8_t *bytes, size_t size) {
    /* It is one record, and fits: mbedTLS is never left with half of it. */
    const int result = size == 0 ? 0 : mbedtls_ssl_write(&tls->ssl, bytes, size);
    if (result == (int)size) return true;
    end(tls, result < 0 ? result : MBEDTLS_ERR_SSL_INTERNAL_ERROR);
    return false;
}

void assay_tls_close(assay_tls *tls) {
    /* What does not fit into the buffer is not sent: the connection ends all the same. */
    if (tls->state == ASSAY_TLS_OPEN) (void)mbedtls_ssl_close_notify(&tls->ssl);
    tls->state = ASSAY_TLS_ENDED;
}

#else

struct assay_tls {
    assay_tls_error failure;
};

assay_tls *assay_tls_open(const assay_tls_options *options, assay_tls_error *error) {
    (void)options;
    explain(error, "TLS_UNSUPPORTED", "TLS: expected a host with mbedTLS, got one without; apt install libmbedtls-dev, then build again");
    return NULL;
}

/* There is no session that any of these could be called with. */
void assay_tls_free(assay_tls *tls) { (void)tls; }

assay_tls_state assay_tls_step(assay_tls *tls) {
    (void)tls;
    return ASSAY_TLS_ENDED;
}

const assay_tls_error *assay_tls_failure(const assay_tls *tls) { return &tls->failure; }

size_t assay_tls_push_room(const assay_tls *tls) {
    (void)tls;
    return 0;
}

void assay_tls_push(assay_tls *tls, const uint8_t *bytes, size_t size) {
    (void)tls;
    (void)bytes;
    (void)size;
}

size_t assay_tls_pull_size(const assay_tls *tls) {
    (void)tls;
    return 0;
}

void assay_tls_pull(assay_tls *tls, uint8_t *bytes, size_t size) {
    (void)tls;
    (void)bytes;
    (void)size;
}

size_t assay_tls_available(const assay_tls *tls) {
    (void)tls;
    return 0;
}

void assay_tls_read(assay_tls *tls, uint8_t *bytes, size_t size) {
    (void)tls;
    (void)bytes;
    (void)size;
}

size_t assay_tls_write_room(const assay_tls *tls) {
    (void)tls;
    return 0;
}

bool assay_tls_write(assay_tls *tls, const uint8_t *bytes, size_t size) {
    (void)tls;
    (void)bytes;
    (void)size;
    return false;
}

void assay_tls_close(assay_tls *tls) { (void)tls; }

#endif
