import { SensorError } from "assay/sensor/sensor";
/**
 * A recording in place of a sensor: the same channels, picked by column name; further columns are ignored.
 * At the end it starts again (`repeat`) or calls `onEnd` once.
 *
 * @throws SensorError `BAD_TRACE` for a missing column, a cell that is no finite number, or a recording without rows
 */
export class Recording {
    trace;
    columns;
    values;
    repeat;
    onEnd;
    row = 0;
    ended = false;
    constructor(sensor, trace, options) {
        const columns = sensor.channels.map((channel) => {
            const column = trace.columns.indexOf(channel);
            if (column < 0)
                throw new SensorError("BAD_TRACE", `recording: expected a column "${channel}" for the sensor ${sensor.name}, got ${trace.columns.join(", ")}`);
            return column;
        });
        this.trace = trace;
        this.columns = columns;
        this.values = new Float64Array(columns.length);
        this.repeat = options.repeat;
        this.onEnd = options.onEnd;
    }
    sample() {
        if (this.ended)
            return undefined;
        let row = this.trace.next();
        if (row === undefined && this.repeat && this.row > 0) {
            this.trace.rewind();
            this.row = 0;
            row = this.trace.next();
        }
        if (row === undefined) {
            if (this.row === 0)
                throw new SensorError("BAD_TRACE", "recording: expected at least one row after the header");
            this.ended = true;
            this.onEnd();
            return undefined;
        }
        this.row++;
        for (let channel = 0; channel < this.columns.length; channel++) {
            const value = row[this.columns[channel]];
            if (value === undefined || !Number.isFinite(value)) {
                throw new SensorError("BAD_TRACE", `recording: expected a number in row ${this.row}, column ${this.trace.columns[this.columns[channel]]}`);
            }
            this.values[channel] = value;
        }
        return this.values;
    }
    close() {
        this.trace.close();
    }
}
