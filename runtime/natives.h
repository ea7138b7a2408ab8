/* The generated table of natives (see natives-table.ts). */
#ifndef ASSAY_NATIVES_H
#define ASSAY_NATIVES_H

#include "host.h"

extern const assay_native assay_natives[];
extern const size_t assay_native_count;

#endif
