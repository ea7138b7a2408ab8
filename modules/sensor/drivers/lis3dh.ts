/** LIS3DH, STMicroelectronics: accelerometer of three axes (data sheet DocID17530). High-resolution mode: 12 bits. */
import { rangeIndex, type Acceleration, type AccelerometerConfiguration, type AccelerometerDriver } from "assay/sensor/drivers/accelerometer";
import { STANDARD_GRAVITY, atLeast, closeOnError, connect, identify, settingsLost, type DriverOptions, type Registers } from "assay/sensor/drivers/registers";

/** SA0 low; 0x19 with SA0 high (table 17). */
const ADDRESS = 0x18;

const REG_WHO_AM_I = 0x0f;
const WHO_AM_I = 0x33;
const REG_CTRL1 = 0x20;
const REG_CTRL4 = 0x23;
const REG_STATUS = 0x27;
const REG_OUT_X_L = 0x28;
/** The register's address goes on by itself only with this bit (§6.1.1). */
const AUTO_INCREMENT = 0x80;

const CTRL1_ALL_AXES = 0x07;
/** An output is not updated between its two halves. */
const CTRL4_BLOCK_DATA_UPDATE = 0x80;
const CTRL4_HIGH_RESOLUTION = 0x08;
const STATUS_NEW_DATA = 0x08;

/** Output data rates, Hz, that the field ODR counts from 1 (table 31). */
const RATES_HZ = [1, 10, 25, 50, 100, 200, 400] as const;
/** Sensitivities in high-resolution mode, mg per digit of 12 bits, for ±2, ±4, ±8, ±16 g (table 4). */
const MG_PER_DIGIT = [1, 2, 4, 12] as const;

export default class LIS3DH implements AccelerometerDriver {
  private readonly io: Registers;
  private readonly bytes = new Uint8Array(6);
  private readonly view = new DataView(this.bytes.buffer);
  private range = 0;
  private rate = 4;
  private hasData = false;

  /** @throws Error with the code of the bus, or `UNEXPECTED_SENSOR` */
  constructor(options: DriverOptions) {
    this.io = connect(options, ADDRESS);
    closeOnError(this.io, () => {
      identify(this.io, "LIS3DH", REG_WHO_AM_I, [WHO_AM_I]);
      this.configure({});
    });
  }

  configure({ range, rate }: AccelerometerConfiguration): void {
    if (range !== undefined) this.range = rangeIndex("LIS3DH", range);
    if (rate !== undefined) this.rate = atLeast(RATES_HZ, rate);
    this.hasData = false;
    this.io.writeUint8(REG_CTRL4, CTRL4_BLOCK_DATA_UPDATE | (this.range << 4) | CTRL4_HIGH_RESOLUTION);
    this.io.writeUint8(REG_CTRL1, this.control1);
  }

  /** @throws Error with the code of the bus, or `SENSOR_RESET` */
  sample(): Acceleration | undefined {
    if (this.io.readUint8(REG_CTRL1) !== this.control1) throw settingsLost("LIS3DH");
    if (!this.hasData && (this.io.readUint8(REG_STATUS) & STATUS_NEW_DATA) === 0) return undefined;
    this.hasData = true;
    this.io.readBuffer(REG_OUT_X_L | AUTO_INCREMENT, this.bytes);
    return { x: this.axis(0), y: this.axis(2), z: this.axis(4) };
  }

  close(): void {
    this.io.close();
  }

  private get control1(): number {
    return ((this.rate + 1) << 4) | CTRL1_ALL_AXES;
  }

  private axis(at: number): number {
    // 12 bits, left-justified, little-endian
    return ((this.view.getInt16(at, true) >> 4) * MG_PER_DIGIT[this.range]! * STANDARD_GRAVITY) / 1000;
  }
}
