/** The folder that stands for a Linux board's flash and key store. */
#ifndef ASSAY_DATA_FOLDER_H
#define ASSAY_DATA_FOLDER_H

#include <stddef.h>

#include "xsmc.h"

/** An open file descriptor of the folder given by --data; the host owns it. */
int assay_data_folder(xsMachine *the);

#endif
