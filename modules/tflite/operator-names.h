#ifndef ASSAY_TFLITE_OPERATOR_NAMES_H
#define ASSAY_TFLITE_OPERATOR_NAMES_H

#include <stdint.h>

/* The name of a BuiltinOperator as in the schema, or NULL if the schema has no such code. */
const char *operator_name(int32_t builtin);

#endif
