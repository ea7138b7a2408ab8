/** The configuration that goes into an ESP32's image, checked as the device will check it: it can only say so on its console. What is in it is never shown. */
import { readSettings } from "assay/app/settings";
import { readServers } from "assay/esp32/clock";
import { readNetworks } from "assay/esp32/wifi";
import { BoardError } from "../board-error.ts";
import { configFile } from "../linux-deb/device-config.ts";

/**
 * Reads a file with a device's configuration.
 * @throws BoardError `BAD_OPTION` if it is no JSON object, or the device would refuse it
 */
export function readDeviceConfig(file: string): Record<string, unknown> {
  const config = JSON.parse(Buffer.from(configFile({ config: file }, undefined)!).toString("utf8")) as Record<string, unknown>;
  try {
    const { provision, trace } = readSettings(config);
    readNetworks(config["wifi"]);
    readServers(config);
    if (provision) throw new BoardError("BAD_OPTION", "config.provision: expected none on a chip, which would start again for ever, got true");
    if (trace !== undefined) throw new BoardError("BAD_OPTION", "config.trace: expected none on a board without files, got a recording");
  } catch (cause) {
    // The device's own errors name fields and never show a secret.
    const { code, message } = cause as { code?: unknown; message: string };
    if (code !== "BAD_CONFIG" && code !== "BAD_OPTION") throw cause;
    throw new BoardError("BAD_OPTION", `${file}: ${message}`, { cause });
  }
  return config;
}
