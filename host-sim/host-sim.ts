/**
 * The simulator's API for tests: devices that run the real device code on XS, with the device's memory.
 */
export { startDevice, provisionDevice, DEFAULT_MEMORY, type DeviceIdentity, type DeviceMemory, type DeviceOptions, type RegistrationRequest, type SimulatedDevice } from "./device.ts";
export { startBroker, type Broker } from "./broker.ts";
export type { DeviceEvent } from "./events.ts";
export { HostSimError, type HostSimErrorCode } from "./host-sim-error.ts";
