import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { runScript, temporaryFolder } from "../runtime/device.ts";

const PROGRAM = `import { openTrace } from "assay/trace";
import config from "mc/config";
const file = config["file"] as string;
`;

test("a recording is read row by row; what is no number is NaN; rewind starts again", async (t) => {
  const file = join(temporaryFolder(t), "a.csv");
  writeFileSync(file, "time,user,label\r\n1,0.5,idle\n2,,compute\n\n3,-1e3,0x10\n");
  const { stdout } = await runScript(
    t,
    `${PROGRAM}const trace = openTrace(file);
    console.log(trace.columns.join("|"));
    for (let row = trace.next(); row !== undefined; row = trace.next()) console.log(row.join());
    console.log(trace.next());
    trace.rewind();
    console.log(trace.next()!.join());
    trace.close();
    trace.close();
    try { trace.next(); } catch (error) { console.log((error as Error).message); }`,
    { config: { file } },
  );
  t.deepEqual(stdout.split("\n"), ["time|user|label", "1,0.5,NaN", "2,NaN,NaN", "3,-1000,16", "undefined", "1,0.5,NaN", "expected an open recording, got a closed one"]);
});

test("a recording of megabytes goes through a small heap", async (t) => {
  const file = join(temporaryFolder(t), "large.csv");
  writeFileSync(file, `a,b,c\n${"1.25,-7,1000000\n".repeat(20_000)}`);
  const { stdout, status } = await runScript(t, `${PROGRAM}const trace = openTrace(file);\nlet sum = 0, rows = 0;\nfor (let row = trace.next(); row !== undefined; row = trace.next()) { sum += row[0]! + row[1]!; rows++; }\nconsole.log(rows, sum);`, {
    config: { file },
    words: ["--slots", "2000", "--chunks", "20000"],
  });
  t.deepEqual([status, stdout], [0, `20000 ${20_000 * (1.25 - 7)}`]);
});

test("a missing file, a folder and a line without end are clear errors", async (t) => {
  const folder = temporaryFolder(t);
  const long = join(folder, "long.csv");
  writeFileSync(long, `a\n${"1".repeat(5000)}\n`);
  for (const [file, expected] of [
    [join(folder, "none.csv"), "ENOENT"],
    [folder, "EISDIR"],
    [long, "undefined"],
  ] as const) {
    const { stdout, signal } = await runScript(t, `${PROGRAM}try { const trace = openTrace(file); trace.next(); console.log("read"); } catch (error) { console.log((error as Error & { code?: string }).code); }`, { config: { file } });
    t.is(signal, null);
    t.is(stdout, expected);
  }
});
