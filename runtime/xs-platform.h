/*
 * What XS has to know of the machine it is compiled for (its XSPLATFORM header). Every file that includes a header of XS sees this one first,
 * so XS, the host and the natives agree on the layout of a machine.
 *
 * - mx32bitID stays undefined: with 16-bit ids the same bytecode runs on 32-bit and 64-bit processors.
 * - mxDebug stays undefined: lines of a stack trace come from the line table of the image (runtime/stack-trace.c), not from bytecode.
 * - c_rand takes the machine, so that Math.random() has its state in the host and not in a global.
 */
#ifndef ASSAY_XS_PLATFORM_H
#define ASSAY_XS_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	#error "expected a little-endian processor: bytecode is little-endian"
#endif
#if defined(__linux__)
	#undef mxLinux
	#define mxLinux 1
#endif

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))
#define XS_FUNCTION_ANALYZER_NORETURN

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
	#include <pthread.h>
	#include <unistd.h>
	#define mxUseGCCAtomics 1
	#define mxUsePOSIXThreads 1
#endif

#define mxMachinePlatform \
	int promiseJobs; \
	void* timerJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultCStackLimit 0

/* runtime/random.c */
extern uint32_t assay_random(void *the);
#define c_rand() assay_random(the)
#define C_RAND_MAX UINT32_MAX

#endif
