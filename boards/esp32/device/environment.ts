/** `assay/board/environment` on an ESP32: a BME280 on I²C, by the driver that Linux boards use too (the SDK has drivers for its relatives BMP280 and BME68x only). */
import { DeviceError } from "assay/esp32/device-error";
import { busOf } from "assay/esp32/i2c";
import BME280 from "assay/sensor/drivers/bme280";
import type { Sensor } from "assay/sensor/sensor";

/** Options of {@link openEnvironment}. */
export interface EnvironmentOptions {
  /** samples per second, up to 10 Hz */
  readonly rateHz: number;
}

/** A measurement takes 9.3 ms, and the chip rests 62.5 ms between two (data sheet BST-BME280-DS002, §9.1 and table 27). */
const FASTEST_HZ = 10;
const ADDRESS = 0x76;

class Environment implements Sensor {
  private readonly chip: BME280;
  private readonly values = new Float64Array(3);

  constructor(chip: BME280) {
    this.chip = chip;
  }

  sample(): Float64Array | undefined {
    const climate = this.chip.sample();
    if (climate === undefined) return undefined;
    this.values[0] = climate.thermometer.temperature;
    this.values[1] = climate.hygrometer.humidity * 100;
    this.values[2] = climate.barometer.pressure;
    return this.values;
  }

  close(): void {
    this.chip.close();
  }
}

/**
 * Opens the board's sensor of its surroundings: samples are temperature in °C, relative humidity in percent and pressure in Pa.
 *
 * @throws DeviceError `BAD_OPTION`, `BAD_CONFIG`, `NO_SENSOR`
 */
export function openEnvironment({ rateHz }: EnvironmentOptions): Sensor {
  if (!(rateHz > 0 && rateHz <= FASTEST_HZ)) throw new DeviceError("BAD_OPTION", `environment: expected a rate up to ${FASTEST_HZ} Hz, got ${rateHz}`);
  const { io: Io, data, clock, address } = busOf("environment", ADDRESS);
  const io = class extends Io {
    constructor(options: object) {
      super({ ...options, data, clock });
    }
  };
  try {
    const chip = new BME280({ sensor: { io, address } });
    chip.configure({ rate: rateHz });
    return new Environment(chip);
  } catch (cause) {
    throw new DeviceError("NO_SENSOR", `environment: expected a BME280 at address ${address} on pins ${data} and ${clock}, got ${String(cause)}`, { cause });
  }
}
