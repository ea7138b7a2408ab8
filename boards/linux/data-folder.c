#include "data-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "throw.h"
#include "linux.h"

int assay_data_folder(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    if (board->data_folder < 0) {
        /* keys live below it */
        if (mkdir(board->data, 0700) != 0 && errno != EEXIST) assay_throw_errno(the, errno, board->data);
        board->data_folder = open(board->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (board->data_folder < 0) assay_throw_errno(the, errno, board->data);
    }
    return board->data_folder;
}
