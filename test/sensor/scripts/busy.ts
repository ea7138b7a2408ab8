/** Keeps the machine busy for a while and prints what the sensor saw of it. */
import board from "assay/board";
import Timer from "timer";
import { machineLoad } from "assay/sensor/machine-load";

const description = machineLoad({ rate: 10 });
const sensor = description.open();
const end = board.ticks() + 400;
while (board.ticks() < end);
const busy = Array.from(sensor.sample() ?? []);
Timer.set(() => {
  const idle = Array.from(sensor.sample() ?? []);
  console.log(JSON.stringify({ channels: description.channels, busy, idle }));
  board.exit(0);
}, 300);
