/** The paths of C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. */
import { TILE_WIDTH } from "./tile.ts";

/** What a path names. */
export interface TilePath {
  /** Level of the tile, or the entries below level 0. */
  readonly level: number | "entries";
  readonly index: number;
  /** How many hashes or entries: 256 for a full tile. */
  readonly width: number;
}

/** Longer ones name no tile of a log of fewer than 2^53 leaves. */
const MAX_PATH_LENGTH = 64;

/** Reads a path; undefined for one that is none, or not written in its only form. */
export function parseTilePath(path: string): TilePath | undefined {
  if (path.length > MAX_PATH_LENGTH) return undefined;
  const match = /^\/tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*)([0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (match === null) return undefined;
  const [, levelText = "", groups = "", last = "", widthText] = match;
  const level = levelText === "entries" ? levelText : Number(levelText);
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  // x000/067 would be a second name of 067.
  if (groups.startsWith("x000/") || (level !== "entries" && level > 63) || (widthText !== undefined && width >= TILE_WIDTH)) return undefined;
  const index = Number(groups.replaceAll("x", "").replaceAll("/", "") + last);
  return Number.isSafeInteger(index * TILE_WIDTH) ? { level, index, width } : undefined;
}

/** Writes a path, with its leading slash. */
export function formatTilePath({ level, index, width }: TilePath): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) groups.unshift(String(rest % 1000).padStart(3, "0"));
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  return `/tile/${level}/${name}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}
