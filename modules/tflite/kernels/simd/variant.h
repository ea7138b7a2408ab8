/* The kernels of one machine, built on its vector-*.h, which comes first, and SIMD_VARIANT with its name, which is what its file defines. */
#ifndef ASSAY_TFLITE_VARIANT_H
#define ASSAY_TFLITE_VARIANT_H

#include "check.h"
#include "conv-2d-vectors.h"
#include "depthwise-conv-2d-vectors.h"
#include "dot-product-rows-vectors.h"
#include "elementwise-vectors.h"
#include "fully-connected-vectors.h"
#include "pool-vectors.h"
#include "variants.h"

#include "../lstm.h"
#include "../svdf.h"

static bool prepare_conv_2d(tflite_preparation *preparation) {
	return conv_2d_prepare(preparation, &conv_2d_vectors);
}

static bool check_conv_2d(void) {
	check_memory memory;
	if (!conv_2d_self_check(&conv_2d_vectors, check_block(&memory), CHECK_BYTES)) return false;
	for (uint64_t seed = 0; seed < CHECK_LAYERS; seed++) {
		check_begin(&memory);
		if (drawn_conv_2d(&conv_2d_vectors, seed, CHECK_MOST, &memory.memory) == DRAWN_DIFFERENT) return false;
	}
	return true;
}

static bool prepare_depthwise_conv_2d(tflite_preparation *preparation) {
	return depthwise_conv_2d_prepare(preparation, &depthwise_conv_2d_vectors);
}

static bool check_depthwise_conv_2d(void) {
	check_memory memory;
	if (!depthwise_conv_2d_self_check(&depthwise_conv_2d_vectors, check_block(&memory), CHECK_BYTES)) return false;
	for (uint64_t seed = 0; seed < CHECK_LAYERS; seed++) {
		check_begin(&memory);
		if (drawn_depthwise_conv_2d(&depthwise_conv_2d_vectors, seed, CHECK_MOST, &memory.memory) == DRAWN_DIFFERENT) return false;
	}
	return true;
}

static bool prepare_fully_connected(tflite_preparation *preparation) {
	return fully_connected_prepare(preparation, &fully_connected_vectors);
}

static bool check_fully_connected(void) {
	check_memory memory;
	if (!fully_connected_self_check(&fully_connected_vectors, check_block(&memory), CHECK_BYTES)) return false;
	for (uint64_t seed = 0; seed < CHECK_LAYERS; seed++) {
		check_begin(&memory);
		if (drawn_fully_connected(&fully_connected_vectors, seed, CHECK_MOST, &memory.memory) == DRAWN_DIFFERENT) return false;
	}
	return true;
}

static bool check_rows(void) {
	return dot_product_rows_self_check(dot_product_rows_vectors);
}

/* Twice as many channels, so that some layers have as many as a vector takes. */
static bool check_pool(void (*portable)(const void *state), void (*fast)(const void *state)) {
	check_memory memory;
	for (uint64_t seed = 0; seed < CHECK_LAYERS; seed++) {
		check_begin(&memory);
		if (drawn_pool(portable, fast, seed, 2 * CHECK_MOST, &memory.memory) == DRAWN_DIFFERENT) return false;
	}
	return true;
}

static bool check_average_pool_2d(void) {
	return check_pool(average_pool_2d_invoke, invoke_average_pool_2d);
}

static bool check_max_pool_2d(void) {
	return check_pool(max_pool_2d_invoke, invoke_max_pool_2d);
}

static bool prepare_lstm(tflite_preparation *preparation) {
	return lstm_prepare(preparation, dot_product_rows_vectors);
}

static bool prepare_svdf(tflite_preparation *preparation) {
	return svdf_prepare(preparation, dot_product_rows_vectors);
}

static bool prepare_add(tflite_preparation *preparation) {
	return add_prepare(preparation, add_run_vectors);
}

static bool check_add(void) {
	return add_self_check(add_run_vectors);
}

static bool prepare_mul(tflite_preparation *preparation) {
	return mul_prepare(preparation, mul_run_vectors);
}

static bool check_mul(void) {
	return mul_self_check(mul_run_vectors);
}

static const tflite_kernel fast_add = ADD_KERNEL(prepare_add, check_add);
static const tflite_kernel fast_average_pool_2d = AVERAGE_POOL_2D_KERNEL(pool_prepare, invoke_average_pool_2d, check_average_pool_2d);
static const tflite_kernel fast_conv_2d = CONV_2D_KERNEL(prepare_conv_2d, check_conv_2d);
static const tflite_kernel fast_depthwise_conv_2d = DEPTHWISE_CONV_2D_KERNEL(prepare_depthwise_conv_2d, check_depthwise_conv_2d);
static const tflite_kernel fast_fully_connected = FULLY_CONNECTED_KERNEL(prepare_fully_connected, check_fully_connected);
static const tflite_kernel fast_lstm = LSTM_KERNEL(prepare_lstm, check_rows);
static const tflite_kernel fast_max_pool_2d = MAX_POOL_2D_KERNEL(pool_prepare, invoke_max_pool_2d, check_max_pool_2d);
static const tflite_kernel fast_mul = MUL_KERNEL(prepare_mul, check_mul);
static const tflite_kernel fast_svdf = SVDF_KERNEL(prepare_svdf, check_rows);

static const tflite_kernel *const rows[] = {
	&fast_add, &fast_average_pool_2d, &fast_conv_2d, &fast_depthwise_conv_2d, &fast_fully_connected, &fast_lstm, &fast_max_pool_2d, &fast_mul, &fast_svdf,
};

#define SIMD_VARIANT(name) \
	{ \
		{ name, rows, sizeof rows / sizeof rows[0], &tflite_portable_kernels }, &conv_2d_vectors, &depthwise_conv_2d_vectors, &fully_connected_vectors, \
		    dot_product_rows_vectors, add_run_vectors, mul_run_vectors, invoke_average_pool_2d, invoke_max_pool_2d \
	}

#endif
