/** Throws inputs at the verifier and judges what becomes of them: the fuzzer of fuzz.test.ts. */
import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement, StatementError } from "assay/statement";
import { equalBytes } from "assay/statement/bytes";
import { decode, encode, Tag, type CborMap, type CborValue } from "assay/statement/cbor";
import { encodeReceiptMessage } from "assay/statement/messages";
import { parseReceipt } from "assay/statement/receipt";
import { encodeSign1, parseSign1, signatureInput } from "assay/statement/sign1";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import secp256k1 from "secp256k1";
import { Inspector } from "../../client/inspector.ts";
import { verifySignature } from "../../client/signature.ts";
import { fromTransparent, toTransparent } from "../../client/statement-file.ts";
import type { Trust } from "../../client/trust.ts";
import { VerificationError } from "../../client/verification-error.ts";
import { verify, type VerifyOptions } from "../../client/verify.ts";
import { anchor } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";
import { alter, mutate } from "./mutate.ts";
import { nativeVerifier } from "./native.ts";
import type { Party } from "./parties.ts";
import { Random } from "./random.ts";

/** Inputs that one subscriber gets before there is a new one. */
const SUBSCRIPTION = 1000;
/** One signature of this many is checked by noble as well, which has to say the same as the libraries in C. */
const NOBLE_EVERY = 1000;

/** Something that must not be: a forgery that was taken, or two answers to one question. */
export class Finding extends Error {}

/** What one input is made from, and what became of it. */
interface Shot {
  readonly party: Party;
  readonly random: Random;
  /** what was tried, for the report of a failure */
  readonly tried: Uint8Array[];
  /** what a trusted key has signed for this input: that may be accepted */
  readonly signed: Set<string>;
}

const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

export class Fuzzer {
  /** what became of the inputs, by what was tried */
  readonly histogram = new Map<string, number>();
  private readonly parties: readonly [Party, Party];
  private readonly trust: Trust;
  /** the same with both devices revoked, since after the anchor of the receipts */
  private readonly revoking: Trust;
  /** of the parties' logs */
  private readonly roots: ReadonlyMap<Party, Uint8Array>;
  /** what the parties and their logs have really signed */
  private readonly genuine = new Set<string>();
  private readonly files: ReadonlyMap<Party, readonly Uint8Array[]>;
  private checks = 0;
  private inspector: Inspector | undefined;
  /** what was signed for the inputs of this subscriber */
  private inspected: Set<string> = new Set();
  /** what the subscriber's signature checks may be of */
  private inspecting: readonly Uint8Array[] = [];

  /** @param roots of the logs of the two */
  constructor(k1: Party, r1: Party, roots: ReadonlyMap<Party, Uint8Array>) {
    this.parties = [k1, r1];
    this.roots = roots;
    this.trust = { devices: [...k1.trust.devices, ...r1.trust.devices], logs: [...k1.trust.logs, ...r1.trust.logs] };
    this.revoking = { ...this.trust, devices: this.trust.devices.map((device) => ({ ...device, revoked: { since: anchor.time + 1, reason: "key-compromise" } })) };
    for (const { device, receipts } of this.parties) for (const bytes of [...device.statements, ...receipts]) this.genuine.add(nameOf(bytes));
    this.files = new Map(this.parties.map((party) => [party, party.device.statements.map((statement, i) => toTransparent(statement, [party.receipts[i] as Uint8Array]))]));
  }

  /**
   * Tries input `index`.
   * @param tried gets the bytes that are tried, for the report of a failure
   * @throws whatever must not be thrown; Finding for what must not be accepted
   */
  try(seed: number, index: number, tried: Uint8Array[]): void {
    if (index % SUBSCRIPTION === 0) this.inspector = undefined;
    const random = new Random(seed, index);
    const kind = random.below(100);
    // Keys and logs of P-256 come less often: noble signs and checks them, where OpenSSL cannot, in milliseconds.
    const rare = kind < 38 ? 16 : kind < 45 ? 100 : 32;
    const shot: Shot = { party: this.parties[random.below(rare) === 0 ? 1 : 0], random, tried, signed: new Set() };
    if (kind < 32) this.mutatedStatement(shot);
    else if (kind < 38) this.unsigned(shot);
    else if (kind < 45) this.mutatedReceipt(shot);
    else if (kind < 49) this.mutatedContext(shot);
    else if (kind < 61) this.parsedReceipt(shot);
    else if (kind < 73) this.file(shot);
    else if (kind < 87) this.subscriber(shot);
    else if (kind < 96) this.noise(shot);
    else this.resigned(shot);
  }

  private mutatedStatement(shot: Shot): void {
    this.verify("statement", shot, this.mutation(shot, shot.party.device.statements));
  }

  private mutatedReceipt(shot: Shot): void {
    const { party, random } = shot;
    const at = random.below(party.receipts.length);
    const receipt = random.below(3) === 0 ? this.resignedReceipt(shot, at) : this.mutation(shot, party.receipts, at);
    this.verify("receipt", shot, party.device.statements[at] as Uint8Array, receipt);
  }

  private mutatedContext(shot: Shot): void {
    const { party, random } = shot;
    const { statements } = party.device;
    const at = 1 + random.below(statements.length - 1);
    const options = random.below(2) === 0 ? { previous: this.mutation(shot, statements, at - 1) } : { boot: this.mutation(shot, statements, at < 3 ? 0 : 3) };
    const statement = statements[at] as Uint8Array;
    this.verify("context", shot, random.below(4) === 0 ? this.resignedStatement(shot, statement) : statement, undefined, options);
  }

  /** Whatever the signatures are: parsers, chain and tree have to stand on their own. */
  private unsigned(shot: Shot): void {
    const { party } = shot;
    const { statements } = party.device;
    const [statement, receipt, previous, boot] = [this.mutation(shot, statements), this.mutation(shot, party.receipts), this.mutation(shot, statements), this.mutation(shot, statements)];
    const options = shot.random.pick([{}, { previous }, { boot }, { boot, previous }]);
    this.count("unsigned", () => verify(statement, shot.random.below(2) === 0 ? receipt : party.receipt, this.trust, { ...options, verifySignature: () => true }));
  }

  private parsedReceipt(shot: Shot): void {
    const { party } = shot;
    const bytes = this.mutation(shot, shot.random.below(8) === 0 ? party.device.statements : party.receipts);
    this.count("parseReceipt", () => parseReceipt(bytes), StatementError);
  }

  private file(shot: Shot): void {
    const bytes = this.mutation(shot, this.files.get(shot.party) as readonly Uint8Array[]);
    this.count("fromTransparent", () => {
      const { statement, receipts } = fromTransparent(bytes);
      // One file for one statement with its receipts: else two could be passed round as one.
      if (!equalBytes(toTransparent(statement, receipts), bytes)) throw new Finding("a file with two encodings");
    });
  }

  private subscriber(shot: Shot): void {
    const { party, random } = shot;
    const { statements } = party.device;
    const at = random.below(statements.length);
    const statement = random.below(6) === 0 ? (statements[at] as Uint8Array) : random.below(40) === 0 ? this.resignedStatement(shot, statements[at] as Uint8Array) : this.mutation(shot, statements, at);
    const receipt = random.below(4) === 0 ? (party.receipts[at] as Uint8Array) : this.mutation(shot, party.receipts, at);
    const { bootCount, sequence } = { bootCount: at < 3 ? 1 : 2, sequence: at };
    const message = encodeReceiptMessage({ bootCount, sequence, receipt });
    const { id } = random.below(16) === 0 ? this.parties[random.below(2)]!.key : party.key;
    const [topic, bytes] = random.pick([
      [bootTopic(id), statement],
      [statementTopic(id), statement],
      [receiptTopic(id), random.below(3) === 0 ? this.mutation(shot, [message]) : message],
    ] as const);
    shot.tried.push(bytes);
    const inspector = (this.inspector ??= this.subscribe());
    for (const name of shot.signed) this.inspected.add(name);
    this.inspecting = [bytes, ...statements];
    inspector.receive(topic, bytes);
    this.add("Inspector.receive");
  }

  private subscribe(): Inspector {
    this.inspected = new Set();
    const expectGenuine = (bytes: Uint8Array): void => {
      if (!this.genuine.has(nameOf(bytes)) && !this.inspected.has(nameOf(bytes))) throw new Finding("a subscriber was given a forgery");
    };
    return new Inspector({
      trust: this.trust,
      devices: undefined,
      log: undefined,
      verifySignature: (key, digest, signature) => nativeVerifier(...this.inspecting)(key, digest, signature),
      pendingLimit: 16,
      onEvent: (event) => {
        expectGenuine(event.statement);
        if (event.type === "receipt") expectGenuine(event.receipt);
        this.add(`subscriber ${event.type}`);
      },
      onRejected: ({ code }) => this.add(`subscriber ${code}`),
      now: () => 0,
    });
  }

  private noise(shot: Shot): void {
    const { random, party } = shot;
    const length = random.below(8) === 0 ? random.below(5000) : random.below(400);
    const bytes = random.below(2) === 0 ? random.bytes(length) : Uint8Array.of(0xd2, 0x84, ...random.bytes(length));
    shot.tried.push(bytes);
    const which = random.below(4);
    if (which === 0) this.verify("noise", shot, bytes);
    else if (which === 1) this.verify("noise", shot, party.device.statements[0] as Uint8Array, bytes);
    else if (which === 2) this.count("noise parseReceipt", () => parseReceipt(bytes), StatementError);
    else this.count("noise fromTransparent", () => fromTransparent(bytes));
  }

  private resigned(shot: Shot): void {
    const { party, random } = shot;
    const at = random.below(party.device.statements.length);
    const statement = this.resignedStatement(shot, party.device.statements[at] as Uint8Array);
    this.verify("re-signed", shot, statement, random.below(16) === 0 ? party.receipts[at] : undefined);
  }

  /** A mutated copy of one of these, often with parts of another; now and then of the other party. */
  private mutation({ party, random, tried }: Shot, originals: readonly Uint8Array[], at = random.below(originals.length)): Uint8Array {
    const other = random.pick(random.below(4) === 0 ? random.pick(this.parties).device.statements : random.below(2) === 0 ? party.receipts : originals);
    const original = originals[at] as Uint8Array;
    // Half of them with the lengths around the change put right: else the outermost one would stop them all.
    const bytes = random.below(2) === 0 ? mutate(original, other, random) : this.repaired(original, other, random);
    tried.push(bytes);
    return bytes;
  }

  /** An object with one of its parts mutated, or with an item of it altered, in a right encoding; its signature is what it was. */
  private repaired(original: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
    const value = decode(original);
    if (!(value instanceof Tag) || !Array.isArray(value.value)) return encode(alter(value, random));
    const parts = value.value as readonly CborValue[];
    // Mostly what is signed: header and payload, or header and proof of a receipt.
    const at = random.pick(parts[2] === null ? [0, 0, 1, 1, 1, 3] : [0, 0, 0, 2, 2, 2, 2, 1, 3]);
    const part = parts[at] as CborValue;
    const changed = at !== 1 && part instanceof Uint8Array && (at === 3 || random.below(2) === 0) ? mutate(part, other, random) : alter(part, random);
    return encode(new Tag(value.tag, parts.map((kept, i) => (i === at ? changed : kept))));
  }

  /** A statement with other claims or another header, signed by its device's own key: no signature stops it. */
  private resignedStatement({ party, random, tried, signed }: Shot, statement: Uint8Array): Uint8Array {
    const { protectedBytes, payload } = parseSign1(statement);
    const change = (bytes: Uint8Array): Uint8Array => (random.below(2) === 0 ? mutate(bytes, statement, random) : encode(alter(decode(bytes), random)));
    const header = random.below(3) === 0 ? change(protectedBytes) : protectedBytes;
    const claims = header === protectedBytes || random.below(4) === 0 ? change(payload as Uint8Array) : (payload as Uint8Array);
    const bytes = encodeSign1({ protectedHeader: header, payload: claims, signature: sign(party.key, sha256(signatureInput(header, claims))) });
    tried.push(bytes);
    signed.add(nameOf(bytes));
    return bytes;
  }

  /** A receipt with another header, or another proof, signed by the log's own key. */
  private resignedReceipt({ party, random, tried, signed }: Shot, at: number): Uint8Array {
    const { protectedBytes, protectedHeader, unprotected, signature } = parseSign1(party.receipts[at] as Uint8Array);
    const way = random.below(4);
    const header = way === 0 ? mutate(protectedBytes, party.receipt, random) : encode(way === 1 ? alter(decode(protectedBytes), random) : withAlteredAnchor(protectedHeader, random));
    const made = encodeSign1({ protectedHeader: header, unprotected, payload: null, signature: sign(party.log.key, sha256(signatureInput(header, this.roots.get(party) as Uint8Array))) });
    const bytes = random.below(4) === 0 ? encodeSign1({ protectedHeader: protectedBytes, unprotected: alter(unprotected, random) as typeof unprotected, payload: null, signature }) : made;
    tried.push(bytes);
    if (bytes === made) signed.add(nameOf(bytes));
    return bytes;
  }

  private verify(what: string, { signed, random }: Shot, statement: Uint8Array, receipt?: Uint8Array, options: VerifyOptions = {}): void {
    const native = nativeVerifier(statement, options.boot, options.previous);
    const trust = receipt !== undefined && random.below(4) === 0 ? this.revoking : this.trust;
    this.count(what, () => {
      const verified = verify(statement, receipt, trust, {
        ...options,
        verifySignature: (key, digest, signature) => {
          const answer = native(key, digest, signature);
          if (++this.checks % NOBLE_EVERY === 0 && verifySignature(key, digest, signature) !== answer) throw new Finding("noble and the library in C do not agree on a signature");
          return answer;
        },
      });
      for (const bytes of [statement, receipt, options.boot, options.previous]) if (bytes !== undefined && !this.genuine.has(nameOf(bytes)) && !signed.has(nameOf(bytes))) throw new Finding("a forgery was accepted");
      if (!equalBytes(verified.statement.bytes, statement)) throw new Finding("other bytes were proven than were given");
      if (!equalBytes(encode(decode(statement)), statement)) throw new Finding("a statement with two encodings");
      if (!equalBytes(verified.statement.digest, parseStatement(statement, sha256).digest)) throw new Finding("two readings of one statement");
    });
  }

  private count(what: string, body: () => void, refusal: typeof VerificationError | typeof StatementError = VerificationError): void {
    try {
      body();
    } catch (error) {
      if (!(error instanceof refusal)) throw error;
      return this.add(`${what} ${error.code}`);
    }
    this.add(`${what} accepted`);
  }

  private add(what: string): void {
    this.histogram.set(what, (this.histogram.get(what) ?? 0) + 1);
  }
}

/** A receipt's header that names another anchor. */
function withAlteredAnchor(header: CborMap, random: Random): CborMap {
  const claims = header.get(15) as CborMap;
  return new Map([...header, [15, new Map([...claims, [-70_021, alter(claims.get(-70_021) as CborValue, random)]])]]);
}

/** Signs by libsecp256k1 where it can: noble takes a hundred times as long. */
function sign({ publicKey, secret, signer }: TestKey, digest: Uint8Array): Uint8Array {
  return publicKey.curve === "secp256k1" ? secp256k1.ecdsaSign(digest, secret).signature : signer.sign(digest);
}
