import { SensorError, type Sensor, type SensorDescription } from "assay/sensor/sensor";

/** A recording as a board gives it, row by row (`assay/trace`). */
export interface Trace {
  readonly columns: readonly string[];
  /** the next row, or undefined at the end; a cell that is no number is NaN */
  next(): readonly number[] | undefined;
  rewind(): void;
  close(): void;
}

/**
 * A recording in place of a sensor: the same channels, picked by column name; further columns are ignored.
 * At the end it starts again (`repeat`) or calls `onEnd` once.
 *
 * @throws SensorError `BAD_TRACE` for a missing column, a cell that is no finite number, or a recording without rows
 */
export class Recording implements Sensor {
  private readonly trace: Trace;
  private readonly columns: readonly number[];
  private readonly values: Float64Array;
  private readonly repeat: boolean;
  private readonly onEnd: () => void;
  private row = 0;
  private ended = false;

  constructor(sensor: SensorDescription, trace: Trace, options: { readonly repeat: boolean; readonly onEnd: () => void }) {
    const columns = sensor.channels.map((channel) => {
      const column = trace.columns.indexOf(channel);
      if (column < 0) throw new SensorError("BAD_TRACE", `recording: expected a column "${channel}" for the sensor ${sensor.name}, got ${trace.columns.join(", ")}`);
      return column;
    });
    this.trace = trace;
    this.columns = columns;
    this.values = new Float64Array(columns.length);
    this.repeat = options.repeat;
    this.onEnd = options.onEnd;
  }

  sample(): Float64Array | undefined {
    if (this.ended) return undefined;
    let row = this.trace.next();
    if (row === undefined && this.repeat && this.row > 0) {
      this.trace.rewind();
      this.row = 0;
      row = this.trace.next();
    }
    if (row === undefined) {
      if (this.row === 0) throw new SensorError("BAD_TRACE", "recording: expected at least one row after the header");
      this.ended = true;
      this.onEnd();
      return undefined;
    }
    this.row++;
    for (let channel = 0; channel < this.columns.length; channel++) {
      const value = row[this.columns[channel]!];
      if (value === undefined || !Number.isFinite(value)) {
        throw new SensorError("BAD_TRACE", `recording: expected a number in row ${this.row}, column ${this.trace.columns[this.columns[channel]!]}`);
      }
      this.values[channel] = value;
    }
    return this.values;
  }

  close(): void {
    this.trace.close();
  }
}
