// Plays a <video> as soon as the browser lets it, and knows when that takes a press.

/** Seconds between two tries. */
const RETRY = 0.5;

export class Starter {
  #video;
  #lastTry = -Infinity;
  /** Times in a row that the browser did not let the picture play. */
  #refusals = 0;

  constructor(video) {
    this.#video = video;
  }

  /** Called from a press: browsers let it play from here on. */
  press() {
    this.#refusals = 0;
    this.#video.play().catch(() => {});
  }

  play(now) {
    if (now - this.#lastTry < RETRY) return;
    this.#lastTry = now;
    this.#video.play().then(
      () => (this.#refusals = 0),
      (error) => {
        if (error.name !== "NotAllowedError") return;
        // With sound a browser may want a press. The picture comes first, and the button for the sound is in view.
        this.#video.muted = true;
        this.#refusals += 1;
      },
    );
  }

  /** Whether the browser plays only when somebody presses. */
  get needsPress() {
    return this.#refusals > 2;
  }
}
