import "globals";
import app from "app";
import vibration from "vibration/app";
import { run } from "assay/app/run";
import TLS from "assay/board/tls";
import Timer from "timer";

const argument = native("xs_host_argument");
const readFile = native("xs_host_file");
const ticks = native("xs_host_ticks");
const pause = native("xs_host_pause");

let done = false;

function tls() {
  const client = new TLS({
    host: "localhost",
    port: Number(argument(2)),
    tls: { ca: readFile(argument(3)) },
    onWritable() {
      if (this.asked) return;
      this.asked = true;
      this.write(Uint8Array.of(0x68, 0x69, 0x0a)); // "hi\n"
    },
    onReadable(bytes) {
      console.log(`answer ${String.fromArrayBuffer(this.read(bytes))}`);
      done = true;
      client.close();
    },
    onError() {
      console.log("failed");
      done = true;
    },
  });
}

if (argument(1) === "tls") tls();
else if (argument(1) === "vibration") {
  globalThis.speed = 20;
  run(vibration);
} else run(app());

const patience = argument(1) === "vibration" ? 60_000 : 5000;
while (!done && !globalThis.played && ticks() < patience && globalThis.statements < 20) {
  Timer.turn();
  for (const socket of [...globalThis.sockets]) socket.turn();
  globalThis.sockets = globalThis.sockets.filter((socket) => socket.socket !== undefined);
  pause();
}
