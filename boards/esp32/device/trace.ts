/** `assay/trace` on an ESP32: it has no file system, so a recording cannot be played there. */
import { DeviceError } from "assay/esp32/device-error";
import type { Trace } from "assay/sensor/recording";

/** @throws DeviceError `NO_FILE_SYSTEM`, always */
export function openTrace(file: string): Trace {
  throw new DeviceError("NO_FILE_SYSTEM", `config.trace: expected none on a board without files, got ${file}`);
}
