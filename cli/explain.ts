/**
 * An error as people read it. Errors of this project carry a `code` and say in one line what was expected and what to do; anything else is a
 * fault of the program, whose stack is needed to find it.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === "string" ? error.message : (error.stack ?? error.message);
}
