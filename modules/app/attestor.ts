import type { Result } from "assay/app";
import type { Identity } from "assay/identity";
import type { Outbox } from "assay/outbox";
import type { Sha256 } from "assay/statement/cose-key";
import { encodeStatement, type Beacon, type BootClaims, type InferenceClaims } from "assay/statement";

/** Bytes of the digest of the statement before that a statement carries. */
const PREVIOUS_LENGTH = 16;

/** What a boot statement says beyond its place in the chain. */
export type BootFacts = Omit<BootClaims, "kind" | "sequence" | "bootCount" | "previous" | "publicKey">;

/**
 * Makes statements: gives each its place in the device's chain, signs it, and stores it before anybody sees it.
 *
 * The chain's head is read back from the outbox, so a power cut at any instant neither forks it nor leaves a gap: what was stored is
 * the head, what was not has never been published.
 */
export class Attestor {
  private readonly identity: Identity;
  private readonly outbox: Outbox;
  private readonly sha256: Sha256;
  private readonly header: { readonly issuer: string; readonly subject: string; readonly keyId: Uint8Array };
  private readonly bootCount: number;
  private sequence: number;
  private previous: Uint8Array | null;

  /** Counts the boot (durably) and takes up the chain where the outbox has it. */
  constructor(options: { readonly identity: Identity; readonly outbox: Outbox; readonly subject: string; readonly sha256: Sha256 }) {
    const { identity, outbox, subject, sha256 } = options;
    const head = outbox.head;
    this.identity = identity;
    this.outbox = outbox;
    this.sha256 = sha256;
    this.header = { issuer: identity.deviceId, subject, keyId: identity.keyId };
    this.bootCount = identity.countBoot();
    this.sequence = head === undefined ? 0 : head.sequence + 1;
    this.previous = head === undefined ? null : sha256(head.bytes).slice(0, PREVIOUS_LENGTH);
  }

  /** The sequence number that the next statement gets. */
  get nextSequence(): number {
    return this.sequence;
  }

  /** States what runs. Durable when it returns. */
  boot(facts: BootFacts): Uint8Array {
    return this.store(
      encodeStatement(
        { kind: "boot", sequence: this.sequence, bootCount: this.bootCount, previous: this.previous, publicKey: this.identity.publicKey, ...facts },
        this.header,
        this.identity.signer,
        this.sha256,
      ),
    );
  }

  /** States what came out of the model for one window. Durable when it returns. */
  inference(options: { readonly window: Float32Array; readonly output: Uint8Array; readonly result: Result; readonly beacon: Beacon | null; readonly time: number | null }): Uint8Array {
    const { window, output, result, beacon, time } = options;
    const claims: InferenceClaims = {
      kind: "inference",
      sequence: this.sequence,
      bootCount: this.bootCount,
      previous: this.previous,
      input: this.sha256(littleEndian(window)),
      results: [{ output, label: result.label, score: result.score }],
      beacon,
      time,
    };
    return this.store(encodeStatement(claims, this.header, this.identity.signer, this.sha256));
  }

  private store(statement: Uint8Array): Uint8Array {
    this.outbox.append(this.sequence, statement);
    this.previous = this.sha256(statement).slice(0, PREVIOUS_LENGTH);
    this.sequence++;
    return statement;
  }
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The values' binary32 encodings, little endian, as the statement format has them. */
function littleEndian(values: Float32Array): Uint8Array {
  if (hostIsLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bytes = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, i) => bytes.setFloat32(4 * i, value, true));
  return new Uint8Array(bytes.buffer);
}
