/**
 * Bosch's BME280 (temperature, humidity, pressure) on I²C. The SDK has drivers for its relatives BMP280 and BME68x only. Registers and compensation are those of the data sheet
 * BST-BME280-DS002, §4.2.2, §5 and (in floating point) §8.1.
 */
/** The part of ECMA-419's SMBus that the drivers here use. */
export interface SMBus {
  readUint8(register: number): number;
  writeUint8(register: number, value: number): void;
  readBuffer(register: number, byteLength: number): ArrayBuffer;
  close(): void;
}

const REG_CALIBRATION = 0x88;
const REG_ID = 0xd0;
const REG_CALIBRATION_HUMIDITY = 0xe1;
const REG_CTRL_HUM = 0xf2;
const REG_CTRL_MEAS = 0xf4;
const REG_CONFIG = 0xf5;
const REG_DATA = 0xf7;
const ID = 0x60;
/** Each quantity measured once: at most 9.3 ms (§9.1). */
const MEASURE_MS = 9.3;
const ONCE = 1;
const SLEEP = 0;
const NORMAL = 3;
/** Pauses between measurements in normal mode, ms, longest first, and their codes `t_sb` (§5.4.6). */
const PAUSES_MS: readonly number[] = Object.freeze([1000, 500, 250, 125, 62.5, 20, 10, 0.5]);
const PAUSE_CODES: readonly number[] = Object.freeze([5, 4, 3, 2, 1, 7, 6, 0]);
/** What data registers hold before the first measurement. */
const NO_DATA = 0x80000;

/** One measurement. */
export interface Climate {
  /** °C */
  readonly temperature: number;
  /** relative, percent */
  readonly humidity: number;
  /** Pa */
  readonly pressure: number;
}

/** The sensor's own constants, from its memory. */
export interface Calibration {
  readonly T: readonly number[];
  readonly P: readonly number[];
  readonly H: readonly number[];
}

/**
 * Reads the constants (§4.2.2, table 16): 26 bytes from 0x88 and 7 from 0xE1. Index 0 of T, P and H is the one that the data sheet calls 1.
 */
export function calibrationOf(low: ArrayBuffer, high: ArrayBuffer): Calibration {
  const words = new DataView(low);
  const humidity = new DataView(high);
  const signed = (at: number): number => words.getInt16(at, true);
  return {
    T: [words.getUint16(0, true), signed(2), signed(4)],
    P: [words.getUint16(6, true), ...[8, 10, 12, 14, 16, 18, 20, 22].map(signed)],
    H: [
      words.getUint8(25),
      humidity.getInt16(0, true),
      humidity.getUint8(2),
      humidity.getInt8(3) * 16 + (humidity.getUint8(4) & 0x0f),
      humidity.getInt8(5) * 16 + (humidity.getUint8(4) >> 4),
      humidity.getInt8(6),
    ],
  };
}

/** The quantities behind raw readings (20, 20 and 16 bits), §8.1. */
export function compensate({ T, P, H }: Calibration, raw: { temperature: number; pressure: number; humidity: number }): Climate {
  const coarse = (raw.temperature / 16384 - T[0]! / 1024) * T[1]!;
  const square = (raw.temperature / 131072 - T[0]! / 8192) ** 2 * T[2]!;
  const fine = coarse + square;
  return { temperature: fine / 5120, pressure: pressureOf(P, raw.pressure, fine), humidity: humidityOf(H, raw.humidity, fine) };
}

function pressureOf(P: readonly number[], raw: number, fine: number): number {
  const t = fine / 2 - 64000;
  const offset = ((t * t * P[5]!) / 32768 + t * P[4]! * 2) / 4 + P[3]! * 65536;
  const scale = (1 + ((P[2]! * t * t) / 524288 + P[1]! * t) / 524288 / 32768) * P[0]!;
  const first = ((1048576 - raw - offset / 4096) * 6250) / scale;
  return first + ((P[8]! * first * first) / 2147483648 + (first * P[7]!) / 32768 + P[6]!) / 16;
}

function humidityOf(H: readonly number[], raw: number, fine: number): number {
  const t = fine - 76800;
  const linear = (raw - (H[3]! * 64 + (H[4]! / 16384) * t)) * ((H[1]! / 65536) * (1 + (H[5]! / 67108864) * t * (1 + (H[2]! / 67108864) * t)));
  return Math.min(100, Math.max(0, linear * (1 - (H[0]! * linear) / 524288)));
}

/** An open sensor, which measures on its own. */
export class BME280 {
  private readonly bus: SMBus;
  private readonly calibration: Calibration;

  /**
   * @param rateHz how often it is read, up to 50 Hz
   * @throws Error if another chip answers, or none
   */
  constructor(bus: SMBus, rateHz: number) {
    const id = bus.readUint8(REG_ID);
    if (id !== ID) throw new Error(`expected chip ${ID}, got ${id}`);
    this.bus = bus;
    this.calibration = calibrationOf(bus.readBuffer(REG_CALIBRATION, 26), bus.readBuffer(REG_CALIBRATION_HUMIDITY, 7));
    const pause = PAUSE_CODES[PAUSES_MS.findIndex((ms) => ms + MEASURE_MS <= 1000 / rateHz)] ?? 0;
    // Settings are only taken in sleep, and that of humidity only with the next write of CTRL_MEAS (§5.4.3, §5.4.6).
    bus.writeUint8(REG_CTRL_MEAS, SLEEP);
    bus.writeUint8(REG_CONFIG, pause << 5);
    bus.writeUint8(REG_CTRL_HUM, ONCE);
    bus.writeUint8(REG_CTRL_MEAS, (ONCE << 5) | (ONCE << 2) | NORMAL);
  }

  /** The newest measurement, or undefined before the first. All in one read, which the chip keeps consistent (§4). */
  sample(): Climate | undefined {
    const data = new DataView(this.bus.readBuffer(REG_DATA, 8));
    const pressure = (data.getUint16(0) << 4) | (data.getUint8(2) >> 4);
    const temperature = (data.getUint16(3) << 4) | (data.getUint8(5) >> 4);
    const humidity = data.getUint16(6);
    if (temperature === NO_DATA || pressure === NO_DATA) return undefined;
    return compensate(this.calibration, { temperature, pressure, humidity });
  }

  close(): void {
    this.bus.writeUint8(REG_CTRL_MEAS, SLEEP);
    this.bus.close();
  }
}
