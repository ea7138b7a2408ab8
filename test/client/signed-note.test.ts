import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import test from "ava";
import * as fc from "fast-check";
import { NoteError } from "../../client/note-error.ts";
import { ED25519, ED25519_COSIGNATURE, formatVerifierKey, noteKey, parseVerifierKey } from "../../client/note-key.ts";
import type { NoteKey } from "../../client/note-key.ts";
import { formatSignedNote, MAX_NOTE_LENGTH, MAX_NOTE_SIGNATURES, parseSignedNote, verifyNote } from "../../client/signed-note.ts";
import { formatCheckpointText, parseCheckpointText, verifyCheckpointNote } from "../../client/tlog-checkpoint.ts";

/**
 * Somebody who signs as the specifications say, with OpenSSL and none of the code under test: key id = SHA-256(name || LF || type || key)[:4], signature line
 * = "— " name " " base64(id || signature).
 */
class Signer {
  readonly name: string;
  readonly type: number;
  readonly publicKey: Buffer;
  readonly keyId: Buffer;
  private readonly privateKey;

  constructor(name: string, type: number, seed = name) {
    this.name = name;
    this.type = type;
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), createHash("sha256").update(seed).digest()]);
    this.privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    this.publicKey = createPublicKey(this.privateKey).export({ format: "der", type: "spki" }).subarray(-32);
    this.keyId = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(type)).update(this.publicKey).digest().subarray(0, 4);
  }

  get vkey(): string {
    return `${this.name}+${this.keyId.toString("hex")}+${Buffer.concat([Uint8Array.of(this.type), this.publicKey]).toString("base64")}`;
  }

  get key(): NoteKey {
    return parseVerifierKey(this.vkey);
  }

  raw(text: string): Buffer {
    return sign(null, Buffer.from(text), this.privateKey);
  }

  line(text: string): string {
    return this.lineOf(this.raw(text));
  }

  cosign(text: string, time: bigint): string {
    const clock = Buffer.alloc(8);
    clock.writeBigUInt64BE(time);
    return this.lineOf(Buffer.concat([clock, this.raw(`cosignature/v1\ntime ${time}\n${text}`)]));
  }

  lineOf(signature: Uint8Array): string {
    return `— ${this.name} ${Buffer.concat([this.keyId, signature]).toString("base64")}\n`;
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);
const code = (expected: string) => ({ instanceOf: NoteError, code: expected });
const log = new Signer("example.com/log", ED25519);
const witness = new Signer("witness.example/w1", ED25519_COSIGNATURE);
const root = createHash("sha256").update("root").digest();
const text = `example.com/log\n20852163\n${root.toString("base64")}\n`;

test("a note that OpenSSL signed is verified, and one that is formatted here is the same byte for byte", (t) => {
  const note = parseSignedNote(bytes(`${text}\n${log.line(text)}`));
  t.is(note.text, text);
  t.deepEqual(verifyNote(note, [log.key]).map(({ key, time }) => [key.name, time]), [["example.com/log", null]]);
  t.deepEqual(Buffer.from(formatSignedNote(note)).toString(), `${text}\n${log.line(text)}`);
});

test("the example of Go's package golang.org/x/mod/sumdb/note is verified", (t) => {
  const key = parseVerifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const saying = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const signed = `${saying}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
  t.is(verifyNote(parseSignedNote(bytes(signed)), [key]).length, 1);
  t.throws(() => verifyNote(parseSignedNote(bytes(signed.replace("answer", "answers"))), [key]), code("BAD_SIGNATURE"));
});

test("a verifier key is name, hash and base64 of type and key, and reads back as it was written", (t) => {
  for (const signer of [log, witness]) {
    t.is(formatVerifierKey(noteKey(signer.name, signer.type as 1, new Uint8Array(signer.publicKey))), signer.vkey);
    t.is(formatVerifierKey(signer.key), signer.vkey);
  }
  const [name, hash, base64] = ["example.com/log", log.keyId.toString("hex"), log.vkey.slice(log.vkey.lastIndexOf(hashOf(log)) + 9)];
  const ecdsa = Buffer.concat([Uint8Array.of(2), log.publicKey]).toString("base64");
  for (const wrong of ["", "name", `${name}+${hash}`, `+${hash}+${base64}`, `${name}+00000000+${base64}`, `${name}+${hash.toUpperCase()}+${base64}`, `${name}+${hash}+${base64}=`, `${name}+${hash}+${base64.slice(0, -4)}`, `${name}+${hash}+${ecdsa}`, `a b+${hash}+${base64}`, `${"n".repeat(10_000)}+${hash}+${base64}`]) {
    t.throws(() => parseVerifierKey(wrong), code("BAD_KEY"), wrong.slice(0, 60));
  }
});

function hashOf(signer: Signer): string {
  return signer.keyId.toString("hex");
}

test("signatures of unknown keys are ignored, also of those that share the name or the key id, but not both, with a known one", (t) => {
  const sameName = new Signer(log.name, ED25519, "somebody else");
  const sameId = `— somebody.else ${log.line(text).split(" ")[2]}`;
  const strange = `— strange.example ${Buffer.from("12345").toString("base64")}\n`;
  const note = parseSignedNote(bytes(`${text}\n${sameName.line(text)}${sameId}${strange}${log.line(text)}`));
  t.deepEqual(verifyNote(note, [log.key]).map(({ line }) => line), [note.signatures[3]]);
  t.throws(() => verifyNote(parseSignedNote(bytes(`${text}\n${sameName.line(text)}${sameId}`)), [log.key]), code("UNSIGNED"));
  t.throws(() => verifyNote(note, []), code("UNSIGNED"));
});

test("a bad signature of a known key rejects the note, whoever else has signed", (t) => {
  const other = new Signer("other.example", ED25519);
  const bad = [log.line(`${text}x\n`), log.lineOf(log.raw(text).subarray(1)), log.lineOf(new Uint8Array(64)), log.lineOf(Buffer.concat([new Uint8Array(8), log.raw(text)]))];
  for (const line of bad) {
    const note = parseSignedNote(bytes(`${text}\n${other.line(text)}${line}`));
    t.throws(() => verifyNote(note, [log.key, other.key]), code("BAD_SIGNATURE"));
    t.is(verifyNote(note, [other.key]).length, 1);
    t.throws(() => verifyNote(parseSignedNote(bytes(`${text}\n${log.line(text)}${line}`)), [log.key]), code("BAD_SIGNATURE"), "also after a good one");
  }
});

test("a signature has one form: S plus the group order is refused (RFC 8032 §5.1.7)", (t) => {
  const signature = log.raw(text);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + order;
  const second = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
  t.throws(() => verifyNote(parseSignedNote(bytes(`${text}\n${log.lineOf(second)}`)), [log.key]), code("BAD_SIGNATURE"));
});

test("two trusted keys that cannot be told apart are an error, and so is a key of the wrong length", (t) => {
  const note = parseSignedNote(bytes(`${text}\n${log.line(text)}`));
  t.throws(() => verifyNote(note, [log.key, log.key]), code("BAD_KEY"));
  t.throws(() => noteKey("name", ED25519, new Uint8Array(31)), code("BAD_KEY"));
  t.throws(() => noteKey("with space", ED25519, new Uint8Array(32)), code("BAD_KEY"));
  t.throws(() => noteKey("with\u2003space", ED25519, new Uint8Array(32)), code("BAD_KEY"));
  t.throws(() => noteKey("with+plus", ED25519, new Uint8Array(32)), code("BAD_KEY"));
});

test("sixteen signatures are accepted, as the format asks for, and up to the limit; beyond it is refused", (t) => {
  const signers = Array.from({ length: MAX_NOTE_SIGNATURES }, (_, i) => new Signer(`signer.example/${i}`, ED25519));
  for (const count of [16, MAX_NOTE_SIGNATURES]) {
    const some = signers.slice(0, count);
    t.is(verifyNote(parseSignedNote(bytes(`${text}\n${some.map((signer) => signer.line(text)).join("")}`)), some.map(({ key }) => key)).length, count);
  }
  const line = log.line(text);
  t.throws(() => parseSignedNote(bytes(`${text}\n${line.repeat(MAX_NOTE_SIGNATURES + 1)}`)), code("TOO_LARGE"));
  t.throws(() => parseSignedNote(new Uint8Array(MAX_NOTE_LENGTH + 1)), code("TOO_LARGE"));
  // Sixteen post-quantum signatures of nearly 5 kB beside the log's own.
  const large = `— pq.example ${Buffer.alloc(4 + 4_800).toString("base64")}\n`;
  t.is(verifyNote(parseSignedNote(bytes(`${text}\n${line}${large.repeat(16)}`)), [log.key]).length, 1);
});

test("the text may have blank lines: the last one is the border", (t) => {
  const verse = "Two lines,\n\nand one between.\n";
  const note = parseSignedNote(bytes(`${verse}\n${log.line(verse)}`));
  t.is(note.text, verse);
  t.is(verifyNote(note, [log.key]).length, 1);
});

test("what is not a signed note is BAD_NOTE", (t) => {
  const line = log.line(text);
  const [, name, base64] = line.trimEnd().split(" ") as [string, string, string];
  const wrong: Record<string, string> = {
    "nothing": "",
    "no blank line": `${text}${line}`,
    "no signatures": `${text}\n`,
    "no newline at the end": `${text}\n${line}`.slice(0, -1),
    "a carriage return": `${text.replaceAll("\n", "\r\n")}\n${line}`,
    "a tab": `a\tb\n\n${line}`,
    "a NUL": `a\0b\n\n${line}`,
    "another dash": `${text}\n- ${name} ${base64}\n`,
    "two spaces": `${text}\n—  ${name} ${base64}\n`,
    "more on the line": `${text}\n— ${name} ${base64} x\n`,
    "a plus in the name": `${text}\n— a+b ${base64}\n`,
    "a space of another kind in the name": `${text}\n— a\u00a0b ${base64}\n`,
    "no padding": `${text}\n— ${name} ${base64.replaceAll("=", "")}\n`,
    "base64url": `${text}\n— ${name} -_-_-_-_\n`,
    "bits that no byte has": `${text}\n— ${name} AAAAAAB=\n`,
    "a key id and nothing": `${text}\n— ${name} ${Buffer.alloc(4).toString("base64")}\n`,
    "a line of text after the signatures": `${text}\n${line}more\n`,
  };
  for (const [what, note] of Object.entries(wrong)) t.throws(() => parseSignedNote(bytes(note)), code("BAD_NOTE"), what);
  t.throws(() => parseSignedNote(Uint8Array.of(...bytes("a"), 0xff, ...bytes(`\n\n${line}`))), code("BAD_NOTE"), "not UTF-8");
  t.throws(() => formatSignedNote({ text: "no newline", signatures: [] }), code("BAD_NOTE"));
  t.throws(() => formatSignedNote({ text: "nobody\n", signatures: [] }), code("BAD_NOTE"));
});

test("a cosignature signs its time and the text (C2SP tlog-cosignature)", (t) => {
  const cosigned = bytes(`${text}\n${log.line(text)}${witness.cosign(text, 1_679_315_147n)}`);
  const checkpoint = verifyCheckpointNote(cosigned, { log: log.key, witnesses: [witness.key], leastWitnesses: 1 });
  t.deepEqual(checkpoint.cosignatures.map(({ witness: { name }, time }) => [name, time]), [["witness.example/w1", 1_679_315_147]]);
  t.deepEqual(checkpoint.root, new Uint8Array(root));

  const signed = Buffer.from(witness.cosign(text, 5n).trimEnd().split(" ")[2] as string, "base64").subarray(4);
  const later = Buffer.from(signed);
  later[7] = 6;
  const wrong = [witness.lineOf(later), witness.lineOf(signed.subarray(8)), witness.line(text), witness.cosign(`${text}more\n`, 5n), witness.cosign(text, 2n ** 63n)];
  for (const line of wrong) t.throws(() => verifyCheckpointNote(bytes(`${text}\n${log.line(text)}${line}`), { log: log.key, witnesses: [witness.key] }), code("BAD_SIGNATURE"));
});

test("a checkpoint needs the log's own signature, its origin, and as many witnesses as are asked for", (t) => {
  const second = new Signer("witness.example/w2", ED25519_COSIGNATURE);
  const trust = { log: log.key, witnesses: [witness.key, second.key] };
  const both = bytes(`${text}\n${log.line(text)}${witness.cosign(text, 1n)}${second.cosign(text, 2n)}`);
  t.is(verifyCheckpointNote(both, { ...trust, leastWitnesses: 2 }).cosignatures.length, 2);
  const twice = bytes(`${text}\n${log.line(text)}${witness.cosign(text, 1n)}${witness.cosign(text, 2n)}`);
  t.is(verifyCheckpointNote(twice, { ...trust, leastWitnesses: 1 }).cosignatures.length, 1);
  t.throws(() => verifyCheckpointNote(twice, { ...trust, leastWitnesses: 2 }), code("TOO_FEW_WITNESSES"));
  t.throws(() => verifyCheckpointNote(bytes(`${text}\n${witness.cosign(text, 1n)}`), trust), code("UNSIGNED"));
  t.throws(() => verifyCheckpointNote(both, { ...trust, origin: "example.com/other" }), code("WRONG_ORIGIN"));
  // A key that signs without a time has not said that it saw a consistent log.
  const timeless = new Signer("timeless.example", ED25519);
  t.throws(() => verifyCheckpointNote(bytes(`${text}\n${log.line(text)}${timeless.line(text)}`), { log: log.key, witnesses: [timeless.key], leastWitnesses: 1 }), code("TOO_FEW_WITNESSES"));
});

test("a checkpoint's text is origin, size, root and extension lines, in one form only (C2SP tlog-checkpoint)", (t) => {
  t.is(formatCheckpointText({ origin: "example.com/log", size: 20_852_163, root }), text);
  t.deepEqual(parseCheckpointText(`${text}one\ntwo\n`), { origin: "example.com/log", size: 20_852_163, root: new Uint8Array(root), extensions: ["one", "two"] });
  t.is(parseCheckpointText(text.replace("20852163", "0")).size, 0);
  t.is(parseCheckpointText(text.replace("20852163", String(Number.MAX_SAFE_INTEGER))).size, Number.MAX_SAFE_INTEGER);
  const base64 = root.toString("base64");
  const wrong = ["", "\n", `a\n1\n`, `a\n1\n${base64}`, `\n1\n${base64}\n`, `a\n1\n${base64}\n\n`, `a\n1\n\n${base64}\n`, `a\n01\n${base64}\n`, `a\n-1\n${base64}\n`, `a\n+1\n${base64}\n`, `a\n1e3\n${base64}\n`, `a\n 1\n${base64}\n`, `a\n9007199254740992\n${base64}\n`, `a\n1\n${base64.slice(0, -4)}\n`, `a\n1\n${base64} \n`, `a\n1\n${base64.replace("=", "")}\n`];
  for (const each of wrong) t.throws(() => parseCheckpointText(each), code("BAD_CHECKPOINT"), JSON.stringify(each));
  t.throws(() => formatCheckpointText({ origin: "two\nlines", size: 1, root }), code("BAD_CHECKPOINT"));
  t.throws(() => formatCheckpointText({ origin: "a", size: 1.5, root }), code("BAD_CHECKPOINT"));
  t.throws(() => formatCheckpointText({ origin: "a", size: 1, root, extensions: [""] }), code("BAD_CHECKPOINT"));
});

test("whatever comes instead of a note or beside one, it is verified or a NoteError", (t) => {
  const good = bytes(`${text}\n${log.line(text)}${witness.cosign(text, 7n)}`);
  const trust = { log: log.key, witnesses: [witness.key] };
  const attempt = (input: Uint8Array): boolean => {
    try {
      const checkpoint = verifyCheckpointNote(input, trust);
      // A change that is still verified has changed nothing that was signed.
      return checkpoint.size === 20_852_163 && Buffer.compare(checkpoint.root, root) === 0;
    } catch (error) {
      return error instanceof NoteError;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 500 });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => attempt(cut ? good.slice(0, at) : good.map((old, i) => (i === at ? byte : old)))),
    { numRuns: 500 },
  );
  t.pass();
});

test("lines as long as a note may be, of what a parser could stumble over, are NoteErrors", (t) => {
  const line = log.line(text);
  for (const filler of [" ", "—", "=", "A", "+", "\n", "x/"]) {
    const long = filler.repeat(Math.floor(MAX_NOTE_LENGTH / bytes(filler).length) - 200);
    t.throws(() => verifyNote(parseSignedNote(bytes(`${text}\n${line.trimEnd()}${long}\n`)), [log.key]), { instanceOf: NoteError });
    t.throws(() => parseVerifierKey(long), { instanceOf: NoteError });
    t.throws(() => parseCheckpointText(`${long}\n`), { instanceOf: NoteError });
  }
});
