/** Drivers of sensors on Linux: the boards' modules and the drivers under them, on XS, against register models of the chips (test/boards/fake-devices.c). */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { fineTemperature, humidity, pressure, readCalibration, temperature, type Calibration } from "assay/sensor/drivers/bme280-compensation";
import { buildHost } from "../../runtime/build.ts";
import { runWithFakes, type FakeOptions } from "../boards/fake-devices.ts";
import { temporaryFolder } from "../runtime/device.ts";

/** The calculation example of the BMP280's data sheet (BST-BMP280-DS001 §3.12), whose formulas for temperature and pressure the BME280 shares; humidity of a real sensor. */
const EXAMPLE: Calibration = { T: [27504, 26435, -1000], P: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000], H: [75, 362, 0, 313, 50, 30] };

test("BME280: temperature and pressure are those of the data sheet's example", (t) => {
  const fine = fineTemperature(EXAMPLE, 519888);
  t.is(fine, 128422);
  t.is(temperature(fine), 25.08);
  // The data sheet prints 25767236/256 = 100653.27 Pa, from floating point; its formula of 64 bits gives 0.01 Pa less, which it allows for.
  t.is(pressure(EXAMPLE, fine, 415148), 25767233 / 256);
  t.is(pressure({ ...EXAMPLE, P: [0, 0, 0, 0, 0, 0, 0, 0, 0] }, fine, 415148), 0);
});

/** The formulas in floating point that Bosch publishes beside those in integers (data sheet, appendix 8.1). */
function exact({ T: [T1, T2, T3], P: [P1, P2, P3, P4, P5, P6, P7, P8, P9], H: [H1, H2, H3, H4, H5, H6] }: Calibration, rawT: number, rawP: number, rawH: number): [t: number, p: number, h: number] {
  const a = (rawT / 16384 - T1 / 1024) * T2;
  const fine = a + (rawT / 131072 - T1 / 8192) ** 2 * T3;
  let v = fine / 2 - 64000;
  const w = (((v * v * P6) / 32768 + v * P5 * 2) / 4) + P4 * 65536;
  v = (1 + ((P3 * v * v) / 524288 + P2 * v) / 524288 / 32768) * P1;
  let p = ((1048576 - rawP - w / 4096) * 6250) / v;
  p += ((P9 * p * p) / 2147483648 + (p * P8) / 32768 + P7) / 16;
  const u = fine - 76800;
  let h = (rawH - (H4 * 64 + (H5 / 16384) * u)) * ((H2 / 65536) * (1 + (H6 / 67108864) * u * (1 + (H3 / 67108864) * u)));
  h *= 1 - (H1 * h) / 524288;
  return [fine / 5120, p, Math.max(0, Math.min(100, h))];
}

test("BME280: integers agree with floating point over the whole range of the sensor", (t) => {
  for (let rawT = 330_000; rawT <= 720_000; rawT += 13_001) {
    for (let step = 0; step < 20; step++) {
      const rawP = 200_000 + step * 27_001;
      const rawH = 10_000 + step * 2_503;
      const fine = fineTemperature(EXAMPLE, rawT);
      const [celsius, pascal, percent] = exact(EXAMPLE, rawT, rawP, rawH);
      t.true(Math.abs(temperature(fine) - celsius) < 0.011, `${rawT}: ${temperature(fine)} ${celsius}`);
      t.true(Math.abs(pressure(EXAMPLE, fine, rawP) - pascal) < 1, `${rawT} ${rawP}: ${pressure(EXAMPLE, fine, rawP)} ${pascal}`);
      t.true(Math.abs(humidity(EXAMPLE, fine, rawH) * 100 - percent) < 0.05, `${rawT} ${rawH}: ${humidity(EXAMPLE, fine, rawH) * 100} ${percent}`);
    }
  }
});

test("BME280: the calibration is read with the signs and the shared byte of its register map", (t) => {
  const first = new Uint8Array(26);
  const view = new DataView(first.buffer);
  [...EXAMPLE.T, ...EXAMPLE.P].forEach((value, index) => view.setUint16(2 * index, value & 0xffff, true));
  first[25] = 75;
  t.deepEqual(readCalibration(first, Uint8Array.of(362 & 255, 362 >> 8, 0, 313 >> 4, (313 & 15) | ((50 & 15) << 4), 50 >> 4, 30)), EXAMPLE);
  // −1 in 12 bits each, and −2
  t.deepEqual(readCalibration(first, Uint8Array.of(0xfe, 0xff, 0, 0xff, 0xff, 0xff, 0xfe)).H, [75, -2, 0, -1, -1, -2]);
});

const ACCELEROMETER = `import { accelerometer } from "assay/sensor/accelerometer";
import { SensorError } from "assay/sensor/sensor";
import config from "mc/config";
const round = (values: ArrayLike<number> | undefined): string => (values === undefined ? "none" : Array.from(values, (value) => value.toFixed(3)).join(" "));
try {
  for (const range of config["ranges"] as number[]) {
    const sensor = accelerometer({ rate: 50, range }).open();
    let values = sensor.sample();
    for (let i = 1; i < (config["samples"] as number); i++) values = sensor.sample() ?? values;
    console.log(range, round(values));
    sensor.close();
  }
} catch (error) {
  console.log((error as SensorError).code, error instanceof SensorError, (error as Error).message);
}`;

interface Run {
  readonly sensor: unknown;
  readonly ranges?: readonly number[];
  readonly samples?: number;
}

async function accelerate(t: ExecutionContext, { sensor, ranges = [2], samples = 1 }: Run, options: FakeOptions = {}): Promise<{ stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await runWithFakes(t, ACCELEROMETER, { ...options, config: { sensors: { accelerometer: sensor }, ranges, samples } });
  t.is(status, 0, stderr);
  return { stdout, stderr };
}

for (const driver of ["lis3dh", "mpu6050"]) {
  test(`${driver}: samples are in g at every range, and clipped beyond it`, async (t) => {
    const ranges = [2, 4, 8, 16];
    const still = await accelerate(t, { sensor: { driver, bus: 1 }, ranges }, { g: [0.25, -0.5, 1] });
    for (const line of still.stdout.split("\n")) {
      const [range, ...axes] = line.split(" ").map(Number);
      [0.25, -0.5, 1].forEach((expected, axis) => t.true(Math.abs(axes[axis]! - expected) <= (range === 16 ? 0.012 : 0.004), line));
    }
    t.is(still.stdout.split("\n").length, 4);
    const shaken = await accelerate(t, { sensor: { driver }, ranges }, { g: [3, -9, 20] });
    for (const line of shaken.stdout.split("\n")) {
      const [range = 0, ...axes] = line.split(" ").map(Number);
      // 2048 digits of 1, 2, 4 or 12 mg: the LIS3DH reaches beyond its nominal range.
      const most = driver === "lis3dh" ? 2.048 * (range === 16 ? 12 : range / 2) : range;
      [3, -9, 20].forEach((g, axis) => t.true(Math.abs(axes[axis]! - Math.max(-most, Math.min(most, g))) < 0.02, line));
    }
  });

  test(`${driver}: another device at its address, or none, is UNAVAILABLE and says what was found`, async (t) => {
    t.regex((await accelerate(t, { sensor: { driver, bus: 4 } })).stdout, /^UNAVAILABLE true accelerometer: \w+: expected 0x.* in its register 0x\w\w, got 0x99; is another device at this address\?$/);
    t.regex((await accelerate(t, { sensor: { driver, address: 0x20 } })).stdout, /^UNAVAILABLE true accelerometer: I2C 0x20: expected an acknowledgement, got none; is a device there\?$/);
    t.regex((await accelerate(t, { sensor: { driver, bus: 9 } })).stdout, /^UNAVAILABLE true accelerometer: I2C \/dev\/i2c-9: No such file or directory$/);
    t.regex((await accelerate(t, { sensor: { driver, bus: 2 } })).stdout, /^UNAVAILABLE true accelerometer: I2C 0x\w\w: .*busy$/);
  });
}

test("faults of the bus cost samples and not the app, and a sensor that lost its supply is set up again", async (t) => {
  const { stdout, stderr } = await accelerate(t, { sensor: { driver: "lis3dh", bus: 5 }, ranges: [8], samples: 60 }, { g: [0.5, -0.5, 1] });
  t.is(stdout, "8 0.500 -0.500 1.000");
  t.regex(stderr, /^accelerometer: Error: I2C 0x18: expected an acknowledgement/m);
  t.regex(stderr, /^accelerometer: Error: LIS3DH: expected the settings that it was given, got those after a reset$/m);
});

test("a sensor that is gone for good ends in UNAVAILABLE, after two seconds' samples", async (t) => {
  const { stdout } = await accelerate(t, { sensor: { driver: "lis3dh", bus: 6 }, samples: 2000 });
  t.regex(stdout, /^UNAVAILABLE true accelerometer: I2C 0x18: expected an acknowledgement, got none/);
});

test("what config.sensors lacks or has wrong is said with what would be right", async (t) => {
  const all: [sensor: unknown, expected: RegExp][] = [
    [undefined, /^UNAVAILABLE true accelerometer: expected config\.sensors\.accelerometer, got nothing; write \{ "driver": "lis3dh", "bus": 1 \} there \(drivers: lis3dh, mpu6050, iio\)/],
    ["lis3dh", /^BAD_OPTION true config\.sensors\.accelerometer: expected an object, got "lis3dh"$/],
    [{ driver: "adxl345" }, /^BAD_OPTION true .*driver: expected lis3dh, mpu6050, iio, got "adxl345"$/],
    [{ driver: "lis3dh", bus: "1" }, /^BAD_OPTION true .*bus: expected an integer from 0 to 255, got "1"$/],
    [{ driver: "lis3dh", address: 128 }, /^BAD_OPTION true .*address: expected an integer from 0 to 127, got 128$/],
    [{ driver: "lis3dh", device: 1 }, /^BAD_OPTION true .*expected driver, bus, address for this driver, got device$/],
    [{ driver: "iio", root: "here" }, /^BAD_OPTION true .*root: expected an absolute path, got "here"$/],
    [{ driver: "iio", root: "/no/such" }, /^UNAVAILABLE true accelerometer: expected a device at \/no\/such\/iio:device0, got none; ls \/no\/such shows/],
  ];
  for (const [sensor, expected] of all) t.regex((await accelerate(t, { sensor })).stdout, expected);
});

/** A device of IIO as sysfs shows it. */
function iioDevice(t: ExecutionContext, attributes: Readonly<Record<string, string>>): { root: string; folder: string } {
  const root = temporaryFolder(t);
  const folder = join(root, "iio:device2");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(attributes)) writeFileSync(join(folder, name), `${text}\n`);
  return { root, folder };
}

test("IIO: raw values, offset and scale make g; the rate is raised where it can be", async (t) => {
  const { root, folder } = iioDevice(t, { name: "adxl345", in_accel_x_raw: "256", in_accel_y_raw: "-128", in_accel_z_raw: "0", in_accel_scale: "0.038307", in_accel_z_offset: "64", in_accel_sampling_frequency: "12.5", in_accel_sampling_frequency_available: "12.5 25 100 400" });
  t.is((await accelerate(t, { sensor: { driver: "iio", device: 2, root } })).stdout, "2 1.000 -0.500 0.250");
  t.is(readFileSync(join(folder, "in_accel_sampling_frequency"), "utf8").trim(), "100");
  writeFileSync(join(folder, "in_accel_y_raw"), "many\n");
  t.regex((await accelerate(t, { sensor: { driver: "iio", device: 2, root }, samples: 1000 })).stdout, /^UNAVAILABLE true accelerometer: expected a number in .*in_accel_y_raw, got many$/);
  const bare = iioDevice(t, { name: "bme280" });
  t.regex((await accelerate(t, { sensor: { driver: "iio", device: 2, root: bare.root } })).stdout, /^UNAVAILABLE true accelerometer: expected the channel accel_x of .* \(bme280\), got none$/);
});

const ENVIRONMENT = `import { environment } from "assay/sensor/environment";
try {
  const sensor = environment({ rate: 1 }).open();
  console.log(Array.from(sensor.sample() ?? [], (value) => value.toFixed(2)).join(" "));
  sensor.close();
} catch (error) {
  console.log((error as Error & { code: string }).code, (error as Error).message);
}`;

test("BME280: a sample is temperature, humidity and pressure", async (t) => {
  const { stdout, stderr } = await runWithFakes(t, ENVIRONMENT, { config: { sensors: { environment: { driver: "bme280", bus: 1 } } } });
  const [, , percent] = exact(EXAMPLE, 519888, 415148, 28672);
  const [celsius, got, pascal] = stdout.split(" ").map(Number);
  t.deepEqual([celsius, pascal, stderr], [25.08, 100653.25, ""]);
  t.true(Math.abs(got! - percent) < 0.05, `${got} ${percent}`);
  t.regex((await runWithFakes(t, ENVIRONMENT, { config: { sensors: { environment: { driver: "bme280", bus: 4 } } } })).stdout, /^UNAVAILABLE environment: BME280: expected 0x60 in its register 0xd0, got 0x99/);
  t.regex((await runWithFakes(t, ENVIRONMENT)).stdout, /^UNAVAILABLE environment: expected config\.sensors\.environment, got nothing; write \{ "driver": "bme280", "bus": 1 \}/);
});

test("IIO: a climate sensor's units are those of the kernel", async (t) => {
  const { root } = iioDevice(t, { name: "bme280", in_temp_input: "21480", in_humidityrelative_input: "45123.4", in_pressure_input: "101.325" });
  t.is((await runWithFakes(t, ENVIRONMENT, { config: { sensors: { environment: { driver: "iio", device: 2, root } } } })).stdout, "21.48 45.12 101325.00");
});

test("AddressSanitizer and UndefinedBehaviorSanitizer find nothing under the drivers", async (t) => {
  t.timeout(600_000);
  const host = await buildHost({ sanitize: true });
  t.regex((await accelerate(t, { sensor: { driver: "lis3dh", bus: 5 }, ranges: [2], samples: 60 }, { host, g: [0, 0, 1] })).stdout, /^2 0\.000 0\.000 1\.000$/);
  const { root } = iioDevice(t, { name: "a".repeat(1000), in_accel_x_raw: "1", in_accel_y_raw: "2", in_accel_z_raw: "3" });
  t.regex((await accelerate(t, { sensor: { driver: "iio", device: 2, root } }, { host })).stdout, /^2 0\.102 0\.204 0\.306$/);
});
