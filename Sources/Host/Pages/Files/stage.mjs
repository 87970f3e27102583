// What the pages with a picture have in common: the full screen, what goes when nothing is pressed, and sentences that stay.

/** Milliseconds without a movement of the mouse until everything but the picture goes. */
const IDLE = 3000;
/** Milliseconds for which a sentence stays, so that it does not flicker, and until figures in it change. */
const LEAST = 400;
const RENEWED = 3000;

/** Marks the page as idle a while after the last movement. @returns what to call for one more. */
export function watchIdleness(root) {
  let timer;
  const wake = () => {
    root.dataset.idle = "no";
    clearTimeout(timer);
    timer = setTimeout(() => (root.dataset.idle = "yes"), IDLE);
  };
  for (const name of ["pointermove", "pointerdown", "focusin"]) addEventListener(name, wake);
  wake();
  return wake;
}

export const isFull = () => Boolean(document.fullscreenElement ?? document.webkitFullscreenElement);

/** Fills the screen with an element; iPhones fill it with a video, and with nothing else. */
export function fill(element, video) {
  const request = element.requestFullscreen ?? element.webkitRequestFullscreen;
  if (request) Promise.resolve(request.call(element, { navigationUI: "hide" })).catch(() => {});
  else video?.webkitEnterFullscreen?.();
}

export function toggleFull(element, video) {
  if (isFull()) (document.exitFullscreen ?? document.webkitExitFullscreen).call(document);
  else fill(element, video);
}

/** What is said of a picture, and since when. */
export class Sentence {
  #key = null;
  #at = 0;

  /** Whether another sentence may be shown: whoever hears it read out is told of new figures once a while. */
  isDue(key) {
    if (key === "playing" && key === this.#key) return true;
    const now = performance.now();
    const wait = key === this.#key ? RENEWED : LEAST;
    if (key !== "playing" && now - this.#at < wait) return false;
    [this.#key, this.#at] = [key, now];
    return true;
  }
}

export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
