import test from "ava";
import { Recording, type Trace } from "assay/sensor/recording";
import { SensorError, type SensorDescription } from "assay/sensor/sensor";

const sensor: SensorDescription = {
  name: "two",
  channels: ["a", "b"],
  rateHz: 1,
  open: () => {
    throw new Error("not opened here");
  },
};

function trace(columns: string[], rows: number[][]): Trace {
  let next = 0;
  return { columns, next: () => rows[next++], rewind: () => (next = 0), close: () => {} };
}

const once = (onEnd = (): void => {}) => ({ repeat: false, onEnd });

test("channels are picked by column name, in the sensor's order", (t) => {
  const recording = new Recording(sensor, trace(["b", "label", "a"], [[2, 9, 1]]), once());
  t.deepEqual([...recording.sample()!], [1, 2]);
});

test("at the end a recording says so once and gives nothing more", (t) => {
  let ends = 0;
  const recording = new Recording(sensor, trace(["a", "b"], [[1, 2]]), once(() => ends++));
  recording.sample();
  t.is(recording.sample(), undefined);
  t.is(recording.sample(), undefined);
  t.is(ends, 1);
});

test("a repeated recording starts again", (t) => {
  const recording = new Recording(sensor, trace(["a", "b"], [[1, 2], [3, 4]]), { repeat: true, onEnd: () => t.fail() });
  t.deepEqual([1, 2, 3].map(() => recording.sample()![0]), [1, 3, 1]);
});

test("a missing column, an empty recording and a cell that is no number are refused", (t) => {
  t.is(t.throws(() => new Recording(sensor, trace(["a"], []), once()), { instanceOf: SensorError }).code, "BAD_TRACE");
  const empty = new Recording(sensor, trace(["a", "b"], []), { repeat: true, onEnd: () => {} });
  t.is(t.throws(() => empty.sample(), { instanceOf: SensorError }).code, "BAD_TRACE");
  const gap = new Recording(sensor, trace(["a", "b"], [[1, Number.NaN]]), once());
  t.regex(t.throws(() => gap.sample(), { instanceOf: SensorError }).message, /row 1, column b/);
});
