/** A device that states things in order, for the tests of those who follow it. */
import type { Beacon } from "assay/statement";
import { statementOf, bootClaims, inferenceClaims, linkTo, device } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";

export class StatingDevice {
  readonly key: TestKey;
  readonly statements: Uint8Array[] = [];
  private readonly beacon: { readonly beacon?: Beacon | null };
  private boots = 0;

  /** @param beacon that its inferences name; default: that of the examples */
  constructor(key: TestKey = device, beacon?: Beacon | null) {
    this.key = key;
    this.beacon = beacon === undefined ? {} : { beacon };
  }

  boot(simulator = false): Uint8Array {
    return this.add(statementOf(bootClaims({ sequence: this.statements.length, bootCount: ++this.boots, previous: this.previous(), publicKey: this.key.publicKey, simulator }), this.key));
  }

  infer(label = "idle"): Uint8Array {
    return this.add(statementOf(inferenceClaims({ sequence: this.statements.length, bootCount: this.boots, previous: this.previous(), results: [{ output: Uint8Array.of(1, 2, 3), label, score: 0.5 }], ...this.beacon }), this.key));
  }

  private previous(): Uint8Array | null {
    const last = this.statements.at(-1);
    return last === undefined ? null : linkTo(last);
  }

  private add(statement: Uint8Array): Uint8Array {
    this.statements.push(statement);
    return statement;
  }
}
