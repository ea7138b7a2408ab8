/** `assay/board/accelerometer` on an ESP32: a LIS3DH on I²C, by the SDK's driver. */
import LIS3DH from "embedded:sensor/Accelerometer/LIS3DH";
import { DeviceError } from "assay/board/device-error";
import { busOf } from "assay/board/i2c";
import type { Sensor } from "assay/sensor/sensor";

/** What the driver gives: m/s² per axis. */
interface Driver {
  configure(options: { rate?: number; range?: number }): void;
  sample(): { x: number; y: number; z: number };
  close(): void;
}

/** Options of {@link openAccelerometer}. */
export interface AccelerometerOptions {
  /** samples per second, up to 400 Hz: the sensor measures at the next of its own rates */
  readonly rateHz: number;
  /** largest acceleration on each axis: 2, 4, 8 or 16 g */
  readonly rangeG: number;
}

/** Output data rates (Hz) with their codes in CTRL_REG1, and full scales (g) with theirs in CTRL_REG4: LIS3DH data sheet, tables 31 and 44. */
const RATES: readonly (readonly [rateHz: number, code: number])[] = [[1, 1], [10, 2], [25, 3], [50, 4], [100, 5], [200, 6], [400, 7]];
const RANGES: Readonly<Record<number, number>> = { 2: 0, 4: 1, 8: 2, 16: 3 };
const STANDARD_GRAVITY = 9.80665;
const ADDRESS = 0x18;

class Accelerometer implements Sensor {
  private readonly driver: Driver;
  private readonly axes = new Float64Array(3);

  constructor(driver: Driver) {
    this.driver = driver;
  }

  sample(): Float64Array {
    const { x, y, z } = this.driver.sample();
    this.axes[0] = x / STANDARD_GRAVITY;
    this.axes[1] = y / STANDARD_GRAVITY;
    this.axes[2] = z / STANDARD_GRAVITY;
    return this.axes;
  }

  close(): void {
    this.driver.close();
  }
}

/**
 * Opens the board's accelerometer: samples are x, y and z in g.
 *
 * @throws DeviceError `BAD_OPTION`, `BAD_CONFIG`, `NO_SENSOR`
 */
export function openAccelerometer({ rateHz, rangeG }: AccelerometerOptions): Sensor {
  const rate = RATES.find(([own]) => own >= rateHz)?.[1];
  if (!(rateHz > 0) || rate === undefined) throw new DeviceError("BAD_OPTION", `accelerometer: expected a rate up to 400 Hz, got ${rateHz}`);
  const range = RANGES[rangeG];
  if (range === undefined) throw new DeviceError("BAD_OPTION", `accelerometer: expected a range of 2, 4, 8 or 16 g, got ${rangeG}`);
  const bus = busOf("accelerometer", ADDRESS);
  try {
    const driver: Driver = new LIS3DH({ sensor: bus });
    driver.configure({ rate, range });
    return new Accelerometer(driver);
  } catch (cause) {
    throw new DeviceError("NO_SENSOR", `accelerometer: expected a LIS3DH at address ${bus.address} on pins ${bus.data} and ${bus.clock}, got ${String(cause)}`, { cause });
  }
}
