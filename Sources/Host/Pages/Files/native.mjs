// Plays one stream by the browser's own HLS, where it has nothing better: iPhones before ManagedMediaSource. It is later than the
// other player and holds no latency, and it recovers and says what is wrong in the same way.

import { BackOff } from "./arrival.mjs";
import { diagnose, isFlowing } from "./diagnosis.mjs";
import { HealthWatch } from "./health.mjs";
import { Starter } from "./starter.mjs";

const TICK = 200;
/** Seconds without a movement after which the picture stands still, and after which everything begins anew. */
const STILL = 1;
const STUCK = 8;
/** Seconds between two looks at the stream's health, while it plays and while it does not. */
const LOOK = 5;
const LOOK_CLOSELY = 1;
/** Seconds between two questions for the playlist, and the answers that no other try changes. */
const ASK = 3;
const REFUSALS = [401, 403, 406];
/** Seconds: who seems later has another clock. */
const MOST = 120;

const clock = () => performance.now() / 1000;

export class NativePlayer {
  #video;
  #address;
  #still;
  #watch;
  #playlist;
  #starter;
  #backOff = new BackOff();
  #retryAt = null;
  #began = -Infinity;
  #lastTime = -1;
  #lastMove = -Infinity;
  #isStalled = true;
  /** The browser holds its own. */
  isNative = true;
  latency = 0;
  counts = { stalls: 0, late: 0, jumps: 0, connections: 0 };
  isPaused = false;
  isUnheard = false;
  onChange = () => {};

  constructor(video, { media, health, still }) {
    this.#video = video;
    this.#address = media.replace(/\.mp4$/, ".m3u8");
    this.#still = still;
    this.#watch = new HealthWatch(health);
    this.#playlist = new HealthWatch(this.#address);
    this.#starter = new Starter(video);
    for (const name of ["error", "ended"]) video.addEventListener(name, () => this.#again());
  }

  start() {
    this.#begin();
    setInterval(() => this.#tick(), TICK);
  }

  pause() {
    this.isPaused = true;
    this.#video.pause();
    this.onChange();
  }

  resume() {
    this.isPaused = false;
    this.#starter.press();
    this.#begin();
    this.onChange();
  }

  get needsPress() {
    return this.#starter.needsPress;
  }

  get isMoving() {
    return !this.isPaused && clock() - this.#lastMove <= STILL;
  }

  #begin() {
    this.counts.connections += 1;
    this.#retryAt = null;
    this.#began = clock();
    this.#lastTime = -1;
    // What was muted stays so: browsers forget it with what was played before.
    const isMuted = this.#video.muted;
    this.#video.src = this.#address;
    this.#video.muted = isMuted;
    this.#video.load();
  }

  #again() {
    if (this.#retryAt !== null) return;
    this.#still.keep();
    this.#retryAt = clock() + this.#backOff.wait(Math.random());
  }

  #tick() {
    const now = clock();
    if (!this.isPaused) {
      this.#notice(now);
      const isWell = this.isMoving;
      this.#watch.ask(now, isWell ? LOOK : LOOK_CLOSELY, clock);
      // The browser does not say why it gets nothing.
      if (!isWell && now - this.#began > STILL) this.#playlist.ask(now, ASK, clock);
      if (!isWell && isFlowing(this.#watch.health) && now - Math.max(this.#lastMove, this.#began) > STUCK) this.#again();
      if (this.#retryAt !== null && now >= this.#retryAt) this.#begin();
      if (this.#video.paused) this.#starter.play(now);
    }
    this.onChange();
  }

  #notice(now) {
    const time = this.#video.currentTime;
    const hasMoved = time !== this.#lastTime && this.#lastTime >= 0 && !this.#video.paused;
    this.#lastTime = time;
    if (hasMoved) {
      this.#lastMove = now;
      if (this.#isStalled) this.#still.drop();
      this.#isStalled = false;
      this.#backOff.reset();
    } else if (now - this.#lastMove > STILL && !this.#isStalled) {
      this.#isStalled = true;
      this.counts.stalls += 1;
    }
  }

  /** What to tell people; null while all is well. What arrives is known to the browser alone. */
  get diagnosis() {
    return diagnose({
      isMoving: this.isMoving,
      isUnheard: this.isUnheard,
      isSlow: false,
      silence: clock() - this.#lastMove,
      rate: null,
      refused: this.#refusal,
      isOnline: navigator.onLine,
      reach: this.#watch.reach,
      health: this.#watch.health,
      received: this.#watch.received,
    });
  }

  /** What the last question for the playlist got, where that is a refusal; the page of a proxy that is in the way is none. */
  get #refusal() {
    const status = this.#playlist.health?.status;
    return this.#playlist.reach === "yes" && REFUSALS.includes(status) ? { status } : null;
  }

  /** Seconds behind the main venue, by the dates in the playlist and this device's clock; null where that cannot be. */
  get delay() {
    const seconds = (Date.now() - (this.#video.getStartDate?.().getTime() ?? NaN)) / 1000 - this.#video.currentTime;
    return seconds >= 0 && seconds < MOST ? seconds : null;
  }

  get figures() {
    const { buffered, currentTime, playbackRate } = this.#video;
    return {
      delay: this.delay,
      target: null,
      buffer: buffered.length ? buffered.end(buffered.length - 1) - currentTime : 0,
      rate: playbackRate,
      arriving: null,
      sent: this.#watch.health?.bitrate ?? null,
      codecs: "HLS",
      ...this.counts,
    };
  }
}
