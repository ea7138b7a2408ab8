import test from "ava";
import { RecordingError } from "../../examples/vibration/recording-error.ts";
import { channels, labels, parseRecordings, readRecordings, speedFolds, speeds, TEST_START, TRAINING_SAMPLES, unseenSpeeds, windowHop, windowLength, windowsOf } from "../../examples/vibration/recordings.ts";
import { testWithShared } from "../requirements.ts";

const header = "Sensor Configuration,Rotation Speed Percentage,x,y,z";

testWithShared("sensors/fan-vibration/accelerometer.csv", "the data set has a minute of each state at each of 17 speeds", (t, file) => {
  const recordings = readRecordings(file);
  t.is(recordings.length, labels.length * speeds.length);
  for (const { samples } of recordings) t.is(samples.length, 3000 * channels);
});

test("no sample is in both training and test, and each speed is left out by one fold", (t) => {
  t.true(TEST_START >= TRAINING_SAMPLES + windowLength);
  t.deepEqual(speedFolds.flat().sort((a, b) => a - b), [...speeds]);
  t.true(speedFolds.includes(unseenSpeeds));
});

test("windows begin a hop apart from the first sample asked for, and are copies", (t) => {
  const recording = { label: 0, speed: 20, samples: Float32Array.from({ length: 300 * channels }, (_, i) => i) };
  const windows = windowsOf(recording, 100);
  t.deepEqual(windows.map((window) => [window.length, window[0], window.at(-1)]), [100, 100 + windowHop].map((first) => [windowLength * channels, first * channels, (first + windowLength) * channels - 1]));
  windows[0]![0] = -1;
  t.is(recording.samples[100 * channels], 100 * channels);
});

for (const [title, text, message] of [
  ["without the data set's columns", "a,b\n1,2\n", /expected the columns Sensor Configuration/],
  ["with a missing cell", `${header}\n1,20,1,,0\n`, /line 2: expected 5 numbers, got "1,20,1,,0"/],
  ["with a word for a number", `${header}\n1,20,1,x,0\n`, /line 2: expected 5 numbers/],
  ["with a recording that is too short", `${header}\n3,20,1,0,0\n`, /expected 3000 samples of configuration 3 at 20 %, got 1$/],
] as const) {
  test(`a data set ${title} is refused`, (t) => {
    const error = t.throws(() => parseRecordings(text), { instanceOf: RecordingError });
    t.is(error.code, "BAD_FILE");
    t.regex(error.message, message);
  });
}

test("a data set that is not there is named", (t) => {
  const error = t.throws(() => readRecordings("/nowhere/accelerometer.csv"), { instanceOf: RecordingError });
  t.is(error.code, "NO_RECORDING");
  t.regex(error.message, /at \/nowhere\/accelerometer.csv, got no file there/);
});
