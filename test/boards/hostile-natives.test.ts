/** Natives get what an app's code may hand them: anything. Each must throw or take it; none may crash, under the sanitizers. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { nativesIn } from "../../runtime/natives-table.ts";
import { runWithFakes } from "./fake-devices.ts";

const board = join(import.meta.dirname, "..", "..", "boards", "linux");
const FILES = ["digital.c", "i2c.c", "io-port.c", "serial.c", "spi.c", "sysfs.c", "tls.c", "udp.c"];

test("the natives of I/O and TLS survive arguments of every wrong kind, closed handles, and code that closes what it is asked for", async (t) => {
  t.timeout(600_000);
  const host = await buildHost({ sanitize: true });
  const names = readdirSync(board).filter((name) => FILES.includes(name)).flatMap((name) => nativesIn(join(board, name)));
  t.true(names.length > 30);
  const { status, stdout, stderr } = await runWithFakes(
    t,
    `const names: string[] = ${JSON.stringify(names)};
    type Native = (...values: unknown[]) => unknown;
    const natives = names.map((name) => native(name) as Native);
    const close = native("xs_io_close") as Native, free = native("xs_tls_free") as Native, openTls = native("xs_tls_open") as Native;
    let seed = 1;
    const random = (below: number): number => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % below; };
    let session: unknown;
    let handles: unknown[] = [];
    const open = (): void => {
      for (const handle of handles) close(handle);
      handles = [];
      for (const [name, ...values] of [["xs_i2c_open", "/dev/i2c-1", 0x18], ["xs_spi_open", "/dev/spidev0.0", 1000, 0], ["xs_digital_open", "/dev/gpiochip0", 0, 8, 0, 0], ["xs_digital_open", "/dev/gpiochip0", 1, 0, 3, 0], ["xs_udp_open", "127.0.0.1", 0], ["xs_serial_open", "/dev/ptmx", 9600, false]] as const)
        handles.push((native(name) as Native)(...values));
      // Without mbedTLS, or without authorities of the system, there is none.
      try { session = openTls("localhost", undefined, undefined, undefined); } catch { session = undefined; }
    };
    const closing = { valueOf() { for (const handle of handles) close(handle); try { free(session); } catch {} return 1; }, toString() { return String(this.valueOf()); } };
    // Each symbol takes a name of the machine, of which there are few.
    const symbol = Symbol("s");
    const values: (() => unknown)[] = [() => undefined, () => null, () => -1, () => 0, () => 1, () => 3, () => 16, () => 1e10, () => -1e10, () => NaN, () => Infinity, () => 0.5, () => "", () => "/dev/null", () => "/dev/i2c-1", () => "127.0.0.1", () => "x".repeat(5000), () => true, () => ({}), () => [], () => symbol, () => 5n,
      () => () => {}, () => new ArrayBuffer(0), () => new ArrayBuffer(100_000), () => new Uint8Array(6), () => new DataView(new ArrayBuffer(3)), () => closing, () => session, () => handles[random(6)], () => handles[random(6)], () => handles[random(6)]];
    let thrown = 0, taken = 0;
    for (let round = 0; round < 150; round++) {
      open();
      for (let i = 0; i < 60; i++) {
        const call = random(natives.length);
        const first = names[call]!.startsWith("xs_tls_") && random(4) > 0 ? session : random(3) > 0 ? handles[random(6)] : values[random(values.length)]!();
        const rest = Array.from({ length: random(6) }, () => values[random(values.length)]!());
        try { natives[call]!(first, ...rest); taken++; } catch { thrown++; }
      }
    }
    for (const handle of handles) close(handle);
    console.log(thrown > 1000, taken > 1000);
    (native("xs_board_exit") as Native)(0);`,
    { host },
  );
  t.deepEqual([status, stderr, stdout], [0, "", "true true"]);
});
