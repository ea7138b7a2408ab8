/** Runs `work` with a signal that Ctrl-C and SIGTERM abort. A second Ctrl-C ends the program at once. */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const abort = (): void => {
    process.off("SIGINT", abort).off("SIGTERM", abort);
    controller.abort();
  };
  process.once("SIGINT", abort).once("SIGTERM", abort);
  try {
    await work(controller.signal);
  } finally {
    process.off("SIGINT", abort).off("SIGTERM", abort);
  }
}
