/** Decodes on a device: the configuration has encodings in hex; for each, a line of stdout has the code it is refused with, or its encoding anew. */
import config from "mc/config";
import board from "assay/board";
import { decode, encode } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
import { fromHex, toHex } from "../vectors/reproduce.ts";

for (const text of config["encodings"] as string[]) {
  try {
    console.log(toHex(encode(decode(fromHex(text)))));
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    console.log(error.code);
  }
}
board.exit(0);
