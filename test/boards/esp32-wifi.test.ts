import test from "ava";
import { isSet, keepClock, readServers, type SntpClass } from "assay/esp32/clock";
import { DeviceError } from "assay/esp32/device-error";
import { inOrder, readNetworks, WiFi, type FoundNetwork, type Station } from "assay/esp32/wifi";
import { VirtualTime } from "../mqtt/virtual-time.ts";

/** The radio: networks that can be seen, of which some let the device in. */
class Radio implements Station {
  connection = 200;
  readonly attempts: string[] = [];
  seen: FoundNetwork[] = [];
  accepts: (ssid: string) => boolean = () => false;
  scans = 0;
  private readonly changed: () => void;
  private readonly time: VirtualTime;

  constructor(changed: () => void, time: VirtualTime) {
    this.changed = changed;
    this.time = time;
  }

  scan({ onFound, onComplete }: { onFound: (found: FoundNetwork) => void; onComplete: () => void }): void {
    this.scans++;
    this.time.Timer.set(() => {
      this.seen.forEach(onFound);
      onComplete();
    }, 1000);
  }

  connect({ SSID }: { SSID: string }): void {
    this.attempts.push(SSID);
    this.time.Timer.set(() => {
      if (this.accepts(SSID)) this.become(500);
    }, 3000);
  }

  disconnect(): void {}

  become(connection: number): void {
    this.connection = connection;
    this.changed();
  }
}

function start(networks: readonly string[]): { radio: Radio; time: VirtualTime; events: string[]; wifi: WiFi } {
  const time = new VirtualTime();
  const events: string[] = [];
  let radio: Radio | undefined;
  const wifi = new WiFi({
    Timer: { set: time.Timer.set, clear: (id) => (id === undefined ? undefined : time.Timer.clear(id)) },
    networks: networks.map((ssid) => ({ ssid })),
    station: (onChanged) => (radio = new Radio(onChanged, time)),
    onOnline: () => events.push("online"),
    onOffline: () => events.push("offline"),
  });
  return { radio: radio!, time, events, wifi };
}

test("Known networks are tried by strength; of equals, and of those not seen, in the order of the configuration", (t) => {
  const networks = ["a", "b", "c", "d"].map((ssid) => ({ ssid }));
  const found = [{ SSID: "c", RSSI: -40 }, { SSID: "b", RSSI: -70 }, { SSID: "c", RSSI: -90 }, { SSID: "other", RSSI: -10 }];
  t.deepEqual(inOrder(networks, found).map(({ ssid }) => ssid), ["c", "b", "a", "d"]);
});

test("A network that does not let the device in is given up for the next", (t) => {
  const { radio, time, events } = start(["near", "far"]);
  radio.seen = [{ SSID: "far", RSSI: -80 }, { SSID: "near", RSSI: -30 }];
  radio.accepts = (ssid) => ssid === "far";
  time.advance(60_000);
  t.deepEqual(radio.attempts, ["near", "far"]);
  t.deepEqual(events, ["online"]);
});

test("Out of reach of all networks it goes on looking, ever more rarely, and joins when one is there", (t) => {
  const { radio, time, events } = start(["home"]);
  time.advance(10 * 60_000);
  const { scans } = radio;
  t.true(scans > 5 && scans < 15, `got ${scans} scans in 10 minutes`);
  radio.seen = [{ SSID: "home", RSSI: -50 }];
  radio.accepts = () => true;
  time.advance(3 * 60_000);
  t.deepEqual(events, ["online"]);
});

test("A lost connection is looked for again", (t) => {
  const { radio, time, events } = start(["home"]);
  radio.accepts = () => true;
  time.advance(10_000);
  radio.become(200);
  time.advance(10_000);
  t.deepEqual(events, ["online", "offline", "online"]);
});

test("A bad list of networks is refused by field, and without a password in the message", (t) => {
  t.deepEqual(readNetworks({ networks: [{ ssid: "a", password: "12345678" }, { ssid: "open" }] }), [{ ssid: "a", password: "12345678" }, { ssid: "open" }]);
  for (const wifi of [undefined, {}, { networks: [] }, { networks: [null] }, { networks: [{ ssid: "" }] }, { networks: [{ ssid: "x".repeat(33) }] }]) {
    t.throws(() => readNetworks(wifi), { instanceOf: DeviceError, code: "BAD_CONFIG" });
  }
  const error = t.throws(() => readNetworks({ networks: [{ ssid: "a", password: "secret" }] }), { instanceOf: DeviceError, code: "BAD_CONFIG" });
  t.notRegex(error?.message ?? "", /secret/);
});

/** A server that answers with what it is given, one answer for each question. */
function sntp(answers: (number | string)[], asked: string[]): SntpClass {
  return class {
    static readonly time = 1;
    static readonly error = -1;
    constructor({ host }: { host: string }, callback: (message: number, value?: number | string) => string | undefined | void) {
      let next: string | undefined | void = host;
      while (typeof next === "string" && answers.length > 0) {
        asked.push(next);
        const answer = answers.shift()!;
        next = typeof answer === "number" ? callback(1, answer) : callback(-1, answer);
      }
    }
  };
}

test("The clock is set by the first server that answers, and again a day later", (t) => {
  const time = new VirtualTime();
  const asked: string[] = [];
  const set: number[] = [];
  const good = Date.UTC(2026, 10, 26) / 1000;
  keepClock({ SNTP: sntp(["no response", good, good + 86_400], asked), Timer: time.Timer, servers: ["a.example", "b.example"], setTime: (seconds) => set.push(seconds), onSet: () => {} });
  t.deepEqual(asked, ["a.example", "b.example"]);
  t.deepEqual(set, [good]);
  time.advance(24 * 60 * 60 * 1000);
  t.deepEqual(set, [good, good + 86_400]);
});

test("A server whose answer is long past is not believed; the next is asked", (t) => {
  const time = new VirtualTime();
  const asked: string[] = [];
  const set: number[] = [];
  keepClock({ SNTP: sntp([86_400, Date.UTC(2026, 10, 26) / 1000], asked), Timer: time.Timer, servers: ["a.example", "b.example"], setTime: (seconds) => set.push(seconds), onSet: () => {} });
  t.deepEqual(set, []);
  time.advance(60_000);
  t.deepEqual(asked, ["a.example", "b.example"]);
  t.deepEqual(set, [Date.UTC(2026, 10, 26) / 1000]);
});

test("Before any answer the clock is known not to be set; servers come from the configuration", (t) => {
  t.false(isSet(1000));
  t.true(isSet(Date.UTC(2026, 10, 26)));
  t.deepEqual(readServers({ sntp: "ntp.example" }), ["ntp.example"]);
  t.deepEqual(readServers({ timeServers: ["a.example", "b.example"], sntp: "ntp.example" }), ["a.example", "b.example"]);
  t.throws(() => readServers({ timeServers: [] }), { instanceOf: DeviceError, code: "BAD_CONFIG" });
});
