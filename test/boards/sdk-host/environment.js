/** `assay/board/environment`: this machine has no such sensor. */
export function openEnvironment() {
  throw new Error("expected a climate sensor, got none");
}
