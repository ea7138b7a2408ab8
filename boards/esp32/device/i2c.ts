/** The I²C bus of a board's sensors: `config.i2c` (`{ data, clock }`, pin numbers), or the default bus of the SDK's board, or the pins that are customary on an ESP32. */
import device from "embedded:provider/builtin";
import config from "mc/config";
import { DeviceError } from "assay/esp32/device-error";
import type { Registers } from "assay/sensor/drivers/registers";

/** Where the first ESP32 boards have their bus. */
const CUSTOMARY_PINS = Object.freeze({ data: 21, clock: 22 });

/** A sensor's place on the bus, in the form in which the SDK's drivers take it. */
export interface BusOptions {
  readonly io: new (options: object) => Registers;
  readonly data: number;
  readonly clock: number;
  readonly address: number;
}

/**
 * @param name field of the configuration that may give another address, such as "accelerometer" for `config.accelerometer.address`
 * @throws DeviceError `BAD_CONFIG`
 */
export function busOf(name: string, address: number): BusOptions {
  const settings: Record<string, { address?: unknown; data?: unknown; clock?: unknown } | undefined> = config;
  const pins = settings["i2c"] ?? (device as unknown as { I2C?: { default?: { data: number; clock: number } } }).I2C?.default ?? CUSTOMARY_PINS;
  const { data, clock } = pins;
  if (typeof data !== "number" || typeof clock !== "number") throw new DeviceError("BAD_CONFIG", "config.i2c: expected { data, clock } with pin numbers");
  const given = settings[name]?.address ?? address;
  // 0x08 to 0x77: what the I²C specification (UM10204 §3.1.12) leaves for devices.
  if (typeof given !== "number" || !Number.isInteger(given) || given < 0x08 || given > 0x77) throw new DeviceError("BAD_CONFIG", `config.${name}.address: expected 0x08 to 0x77, got ${String(given)}`);
  return { io: (device as unknown as { io: { SMBus: BusOptions["io"] } }).io.SMBus, data, clock, address: given };
}
