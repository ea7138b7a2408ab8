import { openAccelerometer } from "assay/board/accelerometer";
import { SensorError, type SensorDescription } from "assay/sensor/sensor";

/** Full scales that accelerometers have, g. */
const RANGES: readonly number[] = Object.freeze([2, 4, 8, 16]);

/** Options of {@link accelerometer}. */
export interface AccelerometerOptions {
  /** samples per second, 1 to 400 Hz */
  readonly rate: number;
  /** full scale: ±2, ±4, ±8 or ±16 g (default 2) */
  readonly range?: number;
}

/**
 * The board's accelerometer: three channels x, y, z in g (9.80665 m/s²). Which chip it is and where it is connected is the board's to say.
 *
 * @throws SensorError `BAD_OPTION`; `open()` throws `UNAVAILABLE` where the board has none, or it does not answer
 */
export function accelerometer(options: AccelerometerOptions): SensorDescription {
  const { rate, range = 2 } = options;
  if (!(rate >= 1 && rate <= 400)) throw new SensorError("BAD_OPTION", `accelerometer: expected a rate from 1 to 400 Hz, got ${rate}`);
  if (!RANGES.includes(range)) throw new SensorError("BAD_OPTION", `accelerometer: expected a range of ${RANGES.join(", ")} g, got ${range}`);
  return { name: "accelerometer", channels: ["x", "y", "z"], rateHz: rate, open: () => openAccelerometer({ rateHz: rate, rangeG: range }) };
}
