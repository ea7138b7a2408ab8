import test from "ava";
import { BME280, calibrationOf, compensate, type SMBus } from "assay/esp32/bme280";

/**
 * A chip: its registers, with the constants and raw readings of the worked example in the data sheet of the BMP280 (BST-BMP280-DS001, §3.12), whose temperature and
 * pressure part is the same, and constants of humidity of a chip in use.
 */
class Chip implements SMBus {
  readonly registers = new Uint8Array(256);
  readonly writes: [register: number, value: number][] = [];
  closed = false;

  constructor() {
    const view = new DataView(this.registers.buffer);
    this.registers[0xd0] = 0x60;
    view.setUint16(0x88, 27504, true);
    view.setInt16(0x8a, 26435, true);
    view.setInt16(0x8c, -1000, true);
    view.setUint16(0x8e, 36477, true);
    [-10685, 3024, 2855, 140, -7, 15500, -14600, 6000].forEach((value, index) => view.setInt16(0x90 + 2 * index, value, true));
    this.registers[0xa1] = 75;
    view.setInt16(0xe1, 370, true);
    this.registers[0xe3] = 0;
    // H4 = 313 and H5 = 50 share the register 0xE5.
    this.registers[0xe4] = 313 >> 4;
    this.registers[0xe5] = (313 & 0x0f) | ((50 & 0x0f) << 4);
    this.registers[0xe6] = 50 >> 4;
    this.registers[0xe7] = 30;
    this.measured(415148, 519888, 27000);
  }

  measured(pressure: number, temperature: number, humidity: number): void {
    this.registers.set([pressure >> 12, (pressure >> 4) & 0xff, (pressure & 0x0f) << 4, temperature >> 12, (temperature >> 4) & 0xff, (temperature & 0x0f) << 4, humidity >> 8, humidity & 0xff], 0xf7);
  }

  readUint8(register: number): number {
    return this.registers[register]!;
  }

  writeUint8(register: number, value: number): void {
    this.writes.push([register, value]);
  }

  readBuffer(register: number, byteLength: number): ArrayBuffer {
    return this.registers.slice(register, register + byteLength).buffer;
  }

  close(): void {
    this.closed = true;
  }
}

test("Temperature and pressure are those of the data sheet's worked example (BST-BMP280-DS001, §3.12)", (t) => {
  const climate = new BME280(new Chip(), 1).sample()!;
  t.true(Math.abs(climate.temperature - 25.08) < 0.005, `got ${climate.temperature}`);
  t.true(Math.abs(climate.pressure - 100653.27) < 0.05, `got ${climate.pressure}`);
});

test("Humidity follows the data sheet's integer formula (BST-BME280-DS002, §4.2.3) to its rounding", (t) => {
  const chip = new Chip();
  const { H } = calibrationOf(chip.readBuffer(0x88, 26), chip.readBuffer(0xe1, 7));
  t.deepEqual(H, [75, 370, 0, 313, 50, 30]);
  const [h1, h2, h3, h4, h5, h6] = H as [number, number, number, number, number, number];
  const fine = 128422; // of the worked example
  for (const raw of [20000, 24000, 27000, 30000, 34000]) {
    // bme280_compensate_H_int32, whose result is percent × 1024
    let v = fine - 76800;
    v = (((raw << 14) - (h4 << 20) - h5 * v + 16384) >> 15) * ((((((v * h6) >> 10) * (((v * h3) >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192 >> 14);
    v -= ((((v >> 15) * (v >> 15)) >> 7) * h1) >> 4;
    const expected = (Math.min(Math.max(v, 0), 419430400) >> 12) / 1024;
    chip.measured(415148, 519888, raw);
    const { humidity } = new BME280(chip, 1).sample()!;
    t.true(Math.abs(humidity - expected) < 0.05, `expected ${expected} for ${raw}, got ${humidity}`);
  }
});

test("Negative constants of humidity keep their sign", (t) => {
  const high = Uint8Array.of(0x72, 0x01, 0x00, 0xff, 0x1e, 0xfe, 0xe2).buffer;
  t.deepEqual(calibrationOf(new ArrayBuffer(26), high).H.slice(3), [-2, -31, -30]);
});

test("Before the first measurement there is no sample", (t) => {
  const chip = new Chip();
  chip.measured(0x80000, 0x80000, 0x8000);
  t.is(new BME280(chip, 1).sample(), undefined);
});

test("The chip measures at least as often as it is read, with settings in the order in which it takes them (§5.4)", (t) => {
  for (const [rate, pause] of [[0.5, 5], [1, 4], [5, 2], [10, 1], [25, 7], [50, 6]] as const) {
    const chip = new Chip();
    new BME280(chip, rate);
    t.deepEqual(chip.writes, [[0xf4, 0], [0xf5, pause << 5], [0xf2, 1], [0xf4, 0x27]], `${rate} Hz`);
  }
});

test("Another chip at its address is refused by name", (t) => {
  const chip = new Chip();
  chip.registers[0xd0] = 0x58;
  t.throws(() => new BME280(chip, 1), { message: "expected chip 96, got 88" });
});

test("Whatever the readings, results are numbers and humidity is a percentage", (t) => {
  const chip = new Chip();
  const calibration = calibrationOf(chip.readBuffer(0x88, 26), chip.readBuffer(0xe1, 7));
  for (const raw of [0, 1, 0x7ffff, 0xfffff]) {
    const { temperature, humidity, pressure } = compensate(calibration, { temperature: raw, pressure: raw, humidity: raw & 0xffff });
    t.true([temperature, humidity, pressure].every(Number.isFinite));
    t.true(humidity >= 0 && humidity <= 100);
  }
});
