/** BME280, Bosch: temperature, pressure and humidity (data sheet BST-BME280-DS002). */
import { fineTemperature, humidity, pressure, readCalibration, temperature, type Calibration } from "assay/sensor/drivers/bme280-compensation";
import { closeOnError, connect, identify, settingsLost, type DriverOptions, type Registers } from "assay/sensor/drivers/registers";

/** SDO low; 0x77 with SDO high (§6.2). */
const ADDRESS = 0x76;

const REG_CALIBRATION = 0x88;
const REG_ID = 0xd0;
const ID = 0x60;
const REG_CALIBRATION_HUMIDITY = 0xe1;
const REG_CTRL_HUM = 0xf2;
const REG_CTRL_MEAS = 0xf4;
const REG_CONFIG = 0xf5;
const REG_PRESS_MSB = 0xf7;

/** One measurement each, no oversampling. */
const CTRL_HUM_ONCE = 0x01;
const CTRL_MEAS_ONCE = 0x24;
const MODE_SLEEP = 0x00;
const MODE_NORMAL = 0x03;
/** Pauses between measurements of the normal mode: 62.5 ms and 1 s (table 27). A measurement takes 9.3 ms at most. */
const CONFIG_STANDBY_62_5_MS = 0x20;
const CONFIG_STANDBY_1_S = 0xa0;

/** What the registers hold before the first measurement, or when it is off (§5.4.7). */
const NO_VALUE_20 = 0x80000;
const NO_VALUE_16 = 0x8000;

/** One sample (ECMA-419 thermometer, barometer and hygrometer classes). */
export interface Climate {
  /** °C */
  readonly thermometer: { readonly temperature: number };
  /** Pa */
  readonly barometer: { readonly pressure: number };
  /** 0 to 1 */
  readonly hygrometer: { readonly humidity: number };
}

/** Options of `configure`. */
export interface ClimateConfiguration {
  /** measurements per second at least, Hz: up to 1 the sensor rests 1 s between them, which warms it less; beyond that 62.5 ms */
  readonly rate?: number;
}

export default class BME280 {
  private readonly io: Registers;
  private readonly bytes = new Uint8Array(8);
  private calibration: Calibration | undefined;

  /** @throws Error with the code of the bus, or `UNEXPECTED_SENSOR` */
  constructor(options: DriverOptions) {
    this.io = connect(options, ADDRESS);
    closeOnError(this.io, () => {
      identify(this.io, "BME280", REG_ID, [ID]);
      this.calibration = readCalibration(this.read(REG_CALIBRATION, 26), this.read(REG_CALIBRATION_HUMIDITY, 7));
      this.configure({});
    });
  }

  configure({ rate = 1 }: ClimateConfiguration): void {
    // CONFIG is sure to be taken only in sleep mode (§5.4.6), CTRL_HUM only with the next CTRL_MEAS (§5.4.3).
    this.io.writeUint8(REG_CTRL_MEAS, MODE_SLEEP);
    this.io.writeUint8(REG_CONFIG, rate < 1 ? CONFIG_STANDBY_1_S : CONFIG_STANDBY_62_5_MS);
    this.io.writeUint8(REG_CTRL_HUM, CTRL_HUM_ONCE);
    this.io.writeUint8(REG_CTRL_MEAS, CTRL_MEAS_ONCE | MODE_NORMAL);
  }

  /**
   * The newest measurement, or undefined before the first.
   * @throws Error with the code of the bus, or `SENSOR_RESET`
   */
  sample(): Climate | undefined {
    const { bytes } = this;
    const calibration = this.calibration!;
    if (this.io.readUint8(REG_CTRL_MEAS) !== (CTRL_MEAS_ONCE | MODE_NORMAL)) throw settingsLost("BME280");
    // In one read: the sensor then gives values of one measurement (§4).
    this.io.readBuffer(REG_PRESS_MSB, bytes);
    const rawPressure = (bytes[0]! << 12) | (bytes[1]! << 4) | (bytes[2]! >> 4);
    const rawTemperature = (bytes[3]! << 12) | (bytes[4]! << 4) | (bytes[5]! >> 4);
    const rawHumidity = (bytes[6]! << 8) | bytes[7]!;
    if (rawPressure === NO_VALUE_20 || rawTemperature === NO_VALUE_20 || rawHumidity === NO_VALUE_16) return undefined;
    const fine = fineTemperature(calibration, rawTemperature);
    return {
      thermometer: { temperature: temperature(fine) },
      barometer: { pressure: pressure(calibration, fine, rawPressure) },
      hygrometer: { humidity: humidity(calibration, fine, rawHumidity) },
    };
  }

  close(): void {
    this.io.close();
  }

  private read(register: number, byteLength: number): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    this.io.readBuffer(register, bytes);
    return bytes;
  }
}
