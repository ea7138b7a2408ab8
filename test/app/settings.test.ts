import test from "ava";
import { AppError } from "assay/app";
import { readSettings } from "assay/app/settings";

test("settings have defaults", (t) => {
  t.deepEqual(readSettings({}), { broker: undefined, trace: undefined, provision: false, register: undefined, rotate: undefined, key: undefined, reveal: false, time: true, seed: undefined });
});

test("settings are read from a whole configuration", (t) => {
  const settings = readSettings({ broker: { host: "localhost", port: 1883, user: "u", password: "p" }, trace: { file: "a.csv", speed: 10, repeat: false }, time: false, seed: 7 });
  t.deepEqual(settings.broker, { host: "localhost", port: 1883, user: "u", password: "p" });
  t.deepEqual(settings.trace, { file: "a.csv", speed: 10, repeat: false });
  t.is(settings.seed, 7);
  t.false(settings.time);
});

test("broker.tls may be true, or say whom to trust and who the device is", (t) => {
  const tls = (value: unknown) => readSettings({ broker: { host: "h", port: 8883, tls: value } }).broker?.tls;
  t.deepEqual(tls(true), {});
  t.is(tls(false), undefined);
  t.deepEqual(tls({ ca: "/etc/assay/ca.pem", serverName: "broker", certificate: "c", key: "k" }), { ca: "/etc/assay/ca.pem", serverName: "broker", certificate: "c", key: "k" });
});

test("a key that cannot be used is not shown in the error", (t) => {
  const error = t.throws(() => readSettings({ broker: { host: "h", port: 1, tls: { certificate: "c", key: `secret${"x".repeat(70_000)}` } } }), { instanceOf: AppError });
  t.is(error.message, "config.broker.tls.key: expected PEM or a path, a string of 1 to 65536 characters");
});

for (const [config, message] of [
  [{ broker: { host: "h", port: 1, tls: "yes" } }, "config.broker.tls: expected true, false or an object, got string yes"],
  [{ broker: { host: "h", port: 1, tls: { caFile: "/ca" } } }, "config.broker.tls: expected ca, serverName, certificate, key, got caFile"],
  [{ broker: { host: "h", port: 1, tls: { key: "k" } } }, "config.broker.tls: expected certificate and key together, got one of them"],
  [{ broker: 1 }, "config.broker: expected an object, got number 1"],
  [{ broker: { host: "", port: 1 } }, "config.broker.host: expected a string of 1 to 1024 characters, got string "],
  [{ broker: { host: "h", port: 70000 } }, "config.broker.port: expected a number from 1 to 65535, got number 70000"],
  [{ trace: { file: "f", speed: 0 } }, "config.trace.speed: expected a number from 0.01 to 1000, got number 0"],
  [{ provision: "yes" }, "config.provision: expected true or false, got string yes"],
  [{ seed: -1 }, "config.seed: expected a number from 0 to 4294967295, got number -1"],
] as const) {
  test(`a bad configuration is refused: ${message}`, (t) => {
    const error = t.throws(() => readSettings(config), { instanceOf: AppError });
    t.is(error.code, "BAD_CONFIG");
    t.is(error.message, message);
  });
}

test("a password of the wrong type is not shown in the error", (t) => {
  const error = t.throws(() => readSettings({ broker: { host: "h", port: 1, password: 123456 } }), { instanceOf: AppError });
  t.false(error.message.includes("123456"));
});
