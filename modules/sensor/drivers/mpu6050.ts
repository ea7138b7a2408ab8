/** MPU-6050, InvenSense: accelerometer and gyroscope (register map RM-MPU-6000A-00, product specification PS-MPU-6000A-00). The accelerometer alone is used. */
import { rangeIndex, type Acceleration, type AccelerometerConfiguration, type AccelerometerDriver } from "assay/sensor/drivers/accelerometer";
import { STANDARD_GRAVITY, closeOnError, connect, identify, settingsLost, type DriverOptions, type Registers } from "assay/sensor/drivers/registers";

/** AD0 low; 0x69 with AD0 high. */
const ADDRESS = 0x68;

const REG_SMPLRT_DIV = 0x19;
const REG_CONFIG = 0x1a;
const REG_ACCEL_CONFIG = 0x1c;
const REG_INT_STATUS = 0x3a;
const REG_ACCEL_XOUT_H = 0x3b;
const REG_PWR_MGMT_1 = 0x6b;
const REG_PWR_MGMT_2 = 0x6c;
const REG_WHO_AM_I = 0x75;
/** That of the MPU-6050 and of the parts that took its place: MPU-6500, MPU-9250. */
const WHO_AM_I = [0x68, 0x70, 0x71];

/** Awake, on the internal oscillator: the gyroscope that the manual prefers as a clock is off. */
const PWR_MGMT_1_AWAKE = 0x00;
const PWR_MGMT_2_GYROSCOPE_OFF = 0x07;
const INT_STATUS_DATA_READY = 0x01;
/** With the low-pass filter on, SMPLRT_DIV divides this, Hz. */
const BASE_RATE_HZ = 1000;
/** Bandwidths of the low-pass filter, Hz, for DLPF_CFG 1 to 6: half a rate of measurement at most, against aliases. */
const BANDWIDTHS_HZ = [184, 94, 44, 21, 10, 5] as const;
/** LSB per g at ±2 g; each range halves it. */
const DIGITS_PER_G = 16384;

export default class MPU6050 implements AccelerometerDriver {
  private readonly io: Registers;
  private readonly bytes = new Uint8Array(6);
  private readonly view = new DataView(this.bytes.buffer);
  private range = 0;
  private rate = 100;
  private hasData = false;

  /** @throws Error with the code of the bus, or `UNEXPECTED_SENSOR` */
  constructor(options: DriverOptions) {
    this.io = connect(options, ADDRESS);
    closeOnError(this.io, () => {
      identify(this.io, "MPU6050", REG_WHO_AM_I, WHO_AM_I);
      this.configure({});
    });
  }

  configure({ range, rate }: AccelerometerConfiguration): void {
    if (range !== undefined) this.range = rangeIndex("MPU6050", range);
    if (rate !== undefined) this.rate = rate;
    const divider = Math.max(1, Math.min(256, Math.floor(BASE_RATE_HZ / this.rate)));
    const bandwidth = BANDWIDTHS_HZ.findIndex((hz) => hz <= BASE_RATE_HZ / divider / 2);
    this.hasData = false;
    this.io.writeUint8(REG_PWR_MGMT_1, PWR_MGMT_1_AWAKE);
    this.io.writeUint8(REG_PWR_MGMT_2, PWR_MGMT_2_GYROSCOPE_OFF);
    this.io.writeUint8(REG_SMPLRT_DIV, divider - 1);
    this.io.writeUint8(REG_CONFIG, bandwidth < 0 ? BANDWIDTHS_HZ.length : bandwidth + 1);
    this.io.writeUint8(REG_ACCEL_CONFIG, this.range << 3);
  }

  /** @throws Error with the code of the bus, or `SENSOR_RESET` */
  sample(): Acceleration | undefined {
    // After a reset it sleeps.
    if (this.io.readUint8(REG_PWR_MGMT_1) !== PWR_MGMT_1_AWAKE) throw settingsLost("MPU6050");
    if (!this.hasData && (this.io.readUint8(REG_INT_STATUS) & INT_STATUS_DATA_READY) === 0) return undefined;
    this.hasData = true;
    this.io.readBuffer(REG_ACCEL_XOUT_H, this.bytes);
    return { x: this.axis(0), y: this.axis(2), z: this.axis(4) };
  }

  close(): void {
    this.io.close();
  }

  private axis(at: number): number {
    return (this.view.getInt16(at) * STANDARD_GRAVITY) / (DIGITS_PER_G >> this.range);
  }
}
