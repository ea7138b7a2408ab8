/*
 * Runs the identity's C code on lines of hex, for the tests: "sign SECRET DIGEST", "public SECRET", "verify KEY DIGEST SIGNATURE",
 * "sha256 BYTES" (whole, and once more in two pieces that have to give the same). One line of answer for each: hex, "yes" or "no".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ecdsa.h"
#include "sha256.h"

#define MAX_BYTES 4096
#define MAX_LINE (4 * MAX_BYTES)

static int digit(int character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    return -1;
}

/* The next word of hex on the line; exits if it is not `expected` bytes (or any number, if negative). */
static size_t read_hex(char **line, uint8_t *out, long expected) {
    char *at = *line;
    size_t n = 0;
    while (*at == ' ') at++;
    while (digit(at[0]) >= 0 && digit(at[1]) >= 0 && n < MAX_BYTES) {
        out[n++] = (uint8_t)(digit(at[0]) * 16 + digit(at[1]));
        at += 2;
    }
    *line = at;
    if (expected >= 0 && n != (size_t)expected) {
        fprintf(stderr, "expected %ld bytes, got %zu\n", expected, n);
        exit(1);
    }
    return n;
}

static void print_hex(const uint8_t *bytes, size_t n) {
    while (n-- > 0) printf("%02x", *bytes++);
    printf("\n");
}

int main(void) {
    static char line[MAX_LINE];
    static uint8_t data[MAX_BYTES];
    assay_ecdsa_memory memory;
    assay_ecdsa *ecdsa = assay_ecdsa_init(&memory);
    if (ecdsa == NULL) return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint8_t secret[32], digest[32], key[65], signature[64];
        char *at = strchr(line, ' ');
        if (at == NULL) return 1;
        *at++ = 0;
        if (strcmp(line, "sign") == 0) {
            read_hex(&at, secret, 32);
            read_hex(&at, digest, 32);
            if (assay_ecdsa_sign(ecdsa, secret, digest, signature)) print_hex(signature, 64);
            else printf("no\n");
        } else if (strcmp(line, "public") == 0) {
            read_hex(&at, secret, 32);
            if (assay_ecdsa_public_key(ecdsa, secret, key)) print_hex(key, 65);
            else printf("no\n");
        } else if (strcmp(line, "verify") == 0) {
            read_hex(&at, key, 65);
            read_hex(&at, digest, 32);
            read_hex(&at, signature, 64);
            printf(assay_ecdsa_verify(ecdsa, key, digest, signature) ? "yes\n" : "no\n");
        } else if (strcmp(line, "sha256") == 0) {
            size_t n = read_hex(&at, data, -1);
            uint8_t again[32];
            assay_sha256_state state;
            assay_sha256(data, n, digest);
            assay_sha256_begin(&state);
            assay_sha256_update(&state, data, n / 3);
            assay_sha256_update(&state, data + n / 3, n - n / 3);
            assay_sha256_end(&state, again);
            if (memcmp(digest, again, 32) != 0) return 1;
            print_hex(digest, 32);
        } else {
            return 1;
        }
    }
    return 0;
}
