import test from "ava";
import fc from "fast-check";
import { AttestationPolicy, type AttestationOptions } from "assay/app/attestation-policy";

/** The windows that are stated, by number, where every statement that is due is made. A window every 2 s. */
function stated(labels: string, options: AttestationOptions, isPossible: (window: number) => boolean = () => true): number[] {
  const policy = new AttestationPolicy(options, 100, 50);
  return [...labels].flatMap((label, window) => {
    if (!policy.isDue(label) || !isPossible(window)) return [];
    policy.stated();
    return [window];
  });
}

test("with always every window is stated", (t) => {
  t.deepEqual(stated("aab", { when: "always" }), [0, 1, 2]);
});

test("with change the first window is stated, and every one whose label is another than the one before", (t) => {
  t.deepEqual(stated("aabbbac", { when: "change" }), [0, 2, 5, 6]);
});

test("a statement comes at the latest after so many seconds of samples, counted from the last one", (t) => {
  t.deepEqual(stated("aaaaaaabaaaaaa", { when: "change", atLeastEverySeconds: 6 }), [0, 3, 6, 7, 8, 11]);
  t.deepEqual(stated("aaaaa", { when: "change", atLeastEverySeconds: 5.9 }), [0, 2, 4]);
  t.deepEqual(stated("aaa", { when: "change", atLeastEverySeconds: 2 }), [0, 1, 2]);
});

test("a label that must be held is stated with the last window that it took, and single ones pass unstated", (t) => {
  t.deepEqual(stated("aababbbbaabbaaa", { when: "change", heldWindows: 3 }), [0, 6, 14]);
});

test("a statement for the time that has passed does not make a label the state that was not held", (t) => {
  t.deepEqual(stated("aaabbbb", { when: "change", heldWindows: 3, atLeastEverySeconds: 6 }), [0, 3, 5]);
});

test("a statement that could not be made stays due", (t) => {
  t.deepEqual(stated("aaabbbbb", { when: "change" }, (window) => window !== 0 && window !== 3), [1, 4]);
  t.deepEqual(stated("aaaaaaa", { when: "change", atLeastEverySeconds: 4 }, (window) => window !== 2 && window !== 3), [0, 4, 6]);
  t.deepEqual(stated("aabaaa", { when: "change" }, (window) => window !== 2), [0]);
});

test("whatever the labels: between two statements passes no more than asked, and what is stated last is what holds", (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), (labels, heldWindows, most) => {
      const windows = stated(labels.join(""), { when: "change", heldWindows, atLeastEverySeconds: 2 * most });
      t.is(windows[0], 0);
      [...windows.slice(1), labels.length].forEach((window, i) => t.true(window - windows[i]! <= most));
      // Where a label has been held for long enough, a statement with it has been made since it came.
      labels.forEach((label, end) => {
        const row = labels.slice(0, end + 1).reverse().findIndex((other) => other !== label);
        const length = row < 0 ? end + 1 : row;
        if (length < heldWindows) return;
        t.is(labels[windows.filter((window) => window <= end).at(-1)!], label);
      });
    }),
    { seed: 1, numRuns: 500 },
  );
});
