/* XS natives of the identity: thin glue over ecdsa.h and sha256.h. Buffers are read before anything is allocated. */
#include "xsmc.h"

#include <stdlib.h>
#include <string.h>

#include "ecdsa.h"
#include "sha256.h"

/* Copies argument `index`, a buffer of exactly `size` bytes. */
static void read_exactly(xsMachine *the, int index, const char *name, void *out, size_t size) {
    void *data;
    xsUnsignedValue length;
    if (xsmcArgc <= index) xsTypeError("expected %s", (char *)name);
    xsmcGetBufferReadable(xsArg(index), &data, &length);
    if (length != size) xsRangeError("expected %s of %d bytes, got %d", (char *)name, (int)size, (int)length);
    memcpy(out, data, size);
}

/* A context of the curve's library: making it takes twice as long as a signature, so it is made once. */
typedef struct {
    const assay_ecdsa *ecdsa;
    assay_ecdsa_memory memory;
} curve;

static void close_curve(void *data) { free(data); }

/* () → the curve, which the functions below take */
void xs_identity_openCurve(xsMachine *the) {
    curve *opened;
    xsResult = xsNewHostObject(close_curve);
    opened = malloc(sizeof *opened);
    if (opened == NULL) xsUnknownError("expected memory for the curve, got none");
    opened->ecdsa = assay_ecdsa_init(&opened->memory);
    xsmcSetHostData(xsResult, opened);
    if (opened->ecdsa == NULL) xsUnknownError("expected a smaller libsecp256k1 context");
}

static const assay_ecdsa *curve_of(xsMachine *the) {
    const curve *opened;
    if (xsmcArgc < 1) xsTypeError("expected a curve");
    opened = xsmcGetHostDataValidate(xsArg(0), (void *)close_curve);
    return opened->ecdsa;
}

/* (...buffers) → ArrayBuffer of 32: SHA-256 of all of them in a row */
void xs_identity_sha256(xsMachine *the) {
    assay_sha256_state state;
    uint8_t digest[ASSAY_SHA256_BYTES];
    int i;
    assay_sha256_begin(&state);
    for (i = 0; i < xsmcArgc; i++) {
        void *data;
        xsUnsignedValue length;
        xsmcGetBufferReadable(xsArg(i), &data, &length);
        assay_sha256_update(&state, data, length);
    }
    assay_sha256_end(&state, digest);
    xsmcSetArrayBuffer(xsResult, digest, sizeof digest);
}

/* (curve, secret of 32) → ArrayBuffer of 65, or undefined if that is no secret key */
void xs_identity_publicKey(xsMachine *the) {
    const assay_ecdsa *ecdsa = curve_of(the);
    uint8_t secret[ASSAY_SECRET_BYTES];
    uint8_t key[ASSAY_PUBLIC_KEY_BYTES];
    int done;
    read_exactly(the, 1, "a secret", secret, sizeof secret);
    done = assay_ecdsa_public_key(ecdsa, secret, key);
    assay_wipe(secret, sizeof secret);
    if (done) xsmcSetArrayBuffer(xsResult, key, sizeof key);
}

/* (curve, secret of 32, digest of 32) → ArrayBuffer of 64 */
void xs_identity_sign(xsMachine *the) {
    const assay_ecdsa *ecdsa = curve_of(the);
    uint8_t secret[ASSAY_SECRET_BYTES];
    uint8_t digest[ASSAY_DIGEST_BYTES];
    uint8_t signature[ASSAY_SIGNATURE_BYTES];
    int done;
    read_exactly(the, 2, "a digest", digest, sizeof digest);
    read_exactly(the, 1, "a secret", secret, sizeof secret);
    done = assay_ecdsa_sign(ecdsa, secret, digest, signature);
    assay_wipe(secret, sizeof secret);
    if (!done) xsRangeError("expected a secret key from 1 to n - 1");
    xsmcSetArrayBuffer(xsResult, signature, sizeof signature);
}

/* (curve, public key of 65, digest of 32, signature of 64) → boolean */
void xs_identity_verify(xsMachine *the) {
    const assay_ecdsa *ecdsa = curve_of(the);
    uint8_t key[ASSAY_PUBLIC_KEY_BYTES];
    uint8_t digest[ASSAY_DIGEST_BYTES];
    uint8_t signature[ASSAY_SIGNATURE_BYTES];
    read_exactly(the, 1, "a public key", key, sizeof key);
    read_exactly(the, 2, "a digest", digest, sizeof digest);
    read_exactly(the, 3, "a signature", signature, sizeof signature);
    xsmcSetBoolean(xsResult, assay_ecdsa_verify(ecdsa, key, digest, signature));
}
