/** Which Debian packages a program needs. */
import { BoardError } from "../board-error.ts";
import { programNeeds } from "./elf.ts";

/** Libraries that libc6 brings (Debian 12). */
const LIBC6 = /^(libc|libm|libdl|librt|libresolv)\.so\.\d+$|^libpthread\.so\.0$|^ld-linux[a-z0-9-]*\.so\.\d+$/;

function byVersion(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

/**
 * The oldest libc6 that has all symbols that the program uses, such as "2.35".
 * @throws BoardError `BUILD_FAILED` if the program needs a library that libc6 does not bring
 */
export function oldestLibc6(program: Uint8Array): string {
  const { libraries, versions } = programNeeds(program);
  const other = libraries.find((name) => !LIBC6.test(name));
  if (other !== undefined) throw new BoardError("BUILD_FAILED", `expected a program that needs libraries of libc6 alone, got one that needs ${other}: link it statically`);
  const used = Object.values(versions).flat().flatMap((version) => /^GLIBC_(\d+(?:\.\d+)+)$/.exec(version)?.[1] ?? []);
  return used.sort(byVersion).at(-1) ?? "2.0";
}
