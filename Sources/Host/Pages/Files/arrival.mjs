// How fast bytes come, and how long to wait before another try. Times are seconds; `now` is given.

/** Bits a second over the last few seconds. */
export class ArrivalMeter {
  static #memory = 4;
  #chunks = [];
  #since = null;

  note(bytes, now) {
    this.#since ??= now;
    this.#chunks.push({ now, bytes });
    this.#forget(now);
  }

  /** Null until it has been measured for long enough. */
  rate(now) {
    this.#forget(now);
    if (this.#since === null || now - this.#since < ArrivalMeter.#memory) return null;
    return (this.#chunks.reduce((sum, chunk) => sum + chunk.bytes, 0) * 8) / ArrivalMeter.#memory;
  }

  /** Measures anew: what comes first is what was kept for whoever joins. */
  restart() {
    this.#chunks = [];
    this.#since = null;
  }

  #forget(now) {
    while (this.#chunks.length && now - this.#chunks[0].now > ArrivalMeter.#memory) this.#chunks.shift();
  }
}

/** Bits a second that the relay has received, by what it has counted whenever it was asked. */
export class ReceptionMeter {
  static #shortest = 3;
  static #longest = 8;
  #counts = [];

  /** @param bytes as the relay counts them; another instance of it counts anew. */
  note(bytes, now) {
    if (!Number.isFinite(bytes) || bytes < (this.#counts.at(-1)?.bytes ?? 0)) this.#counts = [];
    if (Number.isFinite(bytes)) this.#counts.push({ now, bytes });
    while (this.#counts.length > 2 && now - this.#counts[1].now >= ReceptionMeter.#shortest) this.#counts.shift();
  }

  /** Null while it is not known for some seconds, or only for a time in which nobody asked. */
  get rate() {
    const [first, last] = [this.#counts[0], this.#counts.at(-1)];
    const time = first ? last.now - first.now : 0;
    if (time < ReceptionMeter.#shortest || time > ReceptionMeter.#longest) return null;
    return ((last.bytes - first.bytes) * 8) / time;
  }
}

/** Waits that double from half a second to five, a little different for each viewer, so that not all come at once. */
export class BackOff {
  static #first = 0.5;
  static #longest = 5;
  #next = BackOff.#first;

  /** @param random from 0 to 1. */
  wait(random) {
    const wait = this.#next * (0.75 + random / 2);
    this.#next = Math.min(this.#next * 2, BackOff.#longest);
    return wait;
  }

  reset() {
    this.#next = BackOff.#first;
  }
}
