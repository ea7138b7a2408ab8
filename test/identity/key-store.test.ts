import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as secp from "@noble/secp256k1";
import test from "ava";
import { IdentityError } from "assay/identity/identity-error";
import { loadIdentity, type Curve, type Identity, type KeyValueStore } from "assay/identity/key-store";
import { thumbprint } from "assay/statement/cose-key";
import { verifySignature } from "../../client/signature.ts";

secp.hashes.sha256 = sha256;
secp.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const curve: Curve = {
  publicKey: (secret) => (secp.utils.isValidSecretKey(secret) ? secp.getPublicKey(secret, false) : undefined),
  sign: (secret, digest) => secp.sign(digest, secret, { prehash: false }),
};

/** A store in memory that hands out copies, as a flash does. */
class MemoryStore implements KeyValueStore {
  readonly values = new Map<string, Uint8Array>();
  writes = 0;
  read(key: string): ArrayBuffer | undefined {
    return this.values.get(key)?.slice().buffer as ArrayBuffer | undefined;
  }
  write(key: string, value: Uint8Array): void {
    this.writes++;
    this.values.set(key, value.slice());
  }
}

const secret = sha256(new TextEncoder().encode("a device"));
const entropy = (n: number): Uint8Array => secret.slice(0, n);
const noEntropy = (): Uint8Array => {
  throw new Error("expected no draw");
};

function open(store: KeyValueStore, draw: (n: number) => Uint8Array = noEntropy): Identity {
  return loadIdentity({ store, entropy: draw, curve, sha256 });
}

test("a key is made at the first boot and is the same ever after", (t) => {
  const store = new MemoryStore();
  const first = open(store, entropy);
  const again = open(store);
  t.is(again.deviceId, first.deviceId);
  t.deepEqual(first.publicKey, secp.getPublicKey(secret, false));
  t.deepEqual(first.keyId, thumbprint(first.publicKey, sha256).slice(0, 8));
  t.is(first.deviceId, Buffer.from(thumbprint(first.publicKey, sha256)).toString("base64url"));
});

test("the signer signs with the key, low s", (t) => {
  const { signer, publicKey } = open(new MemoryStore(), entropy);
  const digest = sha256(Uint8Array.of(1));
  t.true(verifySignature(publicKey, digest, signer.sign(digest)));
  t.is(signer.algorithm, -47);
});

test("boots are counted over restarts, durably before countBoot returns", (t) => {
  const store = new MemoryStore();
  const identity = open(store, entropy);
  t.is(identity.bootCount, 0);
  t.is(identity.countBoot(), 1);
  t.is(identity.bootCount, 1);
  t.is(open(store).countBoot(), 2);
  t.is(open(store).bootCount, 2);
});

test("entropy that is no secret key is drawn again, and a source that gives nothing else is refused", (t) => {
  const draws = [new Uint8Array(32).fill(0xff).fill(0xfe, 31), secret];
  // ff…fe is above the order, and not one byte over and over
  t.deepEqual(open(new MemoryStore(), () => draws.shift() as Uint8Array).publicKey, secp.getPublicKey(secret, false));
  const store = new MemoryStore();
  t.throws(() => open(store, () => new Uint8Array(32).fill(0xff).fill(0xfe, 31)), { instanceOf: IdentityError, code: "BAD_ENTROPY" });
  t.throws(() => open(store, () => new Uint8Array(32)), { code: "BAD_ENTROPY" });
  t.throws(() => open(store, () => new Uint8Array(16)), { code: "BAD_ENTROPY" });
  const failed = t.throws(() => open(store, noEntropy), { code: "BAD_ENTROPY" });
  t.true(failed?.cause instanceof Error);
  t.is(store.writes, 0);
});

test("a damaged key is refused and never replaced: that would be another device", (t) => {
  const good = new MemoryStore();
  open(good, entropy);
  const record = good.values.get("key") as Uint8Array;
  t.is(record.length, 41);
  for (let i = 0; i < record.length; i++) {
    const store = new MemoryStore();
    const damaged = record.slice();
    damaged[i] = (damaged[i] as number) ^ (1 << (i % 8));
    store.values.set("key", damaged);
    const error = t.throws(() => open(store, entropy), { instanceOf: IdentityError, code: "BAD_KEY" });
    t.false(error?.message.includes(Buffer.from(secret).toString("hex").slice(0, 8)));
    t.deepEqual(store.values.get("key"), damaged);
  }
  for (const bytes of [new Uint8Array(0), new Uint8Array(41), record.slice(0, 40), Uint8Array.of(...record, 0)]) {
    const store = new MemoryStore();
    store.values.set("key", bytes);
    t.throws(() => open(store, entropy), { code: "BAD_KEY" });
  }
});

test("a damaged boot count is refused, since a lower one would roll the chain back", (t) => {
  const store = new MemoryStore();
  open(store, entropy).countBoot();
  const record = store.values.get("boots") as Uint8Array;
  for (let i = 0; i < record.length; i++) {
    const damaged = record.slice();
    damaged[i] = (damaged[i] as number) ^ 1;
    store.values.set("boots", damaged);
    t.throws(() => open(store), { instanceOf: IdentityError, code: "BAD_BOOT_COUNT" });
  }
  store.values.set("boots", new Uint8Array(4));
  t.throws(() => open(store), { code: "BAD_BOOT_COUNT" });
  store.values.set("boots", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
  t.throws(() => open(store).countBoot(), { code: "BAD_BOOT_COUNT" });
});

test("a store that fails or forgets is noticed before anybody relies on it", (t) => {
  const broken: KeyValueStore = {
    read: () => undefined,
    write: () => {
      throw new Error("worn out");
    },
  };
  t.throws(() => open(broken, entropy), { instanceOf: IdentityError, code: "STORE_FAILED" });
  t.throws(() => open({ read: () => undefined, write: () => {} }, entropy), { code: "STORE_FAILED" });
  t.throws(() => open({ read: () => { throw new Error("gone"); }, write: () => {} }, entropy), { code: "STORE_FAILED" });
  const store = new MemoryStore();
  const identity = open(store, entropy);
  store.write = () => {};
  t.throws(() => identity.countBoot(), { code: "STORE_FAILED" });
  t.is(identity.bootCount, 0);
});
