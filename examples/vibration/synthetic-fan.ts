/**
 * A fan as it might shake an accelerometer on its frame: for recordings of our own making. No sample of a real fan is in it; its constants are round numbers, chosen so that
 * amplitudes are of the size that the data set's paper shows.
 */
import { SeededRandom } from "../../train/seeded-random.ts";
import { labels } from "./recordings.ts";

/** Samples per second. */
export const rateHz = 50;

/** The fan in one state at one speed for a while. */
export interface Stretch {
  readonly seconds: number;
  readonly label: (typeof labels)[number];
  /** per cent of its greatest, 20 to 100; it changes evenly to the next stretch's within a second */
  readonly speed: number;
}

/** Angle between the blades that carry the two weights, degrees: opposite, a quarter, one of seven blades further. */
const angles: Readonly<Record<Stretch["label"], number>> = { balanced: 180, unbalanced: 90, "far-unbalanced": 360 / 7 };

/** What no weight balances, as a share of one weight's imbalance. */
const RESIDUAL = 0.12;

/** Revolutions per second of a balanced fan at 0 % and 100 % (a straight line between), and the share that shaking takes from it: grows with the square of the imbalance. */
const [SLOWEST_HZ, FASTEST_HZ, BRAKING] = [1.6, 19.8, 0.035];

/** The frame on its feet along each axis: gravity (g), acceleration by one weight at 10 revolutions per second (g), resonance (Hz), its damping, and phase of the force (turns). */
const axes = [
  { gravity: 0.99, force: 0.03, resonance: 16, damping: 0.1, phase: 0.1 },
  { gravity: 0, force: 0.1, resonance: 18, damping: 0.12, phase: 0.25 },
  { gravity: -0.12, force: 0.08, resonance: 18, damping: 0.15, phase: 0 },
] as const;

/** Loose feet: strength of the second and third harmonic for one g of the first, and of the rattle (white, standard deviation) for each g above half a g. */
const HARMONICS = [0.12, 0.06] as const;
const RATTLE = 0.4;

/** Hum of motor and blades per axis, g, at frequencies that 50 samples per second fold to somewhere: blades (seven a turn) and the motor's switching. */
const HUM = [0.02, 0.05, 0.012] as const;
const BLADES = 7;
const SWITCHING_HZ = 67;

/** Noise of the chip, g (standard deviation), its step, and its full scale. */
const [NOISE, STEP, FULL_SCALE] = [0.006, 1 / 256, 8];

/** About normal, variance 1. */
function normal(random: SeededRandom): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.next();
  return sum;
}

/** Length of the sum of the two weights' imbalances and the rest. */
function imbalance(label: Stretch["label"]): number {
  return 2 * Math.cos((angles[label] * Math.PI) / 360) + RESIDUAL;
}

/** Amplitude of a mass on a spring at `frequency`, for a force of 1 that grows with the square of it from 1 at 10 Hz. */
function response(frequency: number, resonance: number, damping: number): number {
  const ratio = frequency / resonance;
  return (frequency / 10) ** 2 / Math.hypot(1 - ratio * ratio, 2 * damping * ratio);
}

/** Samples of a fan that runs through stretches, row-major x, y, z in g, in the chip's steps. */
export function shake(stretches: readonly Stretch[], seed: number): Float64Array {
  const random = new SeededRandom(seed);
  const values: number[] = [];
  let [turns, previous] = [random.next(), stretches[0]!];
  const switching = random.next();
  for (const stretch of stretches) {
    for (let n = 0; n < stretch.seconds * rateHz; n++) {
      const share = Math.min(1, n / rateHz);
      const speed = previous.speed + share * (stretch.speed - previous.speed);
      const unbalanced = imbalance(stretch.label);
      // The current wanders a little.
      const frequency = (SLOWEST_HZ + (FASTEST_HZ - SLOWEST_HZ) * (speed / 100)) * (1 - BRAKING * unbalanced * unbalanced) * (1 + 0.004 * normal(random));
      turns += frequency / rateHz;
      const seconds = values.length / 3 / rateHz;
      axes.forEach(({ gravity, force, resonance, damping, phase }, axis) => {
        const amplitude = force * unbalanced * response(frequency, resonance, damping);
        const wave = (harmonic: number, offset: number): number => Math.sin(2 * Math.PI * (harmonic * turns + offset));
        const rotation = amplitude * wave(1, phase) + HARMONICS.reduce((sum, strength, i) => sum + strength * amplitude * amplitude * wave(i + 2, phase * (i + 2)), 0);
        const hum = HUM[axis]! * (0.6 * wave(BLADES, phase) + Math.sin(2 * Math.PI * (SWITCHING_HZ * seconds + switching)));
        const rattle = RATTLE * Math.max(0, amplitude - 0.5) * normal(random);
        const value = gravity + rotation + rattle + hum + NOISE * normal(random);
        values.push(Math.min(FULL_SCALE - STEP, Math.max(-FULL_SCALE, Math.round(value / STEP) * STEP)));
      });
    }
    previous = stretch;
  }
  return Float64Array.from(values);
}
