/** Writes the outputs of the vectors anew, after a change of format: `node test/vectors/write.ts`. The inputs stay as they are. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { signerFor } from "../statement/keys.ts";
import { reproduceClient } from "./reproduce-client.ts";
import { reproduce } from "./reproduce.ts";

const descriptions = {
  "assay-1.json": "Statements, receipts, checkpoint and proofs of docs/statement.cddl and docs/receipt.cddl, of a device with a secp256k1 key (ES256K). Byte strings are hex; `bytes` is the whole tagged object.",
  "assay-p256-1.json": "The same of a simulated device with a P-256 key (ESP256), which changes to one of secp256k1. Its nonces are those of RFC 6979, though a chip's may be random.",
};
for (const [name, description] of Object.entries(descriptions)) {
  const file = join(import.meta.dirname, name);
  const { inputs } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, `${JSON.stringify({ description, inputs, outputs: reproduce(inputs, signerFor, sha256) }, undefined, 2)}\n`);
}

const file = join(import.meta.dirname, "client-1.json");
const { inputs } = JSON.parse(readFileSync(file, "utf8"));
const statements = JSON.parse(readFileSync(join(import.meta.dirname, "assay-1.json"), "utf8"));
const description = "The checkpoint of assay-1.json as a signed note (C2SP), a revealed input, and a bundle around the statement \"inference\". Byte strings are hex, notes are text.";
writeFileSync(file, `${JSON.stringify({ description, inputs, outputs: reproduceClient(inputs, statements) }, undefined, 2)}\n`);
