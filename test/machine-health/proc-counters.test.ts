import test from "ava";
import { channels, countersOf, csvLine, ratesBetween, type ProcText } from "../../examples/machine-health/proc-counters.ts";
import { RecordingError } from "../../examples/machine-health/recording-error.ts";

/** Captured on a machine with two cores, shortened. */
const captured: ProcText = {
  stat: `cpu  4009 25 2912 130251 137 3 45 17 0 0
cpu0 2100 20 1400 65000 70 1 30 9 0 0
cpu1 1909 5 1512 65251 67 2 15 8 0 0
intr 423326 0 9 0 0 0 0 0 0 0 1
ctxt 1172646
btime 1795474000
processes 11841
procs_running 2
procs_blocked 0
softirq 90000 0 20000 1 40000 0 0 1 0 0 29998
`,
  vmstat: `nr_free_pages 400000
pgpgin 412669
pgpgout 1917156
pgpgoutx 7
pswpin 0
`,
  netDev: `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    3193      40    0    0    0     0          0         0     3193      40    0    0    0     0       0          0
  eth0:324990749  250000    0    0    0     0          0         0   832254    9000    0    0    0     0       0          0
`,
  memoryPressure: `some avg10=0.00 avg60=0.12 avg300=0.05 total=1500000
full avg10=0.00 avg60=0.00 avg300=0.00 total=900000
`,
};

test("the counters of each channel are found in /proc", (t) => {
  const counters = Object.fromEntries(countersOf(captured).map((value, index) => [channels[index], value]));
  t.deepEqual(counters, {
    user: 40.34, // with nice
    system: 29.15, // with hard interrupts
    iowait: 1.37,
    softirq: 0.45,
    contextSwitches: 1172646,
    interrupts: 423326,
    diskRead: 412669 * 1024,
    diskWrite: 1917156 * 1024,
    network: 3193 + 3193 + 324990749 + 832254,
    memoryPressure: 1.5,
  });
});

test("a kernel without pressure stall information counts no memory pressure", (t) => {
  const { memoryPressure: _, ...rest } = captured;
  t.is(countersOf(rest).at(-1), 0);
});

test("rates are per second, and a total that went back is no negative rate", (t) => {
  t.deepEqual(ratesBetween([10, 100], [10.05, 40], 0.1).map((rate) => Number(rate.toFixed(9))), [0.5, 0]);
});

test("a line of CSV has four significant digits and no exponents", (t) => {
  t.is(csvLine([0.099876543, 123456789, 0, 7.69e-7, 1e-9, 2011000000]), "0.09988,123500000,0,0.000001,0,2011000000");
});

for (const [title, change, message] of [
  ["without a cpu line", { stat: "intr 5\nctxt 6\n" }, /expected a line "cpu" with 7 counts, got no such line/],
  ["with a cpu line of an older kernel", { stat: "cpu 1 2 3 4\nintr 5\nctxt 6\n" }, /7 counts, got "cpu 1 2 3 4"/],
  ["with a count that is no number", { vmstat: "pgpgin many\npgpgout 5\n" }, /pgpgin/],
  ["with a broken interface line", { netDev: "a\nb\neth0: 1 2\n" }, /16 counts/],
  ["with pressure of an unknown form", { memoryPressure: "none" }, /some … total=N/],
] as const) {
  test(`/proc ${title} is refused`, (t) => {
    const error = t.throws(() => countersOf({ ...captured, ...change }), { instanceOf: RecordingError });
    t.is(error.code, "BAD_PROC");
    t.regex(error.message, message);
  });
}
