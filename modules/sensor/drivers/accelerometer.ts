/** What an accelerometer's driver gives (ECMA-419 accelerometer class). */

/** One sample, m/s². */
export interface Acceleration {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Options of `configure`. */
export interface AccelerometerConfiguration {
  /** full scale: ±2, ±4, ±8 or ±16 g */
  readonly range?: number;
  /** measurements per second that the sensor makes at least, Hz; one beyond its fastest gives its fastest */
  readonly rate?: number;
}

/** A driver. Every method throws what the bus throws. */
export interface AccelerometerDriver {
  configure(options: AccelerometerConfiguration): void;
  /** the newest measurement, or undefined before the first */
  sample(): Acceleration | undefined;
  close(): void;
}

/** Full scales that these sensors have, g; their registers count them from 0. */
export const RANGES_G = [2, 4, 8, 16] as const;

/** @throws RangeError */
export function rangeIndex(name: string, range: number): number {
  const index = (RANGES_G as readonly number[]).indexOf(range);
  if (index < 0) throw new RangeError(`${name}: expected a range of ${RANGES_G.join(", ")} g, got ${range}`);
  return index;
}
