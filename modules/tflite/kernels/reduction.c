#include "reduction.h"
#include "constants.h"

#include <string.h>

/* Which axes of the input are folded, a bit for each. Negative axes count from the end; the same one may be given twice. */
static bool read_axes(tflite_preparation *preparation, const tflite_operand *input, const tflite_operand *axes, uint32_t *folded) {
	*folded = 0;
	/* A scalar has none, whatever is given. */
	if (input->rank == 0) return true;
	/* Many operators may share one long operand. */
	const fb_vector values = { 0, axes->count };
	fb_spend(preparation->reader, values, 4);
	if (preparation->reader->broken) return false;
	for (uint32_t i = 0; i < axes->count; i++) {
		int32_t given;
		uint32_t axis;
		memcpy(&given, axes->data + 4 * (size_t)i, sizeof given);
		if (!constants_check_axis(preparation, axes, given, input->rank, &axis)) return false;
		*folded |= (uint32_t)1 << axis;
	}
	return true;
}

/* The axes, merged where they can be, the last one innermost. */
static uint32_t merge_axes(const tflite_operand *input, uint32_t folded, reduction_axis axes[TFLITE_MAX_RANK]) {
	uint32_t rank = 0;
	for (uint32_t i = 0; i < input->rank; i++) {
		const uint32_t kept = (folded >> i & 1) == 0;
		if (input->shape[i] == 1) continue;
		if (rank > 0 && axes[rank - 1].result_step == kept) {
			axes[rank - 1].count *= input->shape[i];
		} else {
			const reduction_axis axis = { input->shape[i], 0, kept };
			axes[rank++] = axis;
		}
	}
	uint32_t input_step = 1, result_step = 1;
	for (uint32_t i = rank; i-- > 0;) {
		axes[i].input_step = input_step;
		input_step *= axes[i].count;
		if (axes[i].result_step == 0) continue;
		axes[i].result_step = result_step;
		result_step *= axes[i].count;
	}
	return rank;
}

static void put_into_tile(const reduction_axis *axis, reduction_tile *tile) {
	if (axis->result_step == 0) {
		tile->folded = axis->count;
		tile->folded_step = axis->input_step;
	} else {
		tile->kept = axis->count;
		tile->kept_step = axis->input_step;
	}
}

static void shape_of(const tflite_operand *input, uint32_t folded, uint32_t results, reduction *shape) {
	reduction_axis axes[TFLITE_MAX_RANK];
	const reduction_tile single = { 1, 0, 1, 0 };
	uint32_t rank = merge_axes(input, folded, axes), first = 0;
	memset(shape, 0, sizeof *shape);
	shape->slabs = 1;
	shape->tile = single;
	if (rank > 1 && axes[0].result_step != 0) {
		shape->slabs = axes[0].count;
		first = 1;
	}
	shape->slab_elements = input->count / shape->slabs;
	shape->slab_results = results / shape->slabs;
	shape->folded = input->count / results;
	/* Kept and folded axes take turns, so the last two are one of each. */
	for (uint32_t i = 0; i < 2 && rank > first; i++) put_into_tile(&axes[--rank], &shape->tile);
	shape->rank = rank - first;
	memcpy(shape->axes, axes + first, shape->rank * sizeof axes[0]);
}

bool reduction_load(tflite_preparation *preparation, tflite_operand *input, tflite_operand *output, reduction *shape) {
	tflite_operand axes;
	uint32_t folded, results = 1;
	if (!tflite_expect_operands(preparation, 2, 2)) return false;
	if (!tflite_input_operand(preparation, 0, input) || !tflite_input_operand(preparation, 1, &axes) || !tflite_output_operand(preparation, 0, output)) return false;
	if (output->type != input->type) return tflite_refuse_type(preparation, output, "output of the input's type");
	if (axes.type != TFLITE_INT32) return tflite_refuse_type(preparation, &axes, "int32 axes");
	if (!axes.constant) return tflite_refuse(preparation, TFLITE_UNSUPPORTED, &axes, "constant axes");
	if (!read_axes(preparation, input, &axes, &folded)) return false;
	for (uint32_t i = 0; i < input->rank; i++) {
		if ((folded >> i & 1) == 0) results *= input->shape[i];
	}
	if (output->count != results) return tflite_refuse_number(preparation, TFLITE_INVALID_OPERATOR, output, "as many elements as the axes leave", output->count);
	shape_of(input, folded, results, shape);
	return true;
}

void reduction_slab(const reduction *shape, const void *input, size_t element_bytes, void *results, size_t result_bytes, reduction_fold *fold) {
	uint32_t counters[TFLITE_MAX_RANK] = { 0 };
	size_t element = 0, result = 0;
	for (;;) {
		fold((const uint8_t *)input + element * element_bytes, &shape->tile, (uint8_t *)results + result * result_bytes);
		uint32_t i = shape->rank;
		for (; i > 0; i--) {
			const reduction_axis *axis = &shape->axes[i - 1];
			element += axis->input_step;
			result += axis->result_step;
			if (++counters[i - 1] < axis->count) break;
			counters[i - 1] = 0;
			element -= (size_t)axis->input_step * axis->count;
			result -= (size_t)axis->result_step * axis->count;
		}
		if (i == 0) return;
	}
}

void reduction_all(const reduction *shape, const void *input, void *output, size_t element_bytes, reduction_fold *fold) {
	for (uint32_t slab = 0; slab < shape->slabs; slab++) {
		reduction_slab(shape, (const uint8_t *)input + (size_t)slab * shape->slab_elements * element_bytes, element_bytes,
		               (uint8_t *)output + (size_t)slab * shape->slab_results * element_bytes, element_bytes, fold);
	}
}
