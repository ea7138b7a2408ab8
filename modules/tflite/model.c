/* The outermost checks: is it a model at all, and does the engine have its operators? */
#include "interpreter.h"
#include "schema.h"

/* "TFL3" */
enum { FILE_IDENTIFIER = 0x334c4654 };

#ifdef TFLITE_TERSE
tflite_code tflite_fail_tersely(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index) {
	const tflite_error filled = { code, operator_index, tensor_index, NULL, TFLITE_GOT_NOTHING, 0 };
	*error = filled;
	return code;
}
#else
tflite_code tflite_fail(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected) {
	const tflite_error filled = { code, operator_index, tensor_index, expected, TFLITE_GOT_NOTHING, 0 };
	*error = filled;
	return code;
}

tflite_code tflite_fail_number(tflite_error *error, tflite_code code, int32_t operator_index, int32_t tensor_index, const char *expected, int64_t got) {
	const tflite_error filled = { code, operator_index, tensor_index, expected, TFLITE_GOT_NUMBER, got };
	*error = filled;
	return code;
}

tflite_code tflite_fail_malformed(tflite_error *error) {
	return tflite_fail(error, TFLITE_MALFORMED, TFLITE_NONE, TFLITE_NONE, "offsets, lengths and strings inside the file");
}
#endif

tflite_code tflite_open_model(const void *model, size_t model_bytes, fb_reader *reader, fb_table *root, tflite_error *error) {
	tflite_fail(error, TFLITE_OK, TFLITE_NONE, TFLITE_NONE, NULL);
	if ((uintptr_t)model % 4 != 0) return tflite_fail(error, TFLITE_MEMORY, TFLITE_NONE, TFLITE_NONE, "a model at an address divisible by 4");
	/* Offsets inside a flatbuffer are signed 32-bit numbers. */
	if (model_bytes > INT32_MAX) return tflite_fail(error, TFLITE_TOO_LARGE, TFLITE_NONE, TFLITE_NONE, "a file of less than 2 GiB");
	if (model_bytes < 8 || ((const uint32_t *)model)[1] != FILE_IDENTIFIER) {
		return tflite_fail(error, TFLITE_NOT_A_MODEL, TFLITE_NONE, TFLITE_NONE, "the file identifier TFL3 at byte 4");
	}
	*reader = fb_open(model, (uint32_t)model_bytes);
	*root = fb_root(reader);
	int32_t version = fb_i32(reader, root, MODEL_VERSION, 0);
	if (reader->broken) return tflite_fail_malformed(error);
	if (version != SCHEMA_VERSION) return tflite_fail_number(error, TFLITE_NOT_A_MODEL, TFLITE_NONE, TFLITE_NONE, "schema version 3", version);
	return TFLITE_OK;
}

int32_t tflite_builtin_of(fb_reader *reader, const fb_table *operator_code) {
	/* The field was one byte until codes went beyond 127; the greater of the two counts (schema, version 3a). */
	int32_t narrow = (int8_t)fb_u8(reader, operator_code, OPERATOR_CODE_DEPRECATED_BUILTIN, 0);
	int32_t wide = fb_i32(reader, operator_code, OPERATOR_CODE_BUILTIN, 0);
	return wide > narrow ? wide : narrow;
}

/* The string in the file ends with the byte 0 as the name does. */
static bool is_named(fb_reader *reader, const fb_table *operator_code, const char *name) {
	const fb_vector custom = fb_string_field(reader, operator_code, OPERATOR_CODE_CUSTOM);
	if (custom.position == 0) return false;
	uint32_t i = 0;
	while (i < custom.length && name[i] != '\0' && reader->bytes[custom.position + i] == (uint8_t)name[i]) i++;
	return i == custom.length && name[i] == '\0';
}

const tflite_kernel *tflite_find_kernel(const tflite_kernels *kernels, fb_reader *reader, const fb_table *operator_code) {
	const int32_t builtin = tflite_builtin_of(reader, operator_code);
	const int32_t version = fb_i32(reader, operator_code, OPERATOR_CODE_VERSION, 1);
	for (const tflite_kernels *table = kernels; table != NULL; table = table->rest) {
		for (const tflite_kernel *const *row = table->rows, *const *const end = row + table->count; row < end; row++) {
			const tflite_kernel *kernel = *row;
			if (kernel->builtin != builtin || (builtin == BUILTIN_CUSTOM && !is_named(reader, operator_code, kernel->name))) continue;
			return version >= kernel->first_version && version <= kernel->last_version ? kernel : NULL;
		}
	}
	return NULL;
}
