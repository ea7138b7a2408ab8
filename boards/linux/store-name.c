#include "store-name.h"

#include <string.h>

void assay_check_name(xsMachine *the, const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length > 64) xsRangeError("expected a name of 1 to 64 characters, got %d", (int)length);
    if (name[0] == '.' || strchr(name, '/') != NULL) xsRangeError("expected a name without \"/\" that does not begin with \".\", got \"%s\"", name);
}
