/**
 * The program of an ESP32: joins a network, sets the clock, then runs the app, which an app's manifest gives as the module `app`. ESP-IDF's task watchdog restarts a chip whose XS
 * stands still (the SDK feeds it in each turn of its loop); an app that cannot run restarts it after a pause.
 */
import "assay/esp32/console";
import app from "app";
import { run } from "assay/app/run";
import board from "assay/board";
import { isSet, keepClock, readServers } from "assay/esp32/clock";
import { readNetworks, WiFi } from "assay/esp32/wifi";
import Station from "embedded:network/interface/wifi";
import config from "mc/config";
import SNTP from "sntp";
import Time from "time";
import Timer from "timer";

const confirmImage = native<() => void>("xs_esp32_confirmImage");

/** Long enough that a board that fails at every start neither wears its flash nor floods its console. */
const RESTART_PAUSE_MS = 10_000;

let started = false;

function guard(action: () => void): void {
  try {
    action();
  } catch (error) {
    console.error(String(error));
    Timer.set(() => board.exit(1), RESTART_PAUSE_MS);
  }
}

function start(): void {
  if (started) return;
  started = true;
  guard(() => run(app));
}

function begin(): void {
  const settings: Record<string, unknown> = config;
  const servers = readServers(settings);
  let clockKept = false;
  new WiFi({
    networks: readNetworks(settings["wifi"]),
    Timer,
    station: (onChanged) => new Station({ onChanged }),
    onOffline: () => console.log(JSON.stringify({ event: "offline" })),
    onOnline: () => {
      console.log(JSON.stringify({ event: "online" }));
      if (clockKept) return;
      clockKept = true;
      keepClock({
        SNTP,
        Timer,
        servers,
        setTime: (seconds) => Time.set(seconds),
        onSet: () => {
          start();
          // A new image that gets as far as this can be replaced by another: from here on a restart does not go back to the one before.
          confirmImage();
        },
      });
    },
  });
  // The radio is on from here, so there is entropy for a new key. A restart has kept the clock: no need to wait for the network then.
  if (isSet(Date.now()) || settings["time"] === false) start();
}

guard(begin);
