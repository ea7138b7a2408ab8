/** Replays as they come over the wire, for Node and for a page: what is asked in JSON, what comes out in JSON. */
import { replay } from "../../client/replay.ts";
import { parseRevealedInput } from "../../client/revealed-input.ts";
import { VerificationError } from "../../client/verification-error.ts";

type Bytes = readonly number[];

/** What a boot statement says. */
export interface BootCase {
  readonly bootCount: number;
  readonly model: Bytes;
  readonly frontEnd: Bytes;
  readonly channels: readonly string[];
  readonly window: { readonly length: number };
}

/** One inference to replay. */
export interface ReplayCase {
  readonly app: string;
  /** the commitment */
  readonly input: Bytes;
  readonly output: Bytes;
  /** the revealed input */
  readonly file: Bytes;
}

/** All that is asked. */
export interface ReplayCases {
  readonly boots: Readonly<Record<string, BootCase>>;
  readonly cases: readonly ReplayCase[];
}

/** Of each case what replay returns, or code and message of its error. */
export async function answersTo({ boots, cases }: ReplayCases, modelOf: (app: string) => Promise<Uint8Array>): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const { app, input, output, file } of cases) {
    const { bootCount, model, frontEnd, channels, window } = boots[app]!;
    try {
      const statement = { bootCount, input: Uint8Array.from(input), results: [{ output: Uint8Array.from(output) }] };
      const boot = { bootCount, model: Uint8Array.from(model), frontEnd: Uint8Array.from(frontEnd), channels, window };
      answers.push(await replay({ statement, boot, input: parseRevealedInput(Uint8Array.from(file)), model: await modelOf(app) }));
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      answers.push({ code: error.code, message: error.message });
    }
  }
  return answers;
}
