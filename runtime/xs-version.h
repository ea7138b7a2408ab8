/* The version of XS that images are made for: bytecode and ids differ between versions. Checked against XS's own header in modules.c. */
#ifndef ASSAY_XS_VERSION_H
#define ASSAY_XS_VERSION_H

#define ASSAY_XS_MAJOR 13
#define ASSAY_XS_MINOR 3
#define ASSAY_XS_PATCH 0
#define ASSAY_XS_VERSION { ASSAY_XS_MAJOR, ASSAY_XS_MINOR, ASSAY_XS_PATCH }
#define ASSAY_XS_NAME "13.3"

#endif
