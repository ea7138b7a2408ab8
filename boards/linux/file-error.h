/** Errors of file operations as JavaScript errors. */
#ifndef ASSAY_FILE_ERROR_H
#define ASSAY_FILE_ERROR_H

#include <stddef.h>

#include "xsmc.h"

/**
 * Throws an Error "<what>: <reason>" whose property `code` is the errno's name, such as "ENOENT".
 * Does not return.
 */
void assay_throw_file_error(xsMachine *the, const char *what, int error);

/** Throws a RangeError with a code `EINVAL`-like text if `name` is empty, too long, or could leave the data folder. */
void assay_check_name(xsMachine *the, const char *name);

#endif
