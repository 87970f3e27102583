// How far behind the live edge the picture is, and what to do about it. Times are seconds; `now` is given.

/** Where the live edge stands, from when media came: the earliest arrivals of the last seconds say it best. */
export class LiveEdge {
  /** Arrivals that are remembered, seconds. */
  static #memory = 10;
  /** After so long without media the stream's clock may stand in another relation to ours. */
  static #gap = 2;
  #arrivals = [];

  /** Media up to `end` has come. */
  note(end, now) {
    if (now - (this.#arrivals.at(-1)?.now ?? now) > LiveEdge.#gap) this.#arrivals = [];
    this.#arrivals.push({ now, lead: end - now });
    while (now - this.#arrivals[0].now > LiveEdge.#memory) this.#arrivals.shift();
  }

  /** The stream's time at the edge; null before anything has come. */
  at(now) {
    if (this.#arrivals.length === 0) return null;
    return now + Math.max(...this.#arrivals.map((arrival) => arrival.lead));
  }

  forget() {
    this.#arrivals = [];
  }
}

/** Holds a chosen latency: by rates that nobody hears, and by a jump where they would take too long. */
export class LatencyControl {
  static fastest = 1.03;
  static slowest = 0.97;
  /** Beyond so much a jump mends it. */
  static tolerance = 0.25;
  /** Where mending by rate begins, and where it ends. */
  static #begin = 0.08;
  static #end = 0.02;
  /** How long it must be off before a jump, and how long between two. */
  static #patience = 1;
  static #pause = 3;
  /** What each stall adds, up to so much, and how long until one is forgiven. */
  static #lesson = 0.3;
  static #most = 3;
  static #forgiven = 30;

  #margin = 0;
  #lastLesson = -Infinity;
  #offSince = null;
  #lastJump = -Infinity;
  #isMending = false;
  #isHolding = true;

  constructor(chosen) {
    this.chosen = chosen;
  }

  /** What is held: the chosen latency, and more where the connection has shown that it takes more. */
  get target() {
    return this.chosen + this.#margin;
  }

  /** The picture has stood still for want of media that came late. */
  noteStall(now) {
    this.#margin = Math.min(this.#margin + LatencyControl.#lesson, LatencyControl.#most);
    this.#lastLesson = now;
  }

  /** Begins anew: the next picture is held until there is enough behind it. */
  restart() {
    this.#offSince = null;
    this.#isMending = false;
    this.#isHolding = true;
  }

  /**
   * What to do now.
   * @param at `{ now, position, edge, start, end }`: the last two of the buffered range that is played.
   * @returns `{ rate, jump, hold }`: jump is a time to seek to or null; hold says that the picture waits.
   */
  step({ now, position, edge, start, end }) {
    if (now - this.#lastLesson > LatencyControl.#forgiven && this.#margin > 0) {
      this.#margin = Math.max(0, this.#margin - LatencyControl.#lesson);
      this.#lastLesson = now;
    }
    const error = edge - position - this.target;
    const wanted = Math.min(edge - this.target, end - 0.1);
    const steady = { rate: 1, jump: null, hold: false };
    if (this.#isHolding) {
      if (error < -0.1 && wanted < start) return { ...steady, hold: true };
      this.#isHolding = false;
      if (Math.abs(error) > LatencyControl.tolerance) return this.#jump(now, Math.max(wanted, start), steady);
    }
    if (Math.abs(error) <= LatencyControl.tolerance) {
      this.#offSince = null;
    } else {
      this.#offSince ??= now;
      const isDue = now - this.#offSince >= LatencyControl.#patience && now - this.#lastJump >= LatencyControl.#pause;
      const helps = error > 0 ? wanted - position > 0.15 : wanted >= start;
      if (isDue && helps) return this.#jump(now, wanted, steady);
      // What is not there any more cannot be shown again: the picture waits instead.
      if (isDue && error < 0 && this.target + error < this.target / 2) {
        this.#isHolding = true;
        return { ...steady, hold: true };
      }
    }
    return { ...steady, rate: this.#rate(error) };
  }

  #jump(now, to, steady) {
    this.#lastJump = now;
    this.#offSince = null;
    return { ...steady, jump: to };
  }

  #rate(error) {
    const size = Math.abs(error);
    this.#isMending = size > (this.#isMending ? LatencyControl.#end : LatencyControl.#begin);
    if (!this.#isMending) return 1;
    const rate = Math.round((1 + error * 0.15) * 200) / 200;
    return Math.min(LatencyControl.fastest, Math.max(LatencyControl.slowest, rate));
  }
}
