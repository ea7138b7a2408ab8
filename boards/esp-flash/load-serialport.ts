/** Loads the package serialport, whose native part is not needed by anything else and not there for every machine. */
import { FlashError } from "./flash-error.ts";

/**
 * The package.
 * @throws FlashError `PORT_FAILED` if it has no native part for this machine
 */
export async function loadSerialport(): Promise<typeof import("serialport")> {
  try {
    return await import("serialport");
  } catch (error) {
    throw new FlashError("PORT_FAILED", `expected the package serialport to have a native part for ${process.platform} on ${process.arch}, got: ${(error as Error).message}`, { cause: error });
  }
}
