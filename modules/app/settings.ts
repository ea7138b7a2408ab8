import { AppError } from "assay/app";
import type { TLSCredentials } from "assay/board/tls";
import type { Registration, RegistryPlace } from "assay/statement/possession";

/** A device's configuration (`mc/config`), checked. */
export interface Settings {
  /** where statements go; absent when the device only makes its identity */
  readonly broker: { readonly host: string; readonly port: number; readonly user?: string; readonly password?: string; readonly tls?: TLSCredentials } | undefined;
  /** a recording in place of the sensor: file, playback speed (1 = as recorded), and whether it starts again at its end */
  readonly trace: { readonly file: string; readonly speed: number; readonly repeat: boolean } | undefined;
  /** make and report the identity, then stop: how a device is enrolled */
  readonly provision: boolean;
  /** report the proof that a registry takes this device in with */
  readonly register: Omit<Registration, "simulator"> | undefined;
  /** make the next key and report the proof that the registry takes it in with; the key in use stays in use */
  readonly rotate: RegistryPlace | undefined;
  /** change over to the key with this thumbprint (32 bytes), which the registry has taken in; it may stay in the configuration */
  readonly key: Uint8Array | undefined;
  /** report the input of each statement with its salt, for those who are to replay it: whoever reads the data line then knows what the sensor saw */
  readonly reveal: boolean;
  /** statements carry the board's wall clock */
  readonly time: boolean;
  /** seed of the reconnection jitter */
  readonly seed: number | undefined;
}

type Fields = Record<string, unknown>;

/** What `broker.tls` may say, and how long a PEM may be: a chain of certificates. */
const TLS_FIELDS: readonly string[] = Object.freeze(["ca", "serverName", "certificate", "key"]);
const MAX_PEM = 65_536;

function fail(field: string, expected: string, got: unknown): never {
  throw new AppError("BAD_CONFIG", `config.${field}: expected ${expected}, got ${got === null ? "null" : typeof got === "object" ? "an object" : `${typeof got} ${String(got)}`}`);
}

function object(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(name, "an object", value);
  return value as Fields;
}

function text(fields: Fields, path: string, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.length === 0 || value.length > 1024) fail(`${path}${name}`, "a string of 1 to 1024 characters", value);
  return value;
}

/** Like `text`, but its value is a secret and never part of a message. */
function secret(fields: Fields, path: string, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.length > 1024) throw new AppError("BAD_CONFIG", `config.${path}${name}: expected a string of at most 1024 characters`);
  return value;
}

function flag(fields: Fields, path: string, name: string, otherwise: boolean): boolean {
  const value = fields[name];
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") fail(`${path}${name}`, "true or false", value);
  return value;
}

function number(fields: Fields, path: string, name: string, low: number, high: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !(value >= low && value <= high)) fail(`${path}${name}`, `a number from ${low} to ${high}`, value);
  return value;
}

/** PEM or a path, never part of a message: it may be a key. */
function pem(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_PEM) throw new AppError("BAD_CONFIG", `config.broker.tls.${name}: expected PEM or a path, a string of 1 to ${MAX_PEM} characters`);
  return value;
}

function credentials(value: unknown): TLSCredentials {
  if (value === true) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail("broker.tls", "true, false or an object", value);
  const fields = value as Fields;
  const unknown = Object.keys(fields).find((name) => !TLS_FIELDS.includes(name));
  // A misspelt "ca" would mean to trust whom the system trusts.
  if (unknown !== undefined) throw new AppError("BAD_CONFIG", `config.broker.tls: expected ${TLS_FIELDS.join(", ")}, got ${unknown.slice(0, 40)}`);
  if ((fields["certificate"] === undefined) !== (fields["key"] === undefined)) throw new AppError("BAD_CONFIG", "config.broker.tls: expected certificate and key together, got one of them");
  return {
    ...(fields["ca"] === undefined ? {} : { ca: pem(fields, "ca") }),
    ...(fields["serverName"] === undefined ? {} : { serverName: text(fields, "broker.tls.", "serverName") }),
    ...(fields["certificate"] === undefined ? {} : { certificate: pem(fields, "certificate"), key: pem(fields, "key") }),
  };
}

function hexBytes(fields: Fields, path: string, name: string, prefix: string, length: number): Uint8Array {
  const value = fields[name];
  const digits = 2 * length;
  if (typeof value !== "string" || value.length !== prefix.length + digits || !value.startsWith(prefix)) fail(`${path}${name}`, `${prefix}${prefix === "" ? "" : " and "}${digits} hexadecimal digits`, value);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = prefix.length + 2 * i;
    const pair = value.slice(at, at + 2);
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) fail(`${path}${name}`, `${prefix}${prefix === "" ? "" : " and "}${digits} hexadecimal digits`, value);
    bytes[i] = Number.parseInt(pair, 16);
  }
  return bytes;
}

function registryPlace(fields: Fields, path: string): RegistryPlace {
  const chainId = number(fields, path, "chainId", 1, Number.MAX_SAFE_INTEGER);
  if (!Number.isInteger(chainId)) fail(`${path}chainId`, "a whole number", chainId);
  return { chainId, registry: hexBytes(fields, path, "registry", "0x", 20) };
}

/**
 * Checks the configuration.
 * @throws AppError `BAD_CONFIG`, naming the field, what was expected and what came (never a password)
 */
export function readSettings(config: Fields): Settings {
  const broker = object(config, "broker");
  const trace = object(config, "trace");
  const register = object(config, "register");
  const rotate = object(config, "rotate");
  return {
    broker: broker && {
      host: text(broker, "broker.", "host"),
      port: number(broker, "broker.", "port", 1, 65535),
      ...(broker["user"] === undefined ? {} : { user: text(broker, "broker.", "user") }),
      ...(broker["password"] === undefined ? {} : { password: secret(broker, "broker.", "password") }),
      ...(broker["tls"] === undefined || broker["tls"] === false ? {} : { tls: credentials(broker["tls"]) }),
    },
    trace: trace && {
      file: text(trace, "trace.", "file"),
      speed: trace["speed"] === undefined ? 1 : number(trace, "trace.", "speed", 0.01, 1000),
      repeat: flag(trace, "trace.", "repeat", true),
    },
    provision: flag(config, "", "provision", false),
    register: register && { ...registryPlace(register, "register."), owner: hexBytes(register, "register.", "owner", "0x", 20) },
    rotate: rotate && registryPlace(rotate, "rotate."),
    key: config["key"] === undefined ? undefined : hexBytes(config, "", "key", "", 32),
    reveal: flag(config, "", "reveal", false),
    time: flag(config, "", "time", true),
    seed: config["seed"] === undefined ? undefined : number(config, "", "seed", 0, 0xffffffff),
  };
}
