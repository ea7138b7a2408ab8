/**
 * Writes test/vectors/assay-1.json anew from its inputs: `node test/vectors/write.ts`. The vectors define the format, so a change of them is a
 * change of the format.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { signerOf } from "../statement/keys.ts";
import { reproduce } from "./reproduce.ts";

const file = join(import.meta.dirname, "assay-1.json");
const { inputs } = JSON.parse(readFileSync(file, "utf8"));
writeFileSync(file, `${JSON.stringify({ description: "Statements, receipts and checkpoint of docs/statement.cddl and docs/receipt.cddl. Byte strings are hex; `bytes` is the whole tagged object.", inputs, outputs: reproduce(inputs, signerOf, sha256) }, undefined, 2)}\n`);
