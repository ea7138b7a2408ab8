/** How an app is called on a Linux board: its package, its user, its folders. */
import { createHash } from "node:crypto";

/** The names of an app's service. */
export interface ServiceNames {
  readonly app: string;
  /** package and unit: `assay-APP` */
  readonly package: string;
  readonly unit: string;
  /** user and group */
  readonly user: string;
  /** the runtime and the image */
  readonly folder: string;
  readonly device: string;
  readonly image: string;
  /** the device's configuration; it may hold a broker's password */
  readonly config: string;
  /** a recording that plays in place of the sensor */
  readonly trace: string;
  /** keys, boot record, statements */
  readonly data: string;
}

/** A user's name in a systemd unit has at most so many characters (systemd.exec(5), "User="). */
const MAX_USER = 31;

/** A name that is too long is cut, and made unique by its hash. */
function userOf(app: string): string {
  const whole = `assay-${app}`;
  if (whole.length <= MAX_USER) return whole;
  return `${whole.slice(0, MAX_USER - 9)}-${createHash("sha256").update(app).digest("hex").slice(0, 8)}`;
}

/** @param app the app's name: 1 to 32 characters of a–z, 0–9 and "-" */
export function serviceNames(app: string): ServiceNames {
  const name = `assay-${app}`;
  const folder = `/usr/lib/assay/${app}`;
  return {
    app,
    package: name,
    unit: `${name}.service`,
    user: userOf(app),
    folder,
    device: `${folder}/assay-device`,
    image: `${folder}/${app}.xsa`,
    config: `/etc/assay/${app}.json`,
    trace: `/etc/assay/${app}.trace.csv`,
    data: `/var/lib/assay/${app}`,
  };
}
