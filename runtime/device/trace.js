const openFile = native("xs_trace_open");
const readLine = native("xs_trace_line");
const rewindFile = native("xs_trace_rewind");
const closeFile = native("xs_trace_close");
class CsvTrace {
    columns;
    handle;
    constructor(file) {
        this.handle = openFile(file);
        this.columns = (readLine(this.handle) ?? "").split(",");
    }
    next() {
        let line = readLine(this.handle);
        while (line === "")
            line = readLine(this.handle);
        // Number("") is 0, but an empty cell is a missing value.
        return line?.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
    }
    rewind() {
        rewindFile(this.handle);
        readLine(this.handle);
    }
    close() {
        closeFile(this.handle);
    }
}
/**
 * Opens a recording.
 * @throws Error with the code of the failed operation, such as `ENOENT`; RangeError for a line over 1024 bytes
 */
export function openTrace(file) {
    return new CsvTrace(file);
}
