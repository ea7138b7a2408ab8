/** What drivers need of a bus: the class `embedded:io/smbus` or one of its shape (ECMA-419 SMBus class pattern). */

/** A device with registers. */
export interface Registers {
  readUint8(register: number): number;
  writeUint8(register: number, value: number): void;
  readBuffer(register: number, into: Uint8Array): ArrayBuffer;
  close(): void;
}

/** Where a sensor is connected: the class that opens it, and options for that class beside the address. */
export interface SensorConnection {
  readonly io: new (options: { address: number; hz: number; port?: number | string }) => Registers;
  readonly address?: number;
  readonly hz?: number;
  readonly port?: number | string;
}

/** Options of a driver's constructor (ECMA-419 sensor class pattern). */
export interface DriverOptions {
  readonly sensor: SensorConnection;
}

/** Standard gravity, m/s² (ISO 80000-3). */
export const STANDARD_GRAVITY = 9.80665;

/** Opens the device of a driver. */
export function connect({ sensor }: DriverOptions, address: number): Registers {
  const { io: Io, port } = sensor;
  return new Io({ address: sensor.address ?? address, hz: sensor.hz ?? 400_000, ...(port === undefined ? {} : { port }) });
}

/**
 * Checks who answers.
 * @throws Error `UNEXPECTED_SENSOR` as its code
 */
export function identify(device: Registers, name: string, register: number, expected: readonly number[]): void {
  const got = device.readUint8(register);
  if (expected.includes(got)) return;
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;
  throw Object.assign(new Error(`${name}: expected ${expected.map(hex).join(" or ")} in its register ${hex(register)}, got ${hex(got)}; is another device at this address?`), { code: "UNEXPECTED_SENSOR" });
}

/** The error of a sensor whose settings are gone, because it lost its supply for a moment: it has to be configured again. */
export function settingsLost(name: string): Error {
  return Object.assign(new Error(`${name}: expected the settings that it was given, got those after a reset`), { code: "SENSOR_RESET" });
}

/** Calls `start`, and closes the device if that fails. */
export function closeOnError(device: Registers, start: () => void): void {
  try {
    start();
  } catch (error) {
    device.close();
    throw error;
  }
}

/** The least of `values` that is at least `wanted`, else the greatest: its index. */
export function atLeast(values: readonly number[], wanted: number): number {
  const index = values.findIndex((value) => value >= wanted);
  return index < 0 ? values.length - 1 : index;
}
