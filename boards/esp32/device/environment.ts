/** `assay/board/environment` on an ESP32: a BME280 on I²C. */
import { BME280, type SMBus } from "assay/esp32/bme280";
import { DeviceError } from "assay/esp32/device-error";
import { busOf } from "assay/esp32/i2c";
import type { Sensor } from "assay/sensor/sensor";

/** Options of {@link openEnvironment}. */
export interface EnvironmentOptions {
  /** samples per second, up to 50 Hz */
  readonly rateHz: number;
}

const FASTEST_HZ = 50;
const BUS_HZ = 400_000;
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
    this.values[0] = climate.temperature;
    this.values[1] = climate.humidity;
    this.values[2] = climate.pressure;
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
  const place = busOf("environment", ADDRESS);
  let bus: SMBus | undefined;
  try {
    bus = new place.io({ ...place, hz: BUS_HZ });
    return new Environment(new BME280(bus, rateHz));
  } catch (cause) {
    bus?.close();
    throw new DeviceError("NO_SENSOR", `environment: expected a BME280 at address ${place.address} on pins ${place.data} and ${place.clock}, got ${String(cause)}`, { cause });
  }
}
