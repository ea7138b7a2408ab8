/** Names of partitions, stores and keys, which become names of files. */
#ifndef ASSAY_STORE_NAME_H
#define ASSAY_STORE_NAME_H

#include <stddef.h>

#include "xsmc.h"

/** Throws a RangeError if `name` is empty, too long, or could leave the data folder. */
void assay_check_name(xsMachine *the, const char *name);

#endif
