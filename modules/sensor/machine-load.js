import { SensorError } from "assay/sensor/sensor";
/**
 * Reads the kernel's counters into `counters` (see `COUNTERS`); returns undefined, or what it could not read.
 */
const readCounters = native("xs_sensor_readMachineLoad");
/** Counters that the native fills: seconds since boot, then one running total per channel (seconds, events or bytes). */
const COUNTERS = 11;
/** Longest pause between two samples, seconds, that still counts as one interval: after a suspend the rates would be averages over hours. */
const LONGEST_INTERVAL_S = 10;
/**
 * The load of the Linux machine that the device runs on, from `/proc`.
 *
 * Ten channels: CPU time per second in user mode (nice included), system mode (hard interrupts included), waiting for I/O and in soft interrupts (all in
 * busy cores: 1 is one core fully busy); context switches and interrupts per second; bytes per second read from and written to
 * block devices, and through all network interfaces in both directions; share of time (0 to 1) in which some task waited for memory.
 * Each is the mean over the time since the last sample. Without pressure stall information in the kernel the last is 0.
 *
 * @throws SensorError `BAD_OPTION`; `open()` throws `UNAVAILABLE` where there is no `/proc`
 */
export function machineLoad(options) {
    const { rate } = options;
    if (!(rate >= 0.1 && rate <= 100))
        throw new SensorError("BAD_OPTION", `machineLoad: expected a rate from 0.1 to 100 Hz, got ${rate}`);
    return {
        name: "machine-load",
        channels: ["user", "system", "iowait", "softirq", "contextSwitches", "interrupts", "diskRead", "diskWrite", "network", "memoryPressure"],
        rateHz: rate,
        open: () => new MachineLoad(),
    };
}
class MachineLoad {
    before = new Float64Array(COUNTERS);
    now = new Float64Array(COUNTERS);
    rates = new Float64Array(COUNTERS - 1);
    constructor() {
        this.read(this.before);
    }
    /** The rates since the last call, or undefined when the interval is no use: the clock stood still, or the machine slept. */
    sample() {
        this.read(this.now);
        const seconds = this.now[0] - this.before[0];
        for (let channel = 0; channel < COUNTERS - 1; channel++) {
            // A network interface that goes away takes its count with it: such a step back is no traffic.
            this.rates[channel] = Math.max(0, this.now[channel + 1] - this.before[channel + 1]) / seconds;
        }
        [this.before, this.now] = [this.now, this.before];
        return seconds > 0 && seconds < LONGEST_INTERVAL_S ? this.rates : undefined;
    }
    close() { }
    read(counters) {
        const missing = readCounters(counters.buffer);
        if (missing !== undefined)
            throw new SensorError("UNAVAILABLE", `machine-load: expected a readable ${missing}; this sensor needs Linux with /proc mounted`);
    }
}
