import test from "ava";
import fc from "fast-check";
import { chain, compress, spectrum, standardize, type FrontEnd } from "assay/features";
import { frontEndFromDescription } from "../../client/front-end-from-description.ts";
import { VerificationError } from "../../client/verification-error.ts";

const positive = fc.double({ min: 1e-30, max: 1e30, noNaN: true });
const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

/** A window's shape, and a front end that takes it. */
const shapes = fc.record({ channels: fc.integer({ min: 1, max: 4 }), log2Length: fc.integer({ min: 2, max: 6 }), bands: fc.integer({ min: 1, max: 5 }) });
const cases = shapes.chain(({ channels, log2Length, bands }) => {
  const length = 2 ** log2Length;
  const compressed = (width: number): fc.Arbitrary<FrontEnd> => fc.uniqueArray(fc.integer({ min: 0, max: width - 1 })).map((numbers) => compress({ channels: numbers }));
  const standardized = (width: number): fc.Arbitrary<FrontEnd> =>
    fc.tuple(fc.array(anyNumber, { minLength: width, maxLength: width }), fc.array(positive, { minLength: width, maxLength: width })).map(([mean, deviation]) => standardize({ mean, deviation }));
  const band = fc.tuple(fc.integer({ min: 0, max: length / 2 }), fc.integer({ min: 0, max: length / 2 })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const spectral = fc.tuple(fc.array(band, { minLength: bands, maxLength: bands }), positive).map(([list, reference]) => spectrum({ length, bands: list, reference }));
  const frontEnd = fc.oneof(
    compressed(channels),
    standardized(channels),
    spectral,
    fc.constant(chain()),
    fc.tuple(compressed(channels), standardized(channels)).map((stages) => chain(...stages)),
    fc.tuple(compressed(channels), spectral, compressed(bands * channels), standardized(bands * channels)).map(([before, middle, ...after]) => chain(before, chain(middle, chain(...after)))),
  );
  return fc.tuple(fc.constant(channels), frontEnd, fc.float32Array({ minLength: length * channels, maxLength: length * channels, noNaN: true, min: -1e6, max: 1e6 }));
});

const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];

test("every front end is rebuilt from its description: the same bits, the same description", (t) => {
  fc.assert(
    fc.property(cases, ([channels, frontEnd, window]) => {
      const rebuilt = frontEndFromDescription(frontEnd.description);
      t.is(rebuilt.description, frontEnd.description);
      t.deepEqual(bitsOf(rebuilt.apply(window.slice(), channels)), bitsOf(frontEnd.apply(window.slice(), channels)));
    }),
    { numRuns: 300 },
  );
});

/** The refusal of a description, which has to be one. */
function refusal(description: string): string {
  try {
    frontEndFromDescription(description);
  } catch (error) {
    if (error instanceof VerificationError && error.code === "UNSUPPORTED_REPLAY") return error.message;
    throw error;
  }
  throw new Error(`expected ${description.slice(0, 80)} to be refused`);
}

test("a front end that is not known is refused, with what is known", (t) => {
  const known = 'expected "standardize", "compress", "spectrum" and chains of these, got the front end';
  t.is(refusal('["mel",[1]]'), `front end: ${known} "mel", which is the app's own or of another version`);
  t.is(refusal('[["compress",[0]],["mel"]]'), `front end: ${known} "mel", which is the app's own or of another version`);
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "Standardize", "", "standardize "]) t.true(refusal(JSON.stringify([name, [0], [1]])).includes(known), name);
  const long = refusal(JSON.stringify([`\u001b[31m${"x".repeat(1000)}`]));
  t.true(long.length < 300 && !long.includes("\u001b"));
});

test("a description that no front end gives itself is refused", (t) => {
  const descriptions = [
    "",
    "compress",
    "null",
    "1",
    '"compress"',
    "{}",
    '{"0":"compress","1":[0],"length":2}',
    '{"__proto__":["compress",[0]]}',
    "[null]",
    "[[[{}]]]",
    '[["compress",[0]],null]',
    // parameters: too few, too many, of another kind, out of range
    '["compress"]',
    '["compress",[0],[0]]',
    '["compress",0]',
    '["compress",["0"]]',
    '["compress",[[0]]]',
    '["compress",[1.5]]',
    '["compress",[-1]]',
    '["compress",[1e999]]',
    '["compress",{"length":1,"0":0}]',
    '["compress",[0,1,0]]',
    '["standardize",[0]]',
    '["standardize",[0],[0]]',
    '["standardize",[0],[1,1]]',
    '["standardize",[1e999],[1]]',
    '["standardize",[0],[null]]',
    '["standardize",null,null]',
    '["spectrum",8,[[0,1]]]',
    '["spectrum",7,[[0,1]],1]',
    '["spectrum",1e9,[[0,1]],1]',
    '["spectrum","8",[[0,1]],1]',
    '["spectrum",8,[],1]',
    '["spectrum",8,[[0]],1]',
    '["spectrum",8,[[0,1,2]],1]',
    '["spectrum",8,[[0,5]],1]',
    '["spectrum",8,[[2,1]],1]',
    '["spectrum",8,{"length":1,"0":[0,1]},1]',
    '["spectrum",8,[[0,1]],0]',
    `["spectrum",8,[${Array.from({ length: 258 }, () => "[0,1]").join(",")}],1]`,
    // the same parameters, spelled otherwise
    ' ["compress",[0]]',
    '["compress",[0]]\n',
    '["compress",[0.0]]',
    '["compress",[-0]]',
    '["c\\u006fmpress",[0]]',
    '["standardize",[1e0],[1]]',
    '["standardize",[0.1000000000000000055],[1]]',
    '["spectrum",8,[[0,1]],1e-6]',
    // large
    "[".repeat(500_000),
    `${"[".repeat(500_000)}${"]".repeat(500_000)}`,
    `${"[".repeat(65)}${"]".repeat(65)}`,
    `[${Array.from({ length: 64 }, () => '["compress",[0]]').join(",")}]`,
    `[${"[],".repeat(300_000)}[]]`,
    `["compress",[${"0,".repeat(500_000)}0]]`,
    " ".repeat((1 << 20) + 1),
  ];
  for (const description of descriptions) t.notThrows(() => refusal(description), description.slice(0, 80));
});

test("whatever JSON comes is refused, or described by the front end to the letter", (t) => {
  const words = fc.constantFrom<fc.JsonValue>("compress", "standardize", "spectrum", 0, 1, 4, 8);
  const { tree } = fc.letrec<{ tree: fc.JsonValue }>((tie) => ({ tree: fc.oneof({ depthSize: "small" }, words, fc.array(tie("tree"), { maxLength: 4 }), fc.jsonValue()) }));
  let rebuilt = 0;
  fc.assert(
    fc.property(tree, (value) => {
      const description = JSON.stringify(value);
      try {
        t.is(frontEndFromDescription(description).description, description);
        rebuilt++;
      } catch (error) {
        t.true(error instanceof VerificationError && error.code === "UNSUPPORTED_REPLAY", `${description}: ${error}`);
      }
    }),
    { numRuns: 5000, seed: 1 },
  );
  t.true(rebuilt > 0 && rebuilt < 5000, `${rebuilt} rebuilt`);
});

test("a description with one character changed is refused, or means what it says", (t) => {
  const { description } = chain(spectrum({ length: 8, bands: [[0, 1], [2, 4]], reference: 1e-6 }), compress({ channels: [0, 1] }), standardize({ mean: [1.5, -2e-7], deviation: [3, 0.25] }));
  let refused = 0;
  for (let at = 0; at < description.length; at++) {
    for (const character of '0123456789[],."-e {') {
      const changed = description.slice(0, at) + character + description.slice(at + 1);
      try {
        t.is(frontEndFromDescription(changed).description, changed);
      } catch (error) {
        t.true(error instanceof VerificationError && error.code === "UNSUPPORTED_REPLAY", `${changed}: ${error}`);
        refused++;
      }
    }
  }
  t.true(refused > 1000, `${refused} refused`);
});
