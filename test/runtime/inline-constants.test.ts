import test from "ava";
import { inlineConstants } from "../../runtime/inline-constants.ts";

test("a number takes the place of its name, wherever that is an expression, and lines stay where they were", (t) => {
  const code = ["var LIMIT = 16;", "var LOW = -3;", "function f(depth) {", "  return depth === LIMIT ? LIMIT : [LIMIT, LOW - LOW, { a: LIMIT, LIMIT }, ...list(LIMIT)];", "}"].join("\n");
  t.deepEqual(inlineConstants(code).split("\n"), ["", "", "function f(depth) {", "  return depth === 16 ? 16 : [16, (-3) - (-3), { a: 16, LIMIT: 16 }, ...list(16)];", "}"]);
});

test("what only looks like the name is left alone: properties, keys, strings, templates, comments, regular expressions", (t) => {
  const lines = ["a.LIMIT + a?.LIMIT;", 'const o = { LIMIT: 1, "LIMIT": 2 };', "'LIMIT \\' LIMIT'; \"LIMIT\";", "/LIMIT[/]LIMIT/.test(x);", "// LIMIT", "/* LIMIT */", "LIMITED + MY_LIMIT + LIMIT_2;"];
  t.deepEqual(inlineConstants(["var LIMIT = 16;", ...lines].join("\n")).split("\n").slice(1), lines);
  t.is(inlineConstants("var LIMIT = 16;\nf(`LIMIT ${LIMIT} \\` ${`${LIMIT}`} LIMIT`, a / LIMIT / 2, [...LIMIT]);"), "\nf(`LIMIT ${16} \\` ${`${16}`} LIMIT`, a / 16 / 2, [...16]);");
});

test("what is written to is no constant, whatever it is called", (t) => {
  for (const write of ["COUNT++;", "--COUNT;", "COUNT = 2;", "COUNT += 1;", "COUNT ??= 1;"]) {
    const code = `var COUNT = 1;\n${write}\nf(COUNT);`;
    t.is(inlineConstants(code), code);
  }
  t.is(inlineConstants("var COUNT = 1;\nif (COUNT == 1 && COUNT <= 2) f(COUNT => COUNT);"), "\nif (1 == 1 && 1 <= 2) f(1 => 1);");
});

test("a program says the same with its constants inlined", (t) => {
  const code = [
    "var MASK = 0xff;",
    "var SHIFT = 4;",
    "var HALF = 0.5;",
    "var TINY = 1e-3;",
    "var NAME = \"MASK\";",
    "class Box { MASK = MASK; get SHIFT() { return SHIFT; } }",
    "const results = [];",
    "for (let i = 0; i < SHIFT; i++) results.push((i << SHIFT) & MASK, i / HALF, NAME, `${MASK}${NAME}`, new Box().MASK, new Box().SHIFT, TINY * i, /MASK/.source);",
    "return JSON.stringify(results);",
  ].join("\n");
  const run = (text: string): string => (new Function(text) as () => string)();
  t.is(run(inlineConstants(code)), run(code));
  t.false(inlineConstants(code).includes("var SHIFT"));
});
