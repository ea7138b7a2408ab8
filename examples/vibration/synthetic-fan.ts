/**
 * A fan as it shakes an accelerometer on its frame, for recordings of our own making: a rotation with an imbalance, feet that let go when it turns fast, rattle, turbulence, and the chip's
 * noise and steps. No sample of a real fan is in it, but its constants were set by eye to the sizes that the real fan's spectra have (recordings.ts).
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

/** Revolutions per second of a balanced fan at 0 % and 100 % (a straight line between), and the share that an imbalance of 1 takes from it; it grows with the square. */
const [STILL_HZ, FASTEST_HZ, BRAKING] = [2.5, 19.6, 0.05];

/**
 * Along each axis: gravity (g); amplitude that one weight at 10 revolutions per second would give a free frame (g), and its phase (turns); the rattle's strength; turbulence (g, standard deviation) at
 * a standstill and what full speed adds.
 */
const axes = [
  { gravity: 0.99, force: 0.05, phase: 0.1, rattle: 1, turbulence: 0.01, wind: 0.03 },
  { gravity: 0, force: 0.42, phase: 0.25, rattle: 0.8, turbulence: 0.05, wind: 0 },
  { gravity: -0.12, force: 0.32, phase: 0, rattle: 0.5, turbulence: 0.01, wind: 0.01 },
] as const;

/** The frame stands on its feet until it turns about this fast (Hz); the change takes in a power of six. */
const FEET_HZ = 11;

/** Loose feet: the second and third harmonic as shares of the first; and for the whole of the shaking (g) the rattle, which is white, by its first and second power. */
const HARMONICS = [0.12, 0.08] as const;
const [RATTLE, HEAVY_RATTLE] = [0.35, 0.75];

/** Noise of the chip, g (standard deviation), its step, and its full scale. */
const [NOISE, STEP, FULL_SCALE] = [0.004, 1 / 256, 8];

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

/** What a force of 1 at 10 Hz moves at `frequency` (Hz): it grows with the square of it, and the feet hold it at low ones. */
function response(frequency: number): number {
  return (frequency / 10) ** 2 / (1 + (FEET_HZ / frequency) ** 6);
}

/** Samples of a fan that runs through stretches, row-major x, y, z in g, in the chip's steps. */
export function shake(stretches: readonly Stretch[], seed: number): Float64Array {
  const random = new SeededRandom(seed);
  const values: number[] = [];
  let [turns, previous] = [random.next(), stretches[0]!];
  for (const stretch of stretches) {
    const unbalanced = imbalance(stretch.label);
    for (let n = 0; n < stretch.seconds * rateHz; n++) {
      const speed = previous.speed + Math.min(1, n / rateHz) * (stretch.speed - previous.speed);
      // Its speed wanders a little.
      const frequency = (STILL_HZ + (FASTEST_HZ - STILL_HZ) * (speed / 100)) * (1 - BRAKING * unbalanced * unbalanced) * (1 + 0.01 * normal(random));
      turns += frequency / rateHz;
      const shaking = unbalanced * response(frequency);
      const rattle = axes[1].force * shaking * (RATTLE + HEAVY_RATTLE * axes[1].force * shaking);
      for (const axis of axes) {
        const wave = (harmonic: number): number => Math.sin(2 * Math.PI * harmonic * (turns + axis.phase));
        const rotation = axis.force * shaking * (wave(1) + HARMONICS[0] * wave(2) + HARMONICS[1] * wave(3));
        const broadband = Math.hypot(NOISE, axis.turbulence + (axis.wind * speed) / 100, axis.rattle * rattle) * normal(random);
        values.push(Math.min(FULL_SCALE - STEP, Math.max(-FULL_SCALE, Math.round((axis.gravity + rotation + broadband) / STEP) * STEP)));
      }
    }
    previous = stretch;
  }
  return Float64Array.from(values);
}
