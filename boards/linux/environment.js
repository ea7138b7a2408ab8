/** `assay/board/environment` on Linux. */
import { SensorError } from "assay/sensor/sensor";
/** @throws SensorError `UNAVAILABLE`: no driver yet */
export function openEnvironment() {
    throw new SensorError("UNAVAILABLE", "environment: expected a sensor of this board, got none; play a recording with --trace FILE");
}
