#include "tls-names.h"

#include <string.h>

/* Tags of DER (X.690), and of GeneralName's iPAddress (RFC 5280 §4.2.1.6: [7], primitive). */
enum { BOOLEAN = 0x01, OCTET_STRING = 0x04, OID = 0x06, SEQUENCE = 0x30, IP_ADDRESS = 0x87 };

/* 2.5.29.17 */
static const uint8_t SUBJECT_ALT_NAME[] = { 0x55, 0x1d, 0x11 };

typedef struct {
    const uint8_t *bytes;
    size_t size;
} span;

/* Takes an element off the front of `from`: its tag and content. false if there is none, or it is cut short. */
static bool take(span *from, int *tag, span *content) {
    size_t header = 2;
    size_t length;
    if (from->size < header) return false;
    *tag = from->bytes[0];
    length = from->bytes[1];
    if (length > 0x82 || length == 0x80) return false;
    if (length > 0x80) {
        const size_t digits = length - 0x80;
        if (from->size < header + digits) return false;
        length = 0;
        for (size_t i = 0; i < digits; i++) length = length << 8 | from->bytes[header + i];
        header += digits;
    }
    if (from->size - header < length) return false;
    *content = (span){ from->bytes + header, length };
    from->bytes += header + length;
    from->size -= header + length;
    return true;
}

static bool take_tag(span *from, int expected, span *content) {
    int tag;
    return take(from, &tag, content) && tag == expected;
}

static bool has_address(span value, const uint8_t *address, size_t address_size) {
    span names, name;
    int tag;
    if (!take_tag(&value, SEQUENCE, &names)) return false;
    while (take(&names, &tag, &name))
        if (tag == IP_ADDRESS && name.size == address_size && memcmp(name.bytes, address, address_size) == 0) return true;
    return false;
}

bool assay_tls_names_address(const uint8_t *extensions, size_t size, const uint8_t *address, size_t address_size) {
    span all = { extensions, size };
    span list, extension, id, value;
    int tag;
    if (!take_tag(&all, SEQUENCE, &list)) return false;
    while (take_tag(&list, SEQUENCE, &extension)) {
        if (!take_tag(&extension, OID, &id) || !take(&extension, &tag, &value)) return false;
        if (tag == BOOLEAN && !take(&extension, &tag, &value)) return false;
        if (tag != OCTET_STRING) return false;
        if (id.size == sizeof SUBJECT_ALT_NAME && memcmp(id.bytes, SUBJECT_ALT_NAME, id.size) == 0) return has_address(value, address, address_size);
    }
    return false;
}
