// What the browser decodes from: a MediaSource with one SourceBuffer, and the work that waits for it.

/** Seconds behind the picture that are kept, and kept when there is no room. */
const BEHIND = 10;
const BEHIND_AT_LEAST = 1;

/** iPhones have it alone; elsewhere the older one is as good and better known. */
const Source = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

export const canStream = () => Source !== undefined && typeof ReadableStream === "function";
export const canPlay = (type) => Source.isTypeSupported(type);

export class Sink {
  #video;
  #onTrouble;
  #source = null;
  #buffer = null;
  #address = null;
  #work = [];
  /** Called when what the buffer is busy with is done. */
  #performed = null;
  #type = null;

  /** @param onTrouble called when the browser will not take any more, and a fresh sink has to follow. */
  constructor(video, onTrouble) {
    this.#video = video;
    this.#onTrouble = onTrouble;
  }

  get isOpen() {
    return this.#source !== null;
  }

  /** Begins anew, with nothing buffered. */
  open(type) {
    this.close();
    const source = new Source();
    this.#source = source;
    this.#type = type;
    if (Source === globalThis.ManagedMediaSource) this.#video.disableRemotePlayback = true;
    this.#address = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => this.#begin(source), { once: true });
    // WebKit forgets it with what was played before.
    const isMuted = this.#video.muted;
    this.#video.src = this.#address;
    this.#video.muted = isMuted;
  }

  #begin(source) {
    if (source !== this.#source) return;
    this.#try(() => {
      source.duration = Infinity;
      this.#buffer = source.addSourceBuffer(this.#type);
      this.#buffer.addEventListener("updateend", () => this.#next());
      this.#buffer.addEventListener("error", () => source === this.#source && this.#fail());
      this.#next();
    });
  }

  close() {
    this.#work = [];
    this.#performed = null;
    this.#buffer = null;
    this.#source = null;
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = null;
  }

  /** Takes fragments of another type from here on. @returns false where this browser needs a fresh sink for it. */
  change(type) {
    if (type === this.#type) return true;
    if (!SourceBuffer.prototype.changeType) return false;
    this.#type = type;
    this.#work.push({ perform: (buffer) => buffer.changeType(type), isInstant: true });
    return true;
  }

  /** @param done called when it is in the buffer. */
  append(bytes, done = () => {}) {
    this.#work.push({ perform: (buffer) => buffer.appendBuffer(bytes), done, isMedia: true });
    this.#next();
  }

  /** Forgets what was shown long ago. */
  trim(behind = BEHIND) {
    const ranges = this.#buffer?.buffered;
    const until = this.#video.currentTime - behind;
    if (!ranges?.length || ranges.start(0) >= until - 1) return false;
    this.#work.unshift({ perform: (buffer) => buffer.remove(0, until) });
    this.#next();
    return true;
  }

  #next() {
    const buffer = this.#buffer;
    while (buffer && buffer === this.#buffer && !buffer.updating && this.#source.readyState === "open") {
      const done = this.#performed;
      this.#performed = null;
      done?.();
      if (buffer.updating) return;
      const task = this.#work.shift();
      if (!task) return;
      this.#try(() => task.perform(buffer), task);
      if (!task.isInstant) this.#performed = task.done;
    }
  }

  #try(body, task) {
    try {
      body();
    } catch (error) {
      // The browser has no room: what was shown goes, and what comes is tried again.
      if (error.name === "QuotaExceededError" && task?.isMedia && !task.isAgain) {
        this.#work.unshift({ ...task, isAgain: true });
        if (this.trim(BEHIND_AT_LEAST)) return;
      }
      this.#fail();
    }
  }

  #fail() {
    this.close();
    this.#onTrouble();
  }

  /** The buffered range around a time, or the first behind it, with a little room for rounding: { start, end } or null. */
  range(time) {
    const ranges = this.#video.buffered;
    for (let index = 0; index < ranges.length; index += 1) {
      if (time < ranges.end(index) - 0.01) return { start: ranges.start(index), end: ranges.end(index) };
    }
    return null;
  }

  /** The end of what is buffered from a time on without a gap; the time where nothing is. */
  endFrom(time) {
    const range = this.range(time);
    return range && range.start <= time + 0.1 ? range.end : time;
  }
}
