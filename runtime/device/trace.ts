/** `assay/trace`: recordings of sensors (CSV with a header line), read row by row, so that their length does not matter. */
import type { Trace } from "assay/sensor/recording";

type Handle = object;
const openFile = native<(file: string) => Handle>("xs_trace_open");
const readLine = native<(trace: Handle) => string | undefined>("xs_trace_line");
const rewindFile = native<(trace: Handle) => void>("xs_trace_rewind");
const closeFile = native<(trace: Handle) => void>("xs_trace_close");

class CsvTrace implements Trace {
  readonly columns: readonly string[];
  private readonly handle: Handle;

  constructor(file: string) {
    this.handle = openFile(file);
    this.columns = (readLine(this.handle) ?? "").split(",");
  }

  next(): readonly number[] | undefined {
    let line = readLine(this.handle);
    while (line === "") line = readLine(this.handle);
    // Number("") is 0, but an empty cell is a missing value.
    return line?.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
  }

  rewind(): void {
    rewindFile(this.handle);
    readLine(this.handle);
  }

  close(): void {
    closeFile(this.handle);
  }
}

/**
 * Opens a recording.
 * @throws Error with the code of the failed operation, such as `ENOENT`; RangeError for a line over 1024 bytes
 */
export function openTrace(file: string): Trace {
  return new CsvTrace(file);
}
