import type { Result } from "assay/app";
import type { Identity } from "assay/identity";
import { OutboxError, type Head, type Outbox } from "assay/outbox";
import type { Sha256 } from "assay/statement/cose-key";
import { commitInput } from "assay/statement/input";
import { PREVIOUS_LENGTH } from "assay/statement/place";
import { encodeStatement, type Beacon, type BootClaims, type InferenceClaims } from "assay/statement";

/** What a boot statement says beyond its place in the chain. */
export type BootFacts = Omit<BootClaims, "kind" | "sequence" | "bootCount" | "previous" | "historyLost" | "publicKey">;

/**
 * Makes statements: gives each its place in the device's chain, signs it, and stores it before anybody sees it.
 *
 * The chain's head is read back from the outbox, so a power cut at any instant neither forks it nor leaves a gap: what was stored is
 * the head, what was not has never been published. A device that has booted before and finds no head has lost its flash: its next boot statement
 * says so, and the chain begins anew from it.
 */
export class Attestor {
  private readonly identity: Identity;
  private readonly outbox: Outbox;
  private readonly sha256: Sha256;
  private readonly header: { readonly issuer: string; readonly subject: string; readonly keyId: Uint8Array };
  private readonly bootCount: number;
  private sequence: number;
  private previous: Uint8Array | null;
  /** the statement before the next boot statement is not known any more */
  private readonly historyLost: boolean;

  /** Counts the boot (durably) and takes up the chain where the outbox has it. */
  constructor(options: { readonly identity: Identity; readonly outbox: Outbox; readonly subject: string; readonly sha256: Sha256 }) {
    const { identity, outbox, subject, sha256 } = options;
    const head = outbox.head;
    this.identity = identity;
    this.outbox = outbox;
    this.sha256 = sha256;
    this.header = { issuer: identity.deviceId, subject, keyId: identity.keyId };
    const bytes = head && headBytes(head);
    this.historyLost = bytes === undefined && (head !== undefined || identity.bootCount > 0);
    this.bootCount = identity.countBoot();
    this.sequence = head === undefined ? 0 : head.sequence + 1;
    this.previous = bytes === undefined ? null : sha256(bytes).slice(0, PREVIOUS_LENGTH);
  }

  /** The sequence number that the next statement gets. */
  get nextSequence(): number {
    return this.sequence;
  }

  /** States what runs. Durable when it returns. */
  boot(facts: BootFacts): Uint8Array {
    return this.store(
      encodeStatement(
        { kind: "boot", sequence: this.sequence, bootCount: this.bootCount, previous: this.previous, historyLost: this.historyLost, publicKey: this.identity.publicKey, ...facts },
        this.header,
        this.identity.signer,
        this.sha256,
      ),
    );
  }

  /** The salt that the next statement commits to its input with. */
  get nextSalt(): Uint8Array {
    return this.identity.salt(this.bootCount, this.sequence);
  }

  /** States what came out of the model for one window. Durable when it returns. */
  inference(options: { readonly window: Float32Array; readonly output: Uint8Array; readonly result: Result; readonly beacon: Beacon | null; readonly time: number | null }): Uint8Array {
    const { window, output, result, beacon, time } = options;
    const claims: InferenceClaims = {
      kind: "inference",
      sequence: this.sequence,
      bootCount: this.bootCount,
      previous: this.previous,
      input: commitInput(this.nextSalt, littleEndian(window), this.sha256),
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

/** The head's bytes, or undefined if damage has taken them. */
function headBytes(head: Head): Uint8Array | undefined {
  try {
    return head.bytes;
  } catch (error) {
    if (error instanceof OutboxError && error.code === "HEAD_LOST") return undefined;
    throw error;
  }
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The values' binary32 encodings, little endian, as the statement format has them. */
export function littleEndian(values: Float32Array): Uint8Array {
  if (hostIsLittleEndian) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bytes = new DataView(new ArrayBuffer(values.byteLength));
  values.forEach((value, i) => bytes.setFloat32(4 * i, value, true));
  return new Uint8Array(bytes.buffer);
}
