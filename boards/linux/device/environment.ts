/** `assay/board/environment` on Linux: the chip or the device of IIO that `config.sensors.environment` names. */
import BME280 from "assay/sensor/drivers/bme280";
import type { Sensor } from "assay/sensor/sensor";
import { IioDevice } from "./iio.ts";
import { PatientSensor, openHardware, type SensorHardware } from "./patient-sensor.ts";
import { sensorPlace } from "./sensor-config.ts";

const NAME = "environment";

function bme280(driver: BME280, rateHz: number): SensorHardware {
  return {
    configure: () => driver.configure({ rate: rateHz }),
    read(values) {
      const sample = driver.sample();
      if (sample === undefined) return false;
      values[0] = sample.thermometer.temperature;
      values[1] = sample.hygrometer.humidity * 100;
      values[2] = sample.barometer.pressure;
      return true;
    },
    close: () => driver.close(),
  };
}

/** The kernel's units are m°C, m% and kPa. */
function iio(device: IioDevice): SensorHardware {
  let channels: (readonly [read: () => number, unit: number])[] = [];
  return {
    configure() {
      channels = [[device.channel("temp"), 1e-3], [device.channel("humidityrelative"), 1e-3], [device.channel("pressure"), 1e3]];
    },
    read(values) {
      channels.forEach(([read, unit], index) => (values[index] = read() * unit));
      return true;
    },
    close() {},
  };
}

/**
 * Opens the board's climate sensor; a sample is temperature in °C, relative humidity in %, pressure in Pa.
 * @throws SensorError `UNAVAILABLE` without `config.sensors.environment`, or if the sensor does not answer; `BAD_OPTION` for a wrong configuration
 */
export function openEnvironment({ rateHz }: { readonly rateHz: number }): Sensor {
  const place = sensorPlace(NAME, ["bme280"]);
  const hardware = openHardware(NAME, () => ("device" in place ? iio(new IioDevice(place.device, place.root)) : bme280(new BME280({ sensor: place.connection }), rateHz)));
  return new PatientSensor(NAME, hardware, { channels: 3, rateHz });
}
