import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as secp from "@noble/secp256k1";
import test from "ava";
import { IdentityError } from "assay/identity/identity-error";
import { activateKey, loadIdentity, type Curve, type Identity, type KeyValueStore } from "assay/identity/key-store";
import { inputSalt } from "assay/identity/salt";
import { thumbprint } from "assay/statement/cose-key";
import { registrationDigest, rotationDigest } from "assay/statement/possession";
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
  delete(key: string): void {
    this.values.delete(key);
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
  t.deepEqual(first.publicKey, { curve: "secp256k1", point: secp.getPublicKey(secret, false) });
  t.deepEqual(first.keyId, thumbprint(first.publicKey, sha256));
  t.is(first.deviceId, Buffer.from(thumbprint(first.publicKey, sha256)).toString("base64url"));
});

test("the signer signs with the key, low s", (t) => {
  const { signer, publicKey } = open(new MemoryStore(), entropy);
  const digest = sha256(Uint8Array.of(1));
  t.true(verifySignature(publicKey, digest, signer.sign(digest)));
  t.is(signer.publicKey, publicKey);
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
  const draws = [new Uint8Array(32).fill(0xff).fill(0xfe, 31), secret, sha256(secret)];
  // ff…fe is above the order, and not one byte over and over
  t.deepEqual(open(new MemoryStore(), () => draws.shift() as Uint8Array).publicKey.point, secp.getPublicKey(secret, false));
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
  t.is(record.length, 109);
  for (let i = 0; i < record.length; i++) {
    const store = new MemoryStore();
    const damaged = record.slice();
    damaged[i] = (damaged[i] as number) ^ (1 << (i % 8));
    store.values.set("key", damaged);
    const error = t.throws(() => open(store, entropy), { instanceOf: IdentityError, code: "BAD_KEY" });
    t.false(error?.message.includes(Buffer.from(secret).toString("hex").slice(0, 8)));
    t.deepEqual(store.values.get("key"), damaged);
  }
  for (const bytes of [new Uint8Array(0), new Uint8Array(109), record.slice(0, 108), Uint8Array.of(...record, 0)]) {
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
  store.values.delete("boots");
  t.throws(() => open(store), { code: "BAD_BOOT_COUNT" }, "a key whose count is lost does not begin to count anew");
  store.values.set("boots", new Uint8Array(4));
  t.throws(() => open(store), { code: "BAD_BOOT_COUNT" });
  const last = Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff);
  store.values.set("boots", Uint8Array.of(...last, ...sha256(last).subarray(0, 8)));
  t.throws(() => open(store).countBoot(), { code: "BAD_BOOT_COUNT" });
});

test("a store that fails or forgets is noticed before anybody relies on it", (t) => {
  const broken: KeyValueStore = {
    read: () => undefined,
    write: () => {
      throw new Error("worn out");
    },
    delete: () => {},
  };
  t.throws(() => open(broken, entropy), { instanceOf: IdentityError, code: "STORE_FAILED" });
  t.throws(() => open({ read: () => undefined, write: () => {}, delete: () => {} }, entropy), { code: "STORE_FAILED" });
  t.throws(() => open({ read: () => { throw new Error("gone"); }, write: () => {}, delete: () => {} }, entropy), { code: "STORE_FAILED" });
  const store = new MemoryStore();
  const identity = open(store, entropy);
  store.write = () => {};
  t.throws(() => identity.countBoot(), { code: "STORE_FAILED" });
  t.is(identity.bootCount, 0);
});

const place = { chainId: 31337, registry: new Uint8Array(20).fill(7) };
const secondSecret = sha256(new TextEncoder().encode("its next key"));

test("a rotation is prepared once, proven by both keys, and changes nothing until it is activated", (t) => {
  const store = new MemoryStore();
  const before = open(store, entropy);
  const draws = [secondSecret];
  const identity = loadIdentity({ store, entropy: () => draws.shift() ?? noEntropy(), curve, sha256 });
  const proof = identity.prepareRotation(place);
  t.deepEqual(identity.prepareRotation(place), proof, "the same key again, also after a power cut");
  t.deepEqual(proof.newKey.point, secp.getPublicKey(secondSecret, false));
  const rotation = { ...place, device: thumbprint(before.publicKey, sha256), newKey: proof.newKey, keyCount: 1 };
  t.true(verifySignature(before.publicKey, rotationDigest(rotation, before.publicKey, sha256), proof.byCurrent));
  t.true(verifySignature(proof.newKey, rotationDigest(rotation, proof.newKey, sha256), proof.byNew));
  t.deepEqual(open(store).publicKey, before.publicKey);

  const print = thumbprint(proof.newKey, sha256);
  t.throws(() => activateKey({ store, entropy: noEntropy, curve, sha256 }, new Uint8Array(32)), { instanceOf: IdentityError, code: "NO_SUCH_KEY" });
  activateKey({ store, entropy: noEntropy, curve, sha256 }, print);
  activateKey({ store, entropy: noEntropy, curve, sha256 }, print);
  const after = open(store);
  t.is(after.deviceId, before.deviceId, "the id is for life");
  t.deepEqual(after.publicKey, proof.newKey);
  t.deepEqual(after.keyId, print);
  t.is(after.keyCount, 2);
  t.deepEqual(after.salt(1, 2), before.salt(1, 2), "salts can be made again");
});

test("a power cut at any write of an activation leaves the one key or the other", (t) => {
  const made = new MemoryStore();
  const first = open(made, entropy);
  const { newKey } = loadIdentity({ store: made, entropy: () => secondSecret, curve, sha256 }).prepareRotation(place);
  for (const failing of ["write", "delete"] as const) {
    const store = new MemoryStore();
    for (const [key, value] of made.values) store.values.set(key, value.slice());
    store[failing] = () => {
      throw new Error("power");
    };
    t.throws(() => activateKey({ store, entropy: noEntropy, curve, sha256 }, thumbprint(newKey, sha256)), { code: "STORE_FAILED" });
    const identity = open(store);
    t.deepEqual(identity.publicKey, failing === "write" ? first.publicKey : newKey);
    t.is(identity.deviceId, first.deviceId);
  }
});

test("the proof of a registration counts for one owner, chain and registry", (t) => {
  const identity = open(new MemoryStore(), entropy);
  const registration = { ...place, owner: new Uint8Array(20).fill(9), simulator: false };
  const proof = identity.proveRegistration(registration);
  const counts = (changes: object): boolean => verifySignature(identity.publicKey, registrationDigest({ ...registration, ...changes }, identity.publicKey, sha256), proof);
  t.true(counts({}));
  for (const changes of [{ chainId: 1 }, { registry: new Uint8Array(20) }, { owner: new Uint8Array(20) }, { simulator: true }]) t.false(counts(changes));
});

test("salts are HMAC-SHA-256 of boot and sequence under a secret of the device (RFC 2104)", (t) => {
  const saltSecret = sha256(Uint8Array.of(5));
  const message = Buffer.concat([Buffer.from("assay-input-salt"), Buffer.from("00000000000000030000000000000007", "hex")]);
  t.deepEqual(inputSalt(saltSecret, 3, 7, sha256), hmac(sha256, saltSecret, message));
  const identity = open(new MemoryStore(), entropy);
  const salts = new Set([identity.salt(1, 1), identity.salt(1, 2), identity.salt(2, 1)].map((salt) => Buffer.from(salt).toString("hex")));
  t.is(salts.size, 3);
});
