/** `assay/board/accelerometer` on the MPS2+ board, which has none. */
import { SensorError } from "assay/sensor/sensor";
/** @throws SensorError `UNAVAILABLE` */
export function openAccelerometer() {
    throw new SensorError("UNAVAILABLE", "accelerometer: expected a sensor, but this board has no accelerometer; flash it with --trace FILE to play a recording");
}
