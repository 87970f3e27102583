// Plays one stream and goes on playing it, whatever happens on the way.

import { ArrivalMeter, BackOff } from "./arrival.mjs";
import { BoxSplitter } from "./boxes.mjs";
import { mediaType, startOf, tracksOf } from "./codecs.mjs";
import { SILENCE, diagnose, isFlowing } from "./diagnosis.mjs";
import { HealthWatch } from "./health.mjs";
import { LatencyControl, LiveEdge } from "./latency.mjs";
import { Sink, canPlay, canStream } from "./sink.mjs";
import { MediaRequest } from "./source.mjs";
import { Starter } from "./starter.mjs";

const TICK = 100;
/** Seconds: ticks so far apart mean that the computer slept. */
const SLEEP = 5;
/** Seconds: the picture stands still when it has not moved for so long. */
const STILL = 0.6;
/** Seconds within which bytes come while the stream flows. */
const FLOW = 1;
/** Seconds at the end of a buffered range that may not be playable: one track ends before the other. */
const TAIL = 0.5;
/** Seconds that a connection may take to bring its first byte while the stream is live. */
const OPENING = 8;
/** Seconds behind what is held from which the connection may be to blame. */
const LATE = 1;
/** Seconds for which a stall is held against the connection. */
const RECENTLY = 10;
/** Seconds between two looks at the stream's health, while it plays and while it does not. */
const LOOK = 5;
const LOOK_CLOSELY = 1;
/** Seconds that the stream's clock may go back, as it does for whoever joins anew, before it is another clock. */
const BACK = 15;

const clock = () => performance.now() / 1000;

export class Player {
  #video;
  #address;
  #still;
  #sink;
  #request = null;
  #requested = 0;
  #retryAt = null;
  #splitter = null;
  #tracks = [];
  #lastStart = null;
  #lastByte = -Infinity;
  #lastTick = clock();
  #lastTime = -1;
  #lastMove = -Infinity;
  #lastStall = -Infinity;
  #isStalled = false;
  #isHeld = true;
  #starter;
  #refused = null;
  #watch;
  #edge = new LiveEdge();
  #meter = new ArrivalMeter();
  #backOff = new BackOff();
  #control;
  counts = { stalls: 0, late: 0, jumps: 0, connections: 0 };
  /** Whether somebody has stopped the picture. */
  isPaused = false;
  /** Whether another stream is the one that is heard. */
  isUnheard = false;
  onChange = () => {};

  /** @param still keeps the last picture in view while the decoder begins anew: { keep(), drop() }. */
  constructor(video, { media, health, latency, still }) {
    this.#video = video;
    this.#address = media;
    this.#still = still;
    this.#watch = new HealthWatch(health);
    this.#control = new LatencyControl(latency);
    this.#starter = new Starter(video);
    this.#sink = new Sink(video, () => this.#renew());
    video.addEventListener("error", () => this.#sink.isOpen && this.#renew());
    // Browsers also say so when a network comes that matters to nobody here.
    globalThis.addEventListener("online", () => clock() - this.#lastByte > SILENCE && this.#connect());
  }

  start() {
    if (canStream()) this.#connect();
    else this.#refused = { status: "player" };
    setInterval(() => this.#tick(), TICK);
  }

  get latency() {
    return this.#control.chosen;
  }

  set latency(seconds) {
    this.#control.chosen = seconds;
  }

  pause() {
    this.isPaused = true;
    this.#disconnect();
    this.#video.pause();
    this.onChange();
  }

  resume() {
    this.isPaused = false;
    this.#starter.press();
    this.#begin();
    this.onChange();
  }

  // The connection

  #connect() {
    this.#disconnect();
    if (this.isPaused) return;
    this.counts.connections += 1;
    this.#splitter = new BoxSplitter();
    this.#requested = clock();
    this.#meter.restart();
    this.#request = new MediaRequest(this.#address, {
      opened: () => (this.#refused = null),
      refused: (status) => (this.#refused = { status }),
      chunk: (bytes) => this.#take(bytes),
      ended: () => this.#ended(),
    });
  }

  #disconnect() {
    this.#request?.stop();
    this.#request = null;
    this.#retryAt = null;
  }

  /** Everything anew: connection, decoder, clock. */
  #begin() {
    this.#sink.close();
    this.#connect();
  }

  #ended() {
    this.#request = null;
    // Where a header changes the stream ends here and goes on at once; where there is none it does not.
    const wait = clock() - this.#lastByte < 1 ? 0 : this.#backOff.wait(Math.random());
    this.#retryAt = clock() + wait;
    if (wait === 0) this.#tick();
  }

  #renew() {
    this.#still.keep();
    this.#disconnect();
    this.#retryAt = clock() + this.#backOff.wait(Math.random());
  }

  // The media

  #take(bytes) {
    const now = clock();
    this.#meter.note(bytes.length, now);
    this.#lastByte = now;
    for (const piece of this.#cut(bytes)) {
      if (piece.kind === "header") this.#takeHeader(piece.bytes);
      else this.#takeFragment(piece.bytes);
    }
  }

  #cut(bytes) {
    try {
      return this.#splitter.push(bytes);
    } catch {
      // What comes is not what was asked for: a proxy's page, or the middle of something.
      this.#disconnect();
      this.#retryAt = clock() + this.#backOff.wait(Math.random());
      return [];
    }
  }

  #takeHeader(bytes) {
    const tracks = tracksOf(bytes);
    const type = mediaType(tracks);
    if (tracks.length === 0 || !canPlay(type)) {
      this.#disconnect();
      this.#refused = { status: "codecs", codecs: tracks.map((track) => track.codec).join(" + ") };
      this.#retryAt = clock() + LOOK;
      return;
    }
    const isAlike = tracks.map((track) => track.kind).join() === this.#tracks.map((track) => track.kind).join();
    this.#tracks = tracks;
    this.header = bytes;
    if (!this.#sink.isOpen || !isAlike || !this.#sink.change(type)) this.#openSink();
    this.#sink.append(bytes);
  }

  #openSink() {
    this.#still.keep();
    this.#lastStart = null;
    this.#edge.forget();
    this.#control.restart();
    this.#isHeld = true;
    this.#sink.open(mediaType(this.#tracks));
  }

  #takeFragment(bytes) {
    if (this.#tracks.length === 0) return;
    const start = startOf(bytes, this.#tracks) ?? this.#lastStart ?? 0;
    const isFirst = this.#lastStart === null;
    // The relay has begun another clock: what is buffered is of the old one.
    if (!isFirst && start < this.#lastStart - BACK) {
      this.#openSink();
      this.#sink.append(this.header);
    }
    const isNew = this.#lastStart === null;
    this.#lastStart = start;
    this.#sink.append(bytes, () => this.#buffered(start, isNew));
  }

  #buffered(start, isFirst) {
    const now = clock();
    const end = this.#sink.endFrom(start + 0.02);
    if (end > start) this.#edge.note(end, now);
    if (isFirst) {
      this.#video.currentTime = (this.#sink.range(start) ?? { start }).start + 0.001;
      this.#lastTime = -1;
    }
    this.#sink.trim();
  }

  // The picture

  #tick() {
    const now = clock();
    const slept = now - this.#lastTick > SLEEP && now - this.#lastByte > SLEEP;
    this.#lastTick = now;
    if (this.isPaused) return this.onChange();
    if (slept || (this.#retryAt !== null && now >= this.#retryAt)) this.#connect();
    this.#notice(now);
    this.#steer(now);
    this.#look(now);
    this.onChange();
  }

  /** Whether the picture moves. */
  #notice(now) {
    const time = this.#video.currentTime;
    const hasMoved = time !== this.#lastTime && this.#lastTime >= 0 && !this.#video.paused;
    this.#lastTime = time;
    if (hasMoved) {
      this.#lastMove = now;
      if (this.#isStalled || this.#isHeld) this.#still.drop();
      this.#isStalled = false;
      this.#isHeld = false;
      if (now - this.#lastByte < FLOW) this.#backOff.reset();
    } else if (now - this.#lastMove > STILL && !this.#isStalled && !this.#isHeld) {
      this.#isStalled = true;
      this.counts.stalls += 1;
      // Where bytes still come, they come too late.
      if (now - this.#lastByte < FLOW) {
        this.#lastStall = now;
        this.counts.late += 1;
        this.#control.noteStall(now);
      }
    }
  }

  get isMoving() {
    return !this.isPaused && clock() - this.#lastMove <= STILL;
  }

  #steer(now) {
    const edge = this.#edge.at(now);
    if (edge === null || !this.#sink.isOpen) return;
    const video = this.#video;
    const position = video.currentTime;
    const range = this.#sink.range(position);
    // Ahead of all that comes: the stream's clock has gone back.
    const isFlowing = now - this.#lastByte < FLOW;
    if (this.#lastStart !== null && position > this.#lastStart + 2 && isFlowing && !this.isMoving) {
      return this.#jump(this.#lastStart);
    }
    if (!range) return;
    // Nothing comes between here and there: a gap in the stream.
    const isAtEnd = range.start > position + 0.05 || (!this.isMoving && range.end - position < TAIL);
    const next = range.start > position + 0.05 ? range : isAtEnd && this.#sink.range(range.end + 0.01);
    if (next && next.start > position + 0.05) {
      if (!this.isMoving || next.start - position < TAIL) this.#jump(next.start + 0.001);
      return;
    }
    // What is there is played out: where the edge is shows only while media comes.
    if (!isFlowing && !this.#isHeld) return;
    const step = this.#control.step({ now, position, edge, start: range.start, end: range.end });
    if (step.jump !== null && Math.abs(step.jump - position) > 0.05) this.#jump(step.jump);
    if (step.hold) {
      this.#isHeld = true;
      if (!video.paused) video.pause();
    } else if (video.paused) {
      this.#starter.play(now);
    }
    if (video.playbackRate !== step.rate) video.playbackRate = step.rate;
  }

  /** Whether the browser plays only when somebody presses. */
  get needsPress() {
    return this.#starter.needsPress;
  }

  #jump(time) {
    this.counts.jumps += 1;
    this.#video.currentTime = time;
    this.#lastTime = -1;
  }

  // What is wrong

  #look(now) {
    const silence = now - Math.max(this.#lastByte, this.#requested);
    const before = this.#watch.reach;
    const isWell = this.isMoving && silence < SILENCE;
    this.#watch.ask(now, isWell ? LOOK : LOOK_CLOSELY, clock).then(() => {
      if (before === "no" && this.#watch.reach === "yes" && clock() - this.#lastByte > SILENCE) this.#connect();
    });
    const { health, answered } = this.#watch;
    const isDue = isFlowing(health) && answered > now - silence + SILENCE;
    const patience = this.#lastByte > this.#requested ? SILENCE + 1 : OPENING;
    if (this.#request && isDue && silence > patience) this.#connect();
  }

  /** What to tell people; null while all is well. */
  get diagnosis() {
    const now = clock();
    return diagnose({
      isMoving: this.isMoving,
      isUnheard: this.isUnheard,
      isSlow: now - this.#lastStall < RECENTLY || (this.delay ?? 0) > this.#control.target + LATE,
      silence: now - this.#lastByte,
      rate: this.#meter.rate(now),
      refused: this.#refused,
      isOnline: navigator.onLine,
      reach: this.#watch.reach,
      health: this.#watch.health,
      received: this.#watch.received,
    });
  }

  /** Seconds that the picture is behind what has come or should have; null while there is none. */
  get delay() {
    const edge = this.#edge.at(clock());
    return edge === null || !this.#sink.isOpen ? null : edge - this.#video.currentTime;
  }

  get figures() {
    const position = this.#video.currentTime;
    return {
      delay: this.delay,
      target: this.#control.target,
      buffer: this.#sink.endFrom(position) - position,
      rate: this.#video.playbackRate,
      arriving: this.#meter.rate(clock()),
      sent: this.#watch.health?.bitrate ?? null,
      codecs: this.#tracks.map((track) => track.codec).join(" + "),
      ...this.counts,
    };
  }
}
