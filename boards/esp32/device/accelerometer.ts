/** `assay/board/accelerometer` on an ESP32: a LIS3DH on I²C, by the SDK's driver. */
import LIS3DH from "embedded:sensor/Accelerometer/LIS3DH";
import { DeviceError } from "assay/esp32/device-error";
import { busOf } from "assay/esp32/i2c";
import type { Sensor } from "assay/sensor/sensor";

/** Options of {@link openAccelerometer}. */
export interface AccelerometerOptions {
  /** samples per second, up to 400 Hz: the sensor measures at the next of its own rates */
  readonly rateHz: number;
  /** largest acceleration on each axis: 2, 4, 8 or 16 g */
  readonly rangeG: number;
}

/** Output data rates (Hz), whose codes in CTRL_REG1 are 1, 2, …, and full scales (g), whose codes in CTRL_REG4 are 0, 1, …: LIS3DH data sheet, tables 31 and 44. */
const RATES_HZ: readonly number[] = Object.freeze([1, 10, 25, 50, 100, 200, 400]);
const RANGES_G: readonly number[] = Object.freeze([2, 4, 8, 16]);
const STANDARD_GRAVITY = 9.80665;
const ADDRESS = 0x18;

class Accelerometer implements Sensor {
  private readonly driver: LIS3DH;
  private readonly axes = new Float64Array(3);

  constructor(driver: LIS3DH) {
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
  const rate = RATES_HZ.findIndex((own) => own >= rateHz) + 1;
  if (!(rateHz > 0) || rate === 0) throw new DeviceError("BAD_OPTION", `accelerometer: expected a rate up to 400 Hz, got ${rateHz}`);
  const range = RANGES_G.indexOf(rangeG);
  if (range < 0) throw new DeviceError("BAD_OPTION", `accelerometer: expected a range of 2, 4, 8 or 16 g, got ${rangeG}`);
  const bus = busOf("accelerometer", ADDRESS);
  try {
    const driver = new LIS3DH({ sensor: bus });
    driver.configure({ rate, range });
    return new Accelerometer(driver);
  } catch (cause) {
    throw new DeviceError("NO_SENSOR", `accelerometer: expected a LIS3DH at address ${bus.address} on pins ${bus.data} and ${bus.clock}, got ${String(cause)}`, { cause });
  }
}
