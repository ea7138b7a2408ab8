/** Which sensors a Linux board has, and where: `config.sensors`. */
import config from "mc/config";
import SMBus from "embedded:io/smbus";
import type { SensorConnection } from "assay/sensor/drivers/registers";
import { SensorError } from "assay/sensor/sensor";

/** A chip on an I2C bus, or a device of IIO. */
export type SensorPlace = { readonly driver: string; readonly connection: SensorConnection } | { readonly driver: "iio"; readonly device: number; readonly root: string | undefined };

type Fields = Record<string, unknown>;

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60));

function integer(where: string, fields: Fields, name: string, most: number): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > most) throw new SensorError("BAD_OPTION", `${where}.${name}: expected an integer from 0 to ${most}, got ${show(value)}`);
  return value;
}

/**
 * Reads `config.sensors.<name>`.
 * @param drivers what its `driver` may be, beside "iio"
 * @throws SensorError `UNAVAILABLE` if it is not there, `BAD_OPTION` if it is wrong
 */
export function sensorPlace(name: string, drivers: readonly string[]): SensorPlace {
  const where = `config.sensors.${name}`;
  const sensors = config["sensors"];
  const value = typeof sensors === "object" && sensors !== null ? (sensors as Fields)[name] : undefined;
  const known = [...drivers, "iio"];
  if (value === undefined) {
    throw new SensorError("UNAVAILABLE", `${name}: expected ${where}, got nothing; write { "driver": "${drivers[0]}", "bus": 1 } there (drivers: ${known.join(", ")}), or play a recording with --trace FILE`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SensorError("BAD_OPTION", `${where}: expected an object, got ${show(value)}`);
  const fields = value as Fields;
  const { driver, root } = fields;
  if (typeof driver !== "string" || !known.includes(driver)) throw new SensorError("BAD_OPTION", `${where}.driver: expected ${known.join(", ")}, got ${show(driver)}`);
  const names = driver === "iio" ? ["driver", "device", "root"] : ["driver", "bus", "address"];
  const stranger = Object.keys(fields).find((one) => !names.includes(one));
  if (stranger !== undefined) throw new SensorError("BAD_OPTION", `${where}: expected ${names.join(", ")} for this driver, got ${stranger.slice(0, 40)}`);
  if (driver === "iio") {
    if (root !== undefined && (typeof root !== "string" || !root.startsWith("/"))) throw new SensorError("BAD_OPTION", `${where}.root: expected an absolute path, got ${show(root)}`);
    return { driver, device: integer(where, fields, "device", 255) ?? 0, root };
  }
  const address = integer(where, fields, "address", 0x7f);
  return { driver, connection: { io: SMBus, port: integer(where, fields, "bus", 255) ?? 1, ...(address === undefined ? {} : { address }) } };
}
