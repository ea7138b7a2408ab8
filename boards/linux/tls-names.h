/* Names in certificates that mbedTLS 2.28 does not read. */
#ifndef ASSAY_TLS_NAMES_H
#define ASSAY_TLS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the extensions of a certificate (DER of `Extensions`, RFC 5280 §4.2) have a subjectAltName with this iPAddress (4 or 16 bytes). */
bool assay_tls_names_address(const uint8_t *extensions, size_t size, const uint8_t *address, size_t address_size);

#endif
