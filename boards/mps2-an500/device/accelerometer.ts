/** `assay/board/accelerometer` on the MPS2+ board, which has none. */
import { SensorError, type Sensor } from "assay/sensor/sensor";

/** @throws SensorError `UNAVAILABLE` */
export function openAccelerometer(): Sensor {
  throw new SensorError("UNAVAILABLE", "accelerometer: expected a sensor, but this board has no accelerometer; flash it with --trace FILE to play a recording");
}
