/** A certificate authority of the test's own, made with the program `openssl`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of a certificate and its key, both PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /** subject alternative names, such as "DNS:localhost,IP:127.0.0.1" */
  readonly names: string;
  /** days from now; default −1 to 30 */
  readonly days?: readonly [from: number, to: number];
  /** bits of an RSA key; an elliptic curve (P-256) without it */
  readonly rsaBits?: number;
}

/** An authority and what it has signed. */
export interface Authority {
  /** path of its certificate */
  readonly ca: string;
  issue(name: string, options: CertificateOptions): Certificate;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** As `openssl ca` wants it: YYYYMMDDHHMMSSZ. */
function time(days: number): string {
  return `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
}

/** Makes an authority, called `name`, in `folder`. */
export function makeAuthority(folder: string, name: string): Authority {
  const at = join(folder, name);
  mkdirSync(at, { recursive: true });
  const openssl = (...words: string[]): void => void execFileSync("openssl", words, { cwd: at, stdio: ["ignore", "ignore", "pipe"] });
  const newKey = (rsaBits: number | undefined): string[] => (rsaBits === undefined ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["-newkey", `rsa:${rsaBits}`]);
  openssl("req", "-x509", ...newKey(undefined), "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", `/CN=${name}`, "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  writeFileSync(join(at, "index.txt"), "");
  writeFileSync(join(at, "ca.cnf"), "[ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n");
  return {
    ca: join(at, "ca.pem"),
    issue(leaf, { names, days: [from, to] = [-1, 30], rsaBits }) {
      openssl("req", "-new", ...newKey(rsaBits), "-nodes", "-keyout", `${leaf}.key`, "-out", `${leaf}.csr`, "-subj", `/CN=${leaf}`);
      writeFileSync(join(at, `${leaf}.ext`), `subjectAltName=${names}\nbasicConstraints=CA:FALSE\n`);
      openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", `${leaf}.csr`, "-out", `${leaf}.pem`, "-notext", "-extfile", `${leaf}.ext`, "-startdate", time(from), "-enddate", time(to));
      return { certificate: join(at, `${leaf}.pem`), key: join(at, `${leaf}.key`) };
    },
  };
}

/** The text of a file. */
export const pem = (path: string): string => readFileSync(path, "utf8");
