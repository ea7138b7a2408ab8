/** `timer`, asked by main.js in turn. */
const elapsed = native("xs_host_ticks");
const ticks = () => elapsed() * globalThis.speed;

export default class Timer {
  static set(callback, ms = 0, repeat) {
    const timer = { callback, at: ticks() + ms, repeat };
    globalThis.timers.push(timer);
    return timer;
  }

  static repeat(callback, ms) {
    return Timer.set(callback, ms, ms);
  }

  static clear(timer) {
    globalThis.timers = globalThis.timers.filter((other) => other !== timer);
  }

  static turn() {
    const now = ticks();
    for (const timer of globalThis.timers) {
      if (timer.at > now || !globalThis.timers.includes(timer)) continue;
      if (timer.repeat === undefined) Timer.clear(timer);
      else timer.at += timer.repeat;
      timer.callback(timer);
    }
  }
}
