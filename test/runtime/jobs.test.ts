import test from "ava";
import { runScript } from "./device.ts";

test("promise jobs run before the next timer, timers in the order of their time", async (t) => {
  const { stdout } = await runScript(
    t,
    `import Timer from "timer";
    Timer.set(() => { console.log("late"); }, 30);
    Timer.set(() => { console.log("first"); Promise.resolve().then(() => console.log("job of first")).then(() => console.log("job of job")); }, 5);
    Timer.set(() => console.log("second"), 5);
    Timer.set(() => console.log("now"));
    Promise.resolve().then(() => console.log("job of main"));
    console.log("main");`,
  );
  t.deepEqual(stdout.split("\n"), ["main", "job of main", "now", "first", "job of first", "job of job", "second", "late"]);
});

test("a timer repeats until it is cleared, also from its own callback", async (t) => {
  const { stdout } = await runScript(
    t,
    `import Timer from "timer";
    let n = 0;
    Timer.repeat((id) => { if (++n === 3) Timer.clear(id); }, 2);
    let m = 0;
    const other = Timer.set((id) => { m++; if (m === 2) { Timer.clear(other); console.log(id === other); } }, 1, 3);
    const never = Timer.set(() => console.log("never"), 1);
    Timer.clear(never);
    Timer.clear(never);
    Timer.clear(undefined);
    Timer.set(() => console.log(n, m), 60);`,
  );
  t.is(stdout, "true\n3 2");
});

test("a repeating timer keeps its rate: it does not drift, and does not make up for what it missed in a burst", async (t) => {
  const { stdout } = await runScript(
    t,
    `import Timer from "timer";
    import board from "assay/board";
    const start = board.ticks();
    let n = 0;
    const id = Timer.repeat(() => {
      n++;
      if (n === 2) while (board.ticks() - start < 100);
      if (n === 6) { Timer.clear(id); console.log(board.ticks() - start >= 130); }
    }, 10);`,
  );
  t.is(stdout, "true");
});

test("fractions of a millisecond and bad arguments are told apart", async (t) => {
  const { stdout } = await runScript(
    t,
    `import Timer from "timer";
    for (const ms of [-1, NaN, Infinity]) try { Timer.set(() => {}, ms); } catch (error) { console.log((error as Error).message); }
    try { Timer.set(1 as unknown as () => void, 1); } catch (error) { console.log((error as Error).message); }
    Timer.set(() => console.log("ok"), 0.25);`,
  );
  t.deepEqual(stdout.split("\n"), [
    "Timer.set: expected milliseconds from 0, got -1",
    "Timer.set: expected milliseconds from 0, got NaN",
    "Timer.set: expected milliseconds from 0, got Infinity",
    "Timer.set: expected a function, got another value",
    "ok",
  ]);
});

test("a device ends when nothing is left to wait for", async (t) => {
  const { status, stdout } = await runScript(t, `console.log("only this");`);
  t.is(status, 0);
  t.is(stdout, "only this");
});
