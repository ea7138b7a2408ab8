/** `assay/board/environment` on the MPS2+ board, which has none. */
import { SensorError } from "assay/sensor/sensor";
/** @throws SensorError `UNAVAILABLE` */
export function openEnvironment() {
    throw new SensorError("UNAVAILABLE", "environment: expected a sensor, but this board has no climate sensor; flash it with --trace FILE to play a recording");
}
