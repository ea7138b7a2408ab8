/**
 * Witnesses (C2SP tlog-witness): independent parties who are shown each new checkpoint with a proof that it is consistent with the last one they
 * saw, and who cosign it. Their cosignatures go into the note. The log never waits for them.
 */
import { ED25519_COSIGNATURE, parseVerifierKey } from "../client/note-key.ts";
import type { NoteKey } from "../client/note-key.ts";
import { formatSignedNote, parseSignatureLines, verifyNote } from "../client/signed-note.ts";
import type { NoteSignature } from "../client/signed-note.ts";
import type { CheckpointNote, CheckpointNotes } from "./checkpoint-note.ts";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import type { MerkleLog } from "./log.ts";

/** A witness as it is given to the gateway. */
export interface WitnessOptions {
  /** Its submission prefix, http: or https:. */
  readonly url: string;
  /** Its verifier key of type 04. */
  readonly vkey: string;
}

/** Larger answers are not read. */
const MAX_ANSWER_LENGTH = 64 * 1024;

export interface WitnessParts {
  readonly log: MerkleLog;
  readonly notes: CheckpointNotes;
  /** How long a witness may take for one answer. */
  readonly timeoutMs: number;
  /** Ends requests under way. */
  readonly signal: AbortSignal;
}

/** What a witness answers. */
interface Reply {
  readonly status: number;
  readonly body: string;
}

export class Witness {
  readonly url: string;
  private readonly key: NoteKey;
  private readonly parts: WitnessParts;
  /** Size of the checkpoint that it has cosigned last, as far as is known. */
  private size = 0;
  /** Size of the newest note that has its cosignature. */
  private cosigned = 0;

  /** @throws {GatewayError} `OPTION_INVALID` */
  constructor({ url, vkey }: WitnessOptions, parts: WitnessParts) {
    const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
    if (protocol !== "http:" && protocol !== "https:") throw new GatewayError("OPTION_INVALID", `expected the URL of a witness to begin with http:// or https://, got ${protocol ?? "no URL"}`);
    try {
      this.key = parseVerifierKey(vkey);
    } catch (cause) {
      throw new GatewayError("OPTION_INVALID", `expected the verifier key of the witness ${url}: ${reasonOf(cause)}`, { cause });
    }
    if (this.key.type !== ED25519_COSIGNATURE) throw new GatewayError("OPTION_INVALID", `expected a verifier key of type 04 for the witness ${url}, got type 0${this.key.type}`);
    this.url = url.replace(/\/$/, "");
    this.parts = parts;
  }

  /**
   * Shows the newest checkpoint to the witness if it has not cosigned it.
   *
   * @returns whether its cosignature is in the note now and was not before
   * @throws {GatewayError} `WITNESS_FAILED`, `STORE_FAILED`
   */
  async ask(): Promise<boolean> {
    const { notes } = this.parts;
    const note = notes.newest;
    if (note === undefined || note.size <= this.cosigned) return false;
    const lines = await this.submit(note);
    this.size = this.cosigned = note.size;
    return notes.addCosignatures(note.size, lines);
  }

  private async submit(note: CheckpointNote): Promise<NoteSignature[]> {
    let reply = await this.post(note);
    if (reply.status === 409) {
      // It has another size than was thought, as at the first request after a start.
      if (!/^(0|[1-9][0-9]{0,15})\n$/.test(reply.body) || Number(reply.body) > note.size) throw this.refused(`a size up to ${note.size} with status 409`, reply);
      this.size = Number(reply.body);
      reply = await this.post(note);
    }
    if (reply.status !== 200) throw this.refused("status 200", reply);
    try {
      return verifyNote({ text: note.text, signatures: parseSignatureLines(reply.body) }, [this.key]).map(({ line }) => line);
    } catch (cause) {
      throw new GatewayError("WITNESS_FAILED", `expected a cosignature from ${this.url}: ${reasonOf(cause)}`, { cause });
    }
  }

  private async post(note: CheckpointNote): Promise<Reply> {
    const { log, timeoutMs, signal } = this.parts;
    const proof = this.size === 0 || this.size === note.size ? [] : await log.consistencyProof(this.size, note.size);
    const head = `old ${this.size}\n${proof.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("")}\n`;
    try {
      const response = await fetch(`${this.url}/add-checkpoint`, {
        method: "POST",
        headers: { "content-type": "text/plain; charset=utf-8" },
        // The log's signature alone: what other witnesses say is not this one's business.
        body: Buffer.concat([Buffer.from(head), formatSignedNote({ text: note.text, signatures: note.signatures.slice(0, 1) })]),
        redirect: "error",
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]),
      });
      return { status: response.status, body: await readBody(response) };
    } catch (cause) {
      throw new GatewayError("WITNESS_FAILED", `expected the witness ${this.url} to answer: ${reasonOf((cause as Error).cause ?? cause)}`, { cause });
    }
  }

  private refused(expected: string, { status, body }: Reply): GatewayError {
    return new GatewayError("WITNESS_FAILED", `expected ${expected} from the witness ${this.url}, got status ${status}: ${JSON.stringify(body.slice(0, 200))}`);
  }
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > MAX_ANSWER_LENGTH) throw new Error(`expected an answer of at most ${MAX_ANSWER_LENGTH} bytes, got more`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString("utf8");
}
