import test from "ava";
import { join } from "node:path";
import { channels } from "../../examples/machine-health/proc-counters.ts";
import { RecordingError } from "../../examples/machine-health/recording-error.ts";
import { labels, parseRecording, readRecordings, windowHop, windowLength, windowsOf } from "../../examples/machine-health/recordings.ts";

const recordings = readRecordings(join(import.meta.dirname, "../../examples/machine-health/data"));

test("every class has several recordings for training and at least two that are held out", (t) => {
  labels.forEach((_, label) => {
    const own = recordings.filter((recording) => recording.label === label);
    t.true(own.filter(({ heldOut }) => heldOut).length >= 2);
    t.true(own.filter(({ heldOut }) => !heldOut).length >= 2);
  });
});

test("each recording fills at least twenty windows and holds no impossible value", (t) => {
  for (const { name, samples } of recordings) {
    t.true(samples.every((value) => value >= 0), name);
    t.true(samples.length >= (windowLength + 19 * windowHop) * channels.length, name);
  }
});

test("windows begin a hop apart and are copies", (t) => {
  const recording = parseRecording("io-test", `${channels.join(",")}\n${Array.from({ length: 45 }, (_, row) => channels.map((_, channel) => row * 100 + channel).join(",")).join("\n")}\n`);
  const windows = windowsOf(recording, 10);
  t.deepEqual(windows.map((window) => [window.length, window[0], window.at(-1)]), [[320, 0, 3109], [320, 1000, 4109]]);
  windows[0]![0] = -1;
  t.is(recording.samples[0], 0);
});

for (const [title, name, text, message] of [
  ["of an unknown class", "sleep-1", "", /begins with idle-, compute-, io-/],
  ["without the sensor's columns", "idle-1", "user,system\n1,2\n", /expected the columns user,system,iowait/],
  ["with a missing cell", "idle-1", `${channels.join(",")}\n1,2,3,,5,6,7,8,9,10\n`, /line 2: expected 10 numbers/],
  ["with a word for a number", "idle-1", `${channels.join(",")}\n1,2,3,x,5,6,7,8,9,10\n`, /line 2: expected 10 numbers/],
] as const) {
  test(`a recording ${title} is refused`, (t) => {
    const error = t.throws(() => parseRecording(name, text), { instanceOf: RecordingError });
    t.is(error.code, "BAD_FILE");
    t.regex(error.message, message);
  });
}
