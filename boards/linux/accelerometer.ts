/** `assay/board/accelerometer` on Linux. */
import { SensorError, type Sensor } from "assay/sensor/sensor";

/** @throws SensorError `UNAVAILABLE`: no driver yet */
export function openAccelerometer(): Sensor {
  throw new SensorError("UNAVAILABLE", "accelerometer: expected a sensor of this board, got none; play a recording with --trace FILE");
}
