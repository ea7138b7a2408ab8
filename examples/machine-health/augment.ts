/**
 * Variations of the recorded windows, since the model is to work on machines and beside programs that were not recorded: other numbers of
 * cores, other disks, and always with Assay itself (broker, gateway, chain and device) running next to the load. All of it comes from a seeded generator.
 */
import type { SeededRandom } from "../../train/seeded-random.ts";
import { channels } from "./proc-counters.ts";
import { labels } from "./recordings.ts";

type Channel = (typeof channels)[number];

/** CPU time per second that one tick of the kernel's clock (10 ms) makes in a sample of 100 ms: the sensor's CPU channels move in such steps. */
const TICK = 0.1;

/** One channel of a window, read and changed in place. */
function change(window: Float32Array, channel: Channel, value: (old: number, sample: number) => number): void {
  for (let i = channels.indexOf(channel), sample = 0; i < window.length; i += channels.length, sample++) window[i] = value(window[i]!, sample);
}

function scale(window: Float32Array, channel: Channel, factor: number): void {
  change(window, channel, (old) => old * factor);
}

function meanOf(window: Float32Array, channel: Channel): number {
  let sum = 0;
  change(window, channel, (old) => ((sum += old), old));
  return (sum * channels.length) / window.length;
}

/** Adds CPU time with this mean, in whole ticks as the kernel counts it. */
function addTicks(window: Float32Array, random: SeededRandom, channel: Channel, mean: number): void {
  change(window, channel, (old) => old + TICK * random.poisson(mean / TICK));
}

/** Adds a rate that scatters around its mean by a factor of up to 2 either way. */
function addRate(window: Float32Array, random: SeededRandom, channel: Channel, mean: number): void {
  change(window, channel, (old) => old + mean * random.logBetween(0.5, 2));
}

/** A run of `length` samples somewhere in the window. */
function burst(window: Float32Array, random: SeededRandom, length: number): (sample: number) => boolean {
  const start = random.integer(0, window.length / channels.length - 1);
  return (sample) => sample >= start && sample < start + length;
}

/**
 * What runs on the user's machine besides the load: up to half a core of user and system time, its context switches and interrupts, messages over the loopback
 * interface, and small durable writes at intervals (SQLite, the device's flash file) that are waited for.
 */
export function addBackground(window: Float32Array, random: SeededRandom): void {
  addTicks(window, random, "user", random.between(0, 0.3));
  addTicks(window, random, "system", random.between(0, 0.2));
  addTicks(window, random, "softirq", random.between(0, 0.03));
  addRate(window, random, "contextSwitches", random.logBetween(100, 8000));
  addRate(window, random, "interrupts", random.logBetween(50, 4000));
  const network = random.logBetween(1e4, 1e6);
  change(window, "network", (old) => old + network * -Math.log(1 - random.next()));
  const every = random.integer(2, 12);
  const phase = random.integer(0, every - 1);
  const written = random.logBetween(1e4, 2e5) * every;
  const waited = random.between(0, 0.1) * every;
  change(window, "diskWrite", (old, sample) => (sample % every === phase ? old + written * random.logBetween(0.5, 2) : old));
  change(window, "iowait", (old, sample) => (sample % every === phase ? old + TICK * Math.min(3, random.poisson(waited / TICK)) : old));
}

/** Things that tell nothing of the class, in any of them: traffic on the network, tasks that wait for memory, another rate of interrupts and switches. */
function addNuisance(window: Float32Array, random: SeededRandom): void {
  scale(window, "contextSwitches", random.logBetween(0.33, 3));
  scale(window, "interrupts", random.logBetween(0.33, 3));
  if (random.chance(0.2)) {
    addRate(window, random, "network", random.logBetween(1e3, 2e7));
    addTicks(window, random, "softirq", random.between(0, 0.05));
  }
  if (random.chance(0.1)) {
    const stalled = random.between(0, 0.3);
    change(window, "memoryPressure", (old) => Math.min(1, old + stalled * 2 * random.next()));
  }
}

/** A quiet machine where now and then a short program starts. */
function varyIdle(window: Float32Array, random: SeededRandom): void {
  for (let bursts = random.chance(0.5) ? random.integer(1, 4) : 0; bursts > 0; bursts--) {
    const within = burst(window, random, random.integer(1, 2));
    const busy = random.integer(1, 8);
    const read = random.chance(0.3) ? random.logBetween(1e4, 5e6) : 0;
    change(window, "user", (old, sample) => (within(sample) ? old + TICK * Math.ceil(busy * random.next()) : old));
    change(window, "system", (old, sample) => (within(sample) ? old + TICK * Math.floor(busy * 0.5 * random.next()) : old));
    change(window, "diskRead", (old, sample) => (within(sample) ? old + read : old));
  }
}

/** From one slow core to sixteen, in user mode or in the kernel (as `yes > /dev/null`), with files read or written now and then. */
function varyCompute(window: Float32Array, random: SeededRandom): void {
  const busy = meanOf(window, "user") + meanOf(window, "system");
  const factor = random.chance(0.5) ? random.between(0.85, 1.1) / Math.max(1, Math.round(busy)) : random.logBetween(1, 16) / Math.max(1, busy);
  scale(window, "user", factor);
  scale(window, "system", factor);
  if (random.chance(0.35)) {
    const moved = random.between(0, 0.9);
    change(window, "user", (user, sample) => {
      const index = sample * channels.length + channels.indexOf("system");
      window[index] = window[index]! + user * moved;
      return user * (1 - moved);
    });
  }
  if (random.chance(0.3)) {
    const within = burst(window, random, random.integer(1, 3));
    const bytes = random.logBetween(1e5, 5e7);
    change(window, random.chance(0.5) ? "diskRead" : "diskWrite", (old, sample) => (within(sample) ? old + bytes : old));
  }
}

/** From an SD card to a faster disk, from a faster processor to a slower one, reading where it wrote, and disks so fast that nobody waits. */
function varyIo(window: Float32Array, random: SeededRandom): void {
  const disk = random.logBetween(1 / 100, 3);
  scale(window, "diskRead", disk);
  scale(window, "diskWrite", disk);
  const events = Math.min(1, disk * 2);
  scale(window, "contextSwitches", events);
  scale(window, "interrupts", events);
  const cpu = random.logBetween(0.4, 1.6);
  scale(window, "user", cpu);
  scale(window, "system", cpu);
  scale(window, "iowait", disk > 0.3 && random.chance(0.2) ? 0 : random.between(0.6, 1.6));
  // What makes a disk this slow an I/O load is that somebody waits for it.
  if (disk < 0.05) addTicks(window, random, "iowait", Math.max(0, random.between(0.4, 0.9) - meanOf(window, "iowait")));
  if (random.chance(0.4)) {
    const [read, write] = [channels.indexOf("diskRead"), channels.indexOf("diskWrite")];
    for (let i = 0; i < window.length; i += channels.length) [window[i + read], window[i + write]] = [window[i + write]!, window[i + read]!];
  }
}

const vary: Readonly<Record<(typeof labels)[number], (window: Float32Array, random: SeededRandom) => void>> = { idle: varyIdle, compute: varyCompute, io: varyIo };

/** A recorded window as another machine might have shown the same load; in the channels' units, the recorded one stays as it is. @param label index into `labels` */
export function varied(window: Float32Array, label: number, random: SeededRandom): Float32Array {
  const copy = window.slice();
  vary[labels[label]!](copy, random);
  return copy;
}

/** A window in which a load gives way to another after `samples` samples of the first. */
export function spliced(first: Float32Array, second: Float32Array, samples: number): Float32Array {
  const window = second.slice();
  window.set(first.subarray(0, samples * channels.length));
  return window;
}

/** Adds, in place, what surrounds a load on a user's machine: nuisances, and mostly Assay. */
export function addSurroundings(window: Float32Array, random: SeededRandom): void {
  addNuisance(window, random);
  if (random.chance(0.75)) addBackground(window, random);
}
