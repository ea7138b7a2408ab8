/** What the registry says of a device, as trust roots have it. */
import type { TrustedDevice } from "../client/trust.ts";
import type { RegisteredDevice } from "../contracts/registered-device.ts";

/** A trust list holds what the registry says of the keys, no more. */
export function trustedDevice(id: string, { simulator, keys }: RegisteredDevice): TrustedDevice {
  return { id, simulator, keys: keys.map(({ publicKey, retired, revoked }) => ({ publicKey, ...(retired === undefined ? {} : { retired }), ...(revoked === undefined ? {} : { revoked }) })) };
}
