/** `assay/board/accelerometer` on Linux: the chip or the device of IIO that `config.sensors.accelerometer` names. */
import { STANDARD_GRAVITY } from "assay/sensor/drivers/registers";
import type { AccelerometerDriver } from "assay/sensor/drivers/accelerometer";
import LIS3DH from "assay/sensor/drivers/lis3dh";
import MPU6050 from "assay/sensor/drivers/mpu6050";
import type { Sensor } from "assay/sensor/sensor";
import { IioDevice } from "./iio.ts";
import { PatientSensor, openHardware, type SensorHardware } from "./patient-sensor.ts";
import { sensorPlace } from "./sensor-config.ts";

const NAME = "accelerometer";
const CHIPS = { lis3dh: LIS3DH, mpu6050: MPU6050 } as const;

interface Options {
  readonly rateHz: number;
  readonly rangeG: number;
}

function chip(driver: AccelerometerDriver, { rateHz, rangeG }: Options): SensorHardware {
  return {
    configure: () => driver.configure({ range: rangeG, rate: rateHz }),
    read(values) {
      const sample = driver.sample();
      if (sample === undefined) return false;
      values[0] = sample.x / STANDARD_GRAVITY;
      values[1] = sample.y / STANDARD_GRAVITY;
      values[2] = sample.z / STANDARD_GRAVITY;
      return true;
    },
    close: () => driver.close(),
  };
}

/** The kernel's driver has the range; its unit is m/s². */
function iio(device: IioDevice, { rateHz }: Options): SensorHardware {
  let axes: (() => number)[] = [];
  return {
    configure() {
      device.setRate("accel", rateHz);
      axes = ["accel_x", "accel_y", "accel_z"].map((name) => device.channel(name));
    },
    read(values) {
      axes.forEach((axis, index) => (values[index] = axis() / STANDARD_GRAVITY));
      return true;
    },
    close() {},
  };
}

/**
 * Opens the board's accelerometer; a sample is x, y, z in g.
 * @throws SensorError `UNAVAILABLE` without `config.sensors.accelerometer`, or if the sensor does not answer; `BAD_OPTION` for a wrong configuration
 */
export function openAccelerometer(options: Options): Sensor {
  const place = sensorPlace(NAME, Object.keys(CHIPS));
  const hardware = openHardware(NAME, () => {
    if ("device" in place) return iio(new IioDevice(place.device, place.root), options);
    return chip(new CHIPS[place.driver as keyof typeof CHIPS]({ sensor: place.connection }), options);
  });
  return new PatientSensor(NAME, hardware, { channels: 3, rateHz: options.rateHz });
}
