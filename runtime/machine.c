/*
 * The machine: fixed memory, and what happens when it is exhausted.
 *
 * The built-ins of JavaScript are made once, in memory of their own, and shared with the app's machine, which copies what it changes of them. A microcontroller has
 * them in flash, made when its firmware is built; so here, as there, the limits are for what the app itself takes.
 *
 * XS reports trouble through fxAbort. Two kinds are told apart by how XS is compiled (runtime/xs-build.ts): within its memory management (xsMemory.c) fxAbort is
 * `assay_memory_abort`, since the heap is in no state to go on; elsewhere a full stack throws a RangeError that JavaScript can catch.
 */
#include "xsAll.h"

#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "stack-trace.h"

/* Buckets of the table of names, as many as the built-ins' table has: the app's is a copy of it. */
#define NAME_BUCKETS 509
#define SYMBOL_BUCKETS 127
/* What the built-ins of XS take, with room to spare; the process exits if it is not enough, so a test would notice. A board with little memory says more exactly. */
#ifndef BUILT_IN_SLOTS
#define BUILT_IN_SLOTS 8192
#define BUILT_IN_CHUNK_BYTES (64 * 1024)
#define BUILT_IN_VALUES 1024
#endif

void assay_memory_abort(txMachine *the, int status);
void fxCheckCStack(txMachine *the);

static txCreation creation_for(const assay_limits *limits) {
    return (txCreation){
        .initialChunkSize = limits->chunks,
        .initialHeapCount = limits->slots,
        .stackCount = limits->values,
        .initialKeyCount = limits->keys,
        .nameModulo = NAME_BUCKETS,
        .symbolModulo = SYMBOL_BUCKETS,
    };
}

/* Where XS keeps the places of global names that it has looked up: the one thing of the built-ins that is written later. A program has one machine, so one of these. */
static txSlot *global_cache[XS_INTRINSICS_COUNT];

/*
 * Texts of the built-ins stay where they are. As chunks of a heap, a copy of such a slot in the app's machine would make that machine's collector move them, although they are not in its heap:
 * so they become what texts in flash are, which no collector touches (as XS's linker does it for built-ins in flash).
 */
static void keep_in_place(txMachine *the) {
    for (txSlot *heap = the->firstHeap; heap != NULL; heap = heap->next) {
        for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
            if (slot->kind == XS_STRING_KIND) slot->kind = XS_STRING_X_KIND;
            else if (slot->kind == XS_KEY_KIND) slot->kind = XS_KEY_X_KIND;
            else if (slot->kind == XS_BIGINT_KIND) slot->kind = XS_BIGINT_X_KIND;
            else if (slot->kind == XS_GLOBAL_KIND) slot->value.table.address = global_cache;
        }
    }
}

static char machine_name[] = "assay";

void *assay_machine_prepare(uintptr_t stack_limit) {
    /* Only for the time that the built-ins are made. */
    assay_host maker = {
        .limits = { .slots = BUILT_IN_SLOTS, .chunks = BUILT_IN_CHUNK_BYTES, .values = BUILT_IN_VALUES, .keys = XS_ID_COUNT },
        .stack_limit = stack_limit,
    };
    txCreation creation = creation_for(&maker.limits);
    txMachine *built_ins = fxCreateMachine(&creation, machine_name, &maker, XS_NO_ID);
    if (built_ins == NULL) assay_machine_exhausted(&maker, "the memory of the built-ins");
    fxShareMachine(built_ins);
    keep_in_place(built_ins);
    built_ins->context = NULL;
    return built_ins;
}

void assay_machine_open(assay_host *host) {
    txCreation creation = creation_for(&host->limits);
    creation.initialKeyCount += host->image.symbol_count;
    if (host->built_ins == NULL) host->built_ins = assay_machine_prepare(host->stack_limit);
    if (fxCloneMachine(&creation, host->built_ins, machine_name, host) == NULL) assay_machine_exhausted(host, "the memory of the machine");
}

void assay_machine_close(assay_host *host) {
    fxDeleteMachine(host->machine);
    fxDeleteMachine(host->built_ins);
    host->machine = host->built_ins = NULL;
}

/* XS may call back while it makes the machine, so the host has it from here on. */
void fxCreateMachinePlatform(txMachine *the) { ((assay_host *)the->context)->machine = the; }

void fxDeleteMachinePlatform(txMachine *the) { (void)the; }

char *fxCStackLimit(void) {
    /* The real limit comes with the host, in fxCheckCStack below: this function has no machine to ask. */
    return NULL;
}

static void print_frame(void *self, const char *function, const char *file, uint16_t line) {
    (void)self;
    fprintf(stderr, "   at%s%s", function == NULL ? "" : " ", function == NULL ? "" : function);
    if (file != NULL) fprintf(stderr, " (%s:%u)", file, (unsigned)line);
    fputc('\n', stderr);
}

void assay_machine_exhausted(assay_host *host, const char *what) {
    fflush(stdout);
    fprintf(stderr, "assay: out of memory: %s is full (limits: %d slots, %d bytes of chunks, %d keys)%s\n", what, (int)host->limits.slots, (int)host->limits.chunks, (int)host->limits.keys,
            host->memory_advice == NULL ? "" : host->memory_advice);
    if (host->machine != NULL) assay_visit_stack(host->machine, print_frame, NULL);
    exit(ASSAY_EXIT_MEMORY);
}

void assay_memory_abort(txMachine *the, int status) {
    assay_host *host = the->context;
    if (status == XS_NO_MORE_KEYS_EXIT) assay_machine_exhausted(host, "the table of names");
    if (status == XS_STACK_OVERFLOW_EXIT) assay_machine_exhausted(host, "the C stack (while the collector marks)");
    if (status == XS_NOT_ENOUGH_MEMORY_EXIT) assay_machine_exhausted(host, the->freeHeap == NULL ? "the heap of slots" : "the heap of chunks");
    fprintf(stderr, "assay: expected XS to go on, got its status %d\n", status);
    exit(ASSAY_EXIT_MEMORY);
}

void fxAbort(txMachine *the, int status) {
    switch (status) {
    case XS_STACK_OVERFLOW_EXIT:
        mxRangeError("stack overflow");
        break;
    case XS_UNHANDLED_EXCEPTION_EXIT:
    case XS_UNHANDLED_REJECTION_EXIT:
        assay_report_exception(the);
    default:
        assay_memory_abort(the, status);
    }
}

void fxCheckCStack(txMachine *the) {
    const assay_host *host = the->context;
    char here;
    if ((uintptr_t)&here <= host->stack_limit) fxAbort(the, XS_STACK_OVERFLOW_EXIT);
}

void fxQueuePromiseJobs(txMachine *the) { the->promiseJobs = 1; }
