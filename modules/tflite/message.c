/* Puts an error in words, with the names that the file gives. No stdio: it is large, and a board may lack it. */
#include "interpreter.h"
#include "operator-names.h"
#include "schema.h"

typedef struct {
	char *text;
	size_t bytes;
	size_t length;
} sink;

/* Names longer than this are cut: a hostile file's may be as long as the file. */
enum { MOST_NAME_BYTES = 60 };

static void put_char(sink *to, char c) {
	if (to->length + 1 < to->bytes) to->text[to->length++] = c;
}

static void put(sink *to, const char *text) {
	while (*text != '\0') put_char(to, *text++);
}

static void put_number(sink *to, int64_t number) {
	char digits[20];
	int count = 0;
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	if (number < 0) put_char(to, '-');
	do {
		digits[count++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	while (count > 0) put_char(to, digits[--count]);
}

/* Bytes of the file: whatever is no printable ASCII could steer a terminal or a log. */
static void put_bytes(sink *to, const fb_reader *reader, fb_vector string) {
	uint32_t length = string.length < MOST_NAME_BYTES ? string.length : MOST_NAME_BYTES;
	for (uint32_t i = 0; i < length; i++) {
		uint8_t byte = reader->bytes[string.position + i];
		put_char(to, byte >= ' ' && byte <= '~' ? (char)byte : '?');
	}
	if (length < string.length) put(to, "...");
}

const char *tflite_code_name(tflite_code code) {
	switch (code) {
		case TFLITE_OK: return "OK";
		case TFLITE_MALFORMED: return "MALFORMED";
		case TFLITE_NOT_A_MODEL: return "NOT_A_MODEL";
		case TFLITE_MISSING_OPERATORS: return "MISSING_OPERATORS";
		case TFLITE_UNSUPPORTED: return "UNSUPPORTED";
		case TFLITE_INVALID_GRAPH: return "INVALID_GRAPH";
		case TFLITE_INVALID_TENSOR: return "INVALID_TENSOR";
		case TFLITE_INVALID_QUANTIZATION: return "INVALID_QUANTIZATION";
		case TFLITE_INVALID_OPERATOR: return "INVALID_OPERATOR";
		case TFLITE_TOO_LARGE: return "TOO_LARGE";
		case TFLITE_MEMORY: return "MEMORY";
	}
	return "UNKNOWN";
}

const char *tflite_type_name(tflite_type type) {
	switch (type) {
		case TFLITE_FLOAT32: return "float32";
		case TFLITE_FLOAT16: return "float16";
		case TFLITE_INT32: return "int32";
		case TFLITE_UINT8: return "uint8";
		case TFLITE_INT64: return "int64";
		case TFLITE_BOOL: return "bool";
		case TFLITE_INT16: return "int16";
		case TFLITE_INT8: return "int8";
		case TFLITE_FLOAT64: return "float64";
		case TFLITE_UINT64: return "uint64";
		case TFLITE_RESOURCE: return "resource";
		case TFLITE_UINT32: return "uint32";
		case TFLITE_UINT16: return "uint16";
		case TFLITE_INT4: return "int4";
	}
	return "unknown";
}

static void put_operator_code(sink *to, fb_reader *reader, const fb_table *code) {
	int32_t builtin = tflite_builtin_of(reader, code);
	fb_vector custom = fb_string_field(reader, code, OPERATOR_CODE_CUSTOM);
	const char *name = operator_name(builtin);
	if (builtin == BUILTIN_CUSTOM && custom.length > 0) {
		put(to, "custom ");
		put_bytes(to, reader, custom);
	} else if (name != NULL) {
		put(to, name);
	} else {
		put(to, "operator code ");
		put_number(to, builtin);
	}
}

/*
 * Tensors and operators are numbered through all subgraphs: makes *index the number in its own subgraph, whose vector of them
 * it returns, and tells which subgraph that is if it is not the first.
 */
static fb_vector own_vector(sink *to, fb_reader *reader, const fb_table *root, uint32_t field, uint32_t *index) {
	fb_vector subgraphs = fb_vector_field(reader, root, MODEL_SUBGRAPHS, 4);
	const fb_vector none = { 0, 0 };
	for (uint32_t i = 0; i < subgraphs.length; i++) {
		fb_table subgraph = fb_table_element(reader, subgraphs, i);
		fb_vector vector = fb_vector_field(reader, &subgraph, field, 4);
		if (reader->broken) break;
		if (*index < vector.length) {
			if (i == 0) return vector;
			put(to, "subgraph ");
			put_number(to, i);
			put_char(to, ' ');
			return vector;
		}
		*index -= vector.length;
	}
	return none;
}

static void put_operator(sink *to, fb_reader *reader, const fb_table *root, uint32_t index) {
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	fb_vector operators = own_vector(to, reader, root, SUBGRAPH_OPERATORS, &index);
	put(to, "operator ");
	put_number(to, index);
	if (index < operators.length) {
		fb_table operation = fb_table_element(reader, operators, index);
		uint32_t opcode = (uint32_t)fb_i32(reader, &operation, OPERATOR_OPCODE_INDEX, 0);
		if (opcode < codes.length) {
			fb_table code = fb_table_element(reader, codes, opcode);
			put_char(to, ' ');
			put_operator_code(to, reader, &code);
		}
	}
}

static void put_tensor(sink *to, fb_reader *reader, const fb_table *root, uint32_t index) {
	fb_vector tensors = own_vector(to, reader, root, SUBGRAPH_TENSORS, &index);
	put(to, "tensor ");
	put_number(to, index);
	if (index < tensors.length) {
		fb_table tensor = fb_table_element(reader, tensors, index);
		fb_vector name = fb_string_field(reader, &tensor, TENSOR_NAME);
		if (name.length > 0) {
			put(to, " \"");
			put_bytes(to, reader, name);
			put_char(to, '"');
		}
	}
}

static void put_versions(sink *to, const tflite_kernels *kernels, int32_t builtin) {
	for (const tflite_kernels *table = kernels; table != NULL; table = table->rest) {
		for (uint32_t i = 0; i < table->count; i++) {
			if (table->rows[i]->builtin != builtin || builtin == BUILTIN_CUSTOM) continue;
			put(to, " (has ");
			put_number(to, table->rows[i]->first_version);
			put(to, " to ");
			put_number(to, table->rows[i]->last_version);
			put_char(to, ')');
			return;
		}
	}
}

/* Every operator code without a kernel, with its version, and the versions that there are. Some files repeat a code. */
static void put_missing_operators(sink *to, fb_reader *reader, const fb_table *root, const tflite_kernels *kernels) {
	fb_vector codes = fb_vector_field(reader, root, MODEL_OPERATOR_CODES, 4);
	int32_t last_builtin = -1, last_version = 0;
	for (uint32_t i = 0; i < codes.length && !reader->broken; i++) {
		fb_table code = fb_table_element(reader, codes, i);
		int32_t builtin = tflite_builtin_of(reader, &code);
		int32_t version = fb_i32(reader, &code, OPERATOR_CODE_VERSION, 1);
		bool repeated = builtin == last_builtin && version == last_version && builtin != BUILTIN_CUSTOM;
		if (reader->broken || repeated || tflite_find_kernel(kernels, reader, &code) != NULL) continue;
		if (last_builtin != -1) put(to, ", ");
		put_operator_code(to, reader, &code);
		put(to, " version ");
		put_number(to, version);
		put_versions(to, kernels, builtin);
		last_builtin = builtin;
		last_version = version;
	}
}

void tflite_message(const void *model, size_t model_bytes, const tflite_kernels *kernels, const tflite_error *error, char *text,
                    size_t text_bytes) {
	sink to = { text, text_bytes, 0 };
	fb_reader reader;
	fb_table root;
	tflite_error ignored;
	bool readable = tflite_open_model(model, model_bytes, &reader, &root, &ignored) == TFLITE_OK;
	if (readable && error->operator_index >= 0) put_operator(&to, &reader, &root, (uint32_t)error->operator_index);
	if (readable && error->tensor_index >= 0) {
		if (to.length > 0) put(&to, ", ");
		put_tensor(&to, &reader, &root, (uint32_t)error->tensor_index);
	}
	if (to.length > 0) put(&to, ": ");
	if (error->expected == NULL) put(&to, tflite_code_name(error->code));
	else put(&to, "expected ");
	if (error->expected != NULL) put(&to, error->expected);
	if (error->got_kind != TFLITE_GOT_NOTHING) put(&to, ", got ");
	if (error->got_kind == TFLITE_GOT_NUMBER) put_number(&to, error->got);
	if (error->got_kind == TFLITE_GOT_TYPE) put(&to, tflite_type_name((tflite_type)error->got));
	if (readable && error->code == TFLITE_MISSING_OPERATORS) {
		put(&to, ", got ");
		put_missing_operators(&to, &reader, &root, kernels);
	}
	if (text_bytes > 0) text[to.length] = '\0';
}
