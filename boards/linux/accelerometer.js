/** `assay/board/accelerometer` on Linux. */
import { SensorError } from "assay/sensor/sensor";
/** @throws SensorError `UNAVAILABLE`: no driver yet */
export function openAccelerometer() {
    throw new SensorError("UNAVAILABLE", "accelerometer: expected a sensor of this board, got none; play a recording with --trace FILE");
}
