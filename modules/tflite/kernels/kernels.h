/* What the operators' files give to the table. */
#ifndef ASSAY_TFLITE_KERNELS_H
#define ASSAY_TFLITE_KERNELS_H

#include "../kernel.h"

bool add_prepare(tflite_preparation *preparation);
void add_invoke(const void *state);
bool average_pool_2d_prepare(tflite_preparation *preparation);
void average_pool_2d_invoke(const void *state);
bool conv_2d_prepare(tflite_preparation *preparation);
void conv_2d_invoke(const void *state);
bool conv_2d_self_check(void);
bool depthwise_conv_2d_prepare(tflite_preparation *preparation);
void depthwise_conv_2d_invoke(const void *state);
bool depthwise_conv_2d_self_check(void);
bool dequantize_prepare(tflite_preparation *preparation);
void dequantize_invoke(const void *state);
bool fully_connected_prepare(tflite_preparation *preparation);
void fully_connected_invoke(const void *state);
bool fully_connected_self_check(void);
bool max_pool_2d_prepare(tflite_preparation *preparation);
void max_pool_2d_invoke(const void *state);
bool quantize_prepare(tflite_preparation *preparation);
void quantize_invoke(const void *state);
bool reshape_prepare(tflite_preparation *preparation);
void reshape_invoke(const void *state);
bool softmax_prepare(tflite_preparation *preparation);
void softmax_invoke(const void *state);
bool softmax_self_check(void);

#endif
