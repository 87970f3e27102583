// One stream on a venue's screen: its picture, its name, and what is wrong with it.

import { playerFor } from "./players.mjs";
import { sentenceFor } from "./sentences.mjs";
import { Sentence, setText } from "./stage.mjs";
import { Still } from "./still.mjs";

/** What is wrong before a session, and after it. */
const OUTSIDE = ["notStarted", "ended"];
/** What the test card says in words of its own, as long as there was no picture. */
const QUIET = [...OUTSIDE, "connecting", "starting"];

export class Tile {
  #language;
  #said = new Sentence();
  #place = "";
  /** Whether its sound is to be turned on as soon as it is the one that is heard. */
  isDue = true;

  constructor(relay, name, language, words) {
    this.name = name;
    this.#language = language;
    this.element = document.getElementById("tile").content.firstElementChild.cloneNode(true);
    this.element.dataset.stream = name;
    this.video = this.element.querySelector("video");
    this.video.muted = true;
    this.video.setAttribute("aria-label", `${words.picture}: ${name}`);
    this.element.querySelector("h2").textContent = name;
    this.player = playerFor(this.video, {
      media: `/${relay}/${name}.mp4`,
      health: `/health/${relay}/${name}`,
      latency: 1.5,
      still: new Still(this.video, this.element.querySelector("canvas")),
    });
    this.player.onChange = () => this.#show();
    this.player.start();
  }

  get isMoving() {
    return this.player.isMoving;
  }

  get found() {
    return this.player.diagnosis;
  }

  /** Whether it has a picture, or had one and should. */
  get isWanted() {
    return this.isMoving || (this.video.videoWidth > 0 && !OUTSIDE.includes(this.found?.key));
  }

  /** Whether there was no picture yet, and nothing is wrong either. */
  get isQuiet() {
    return !this.isMoving && this.video.videoWidth === 0 && QUIET.includes(this.found?.key ?? "connecting");
  }

  get sentence() {
    return sentenceFor(this.found ?? { key: "connecting" }, this.#language, new Date());
  }

  /** Shows it at a place, or not at all. */
  stand(place, index) {
    const text = JSON.stringify([place, index]);
    if (text === this.#place) return;
    this.#place = text;
    this.element.hidden = !place;
    if (!place) return;
    for (const side of ["left", "top", "width", "height"]) this.element.style[side] = `${place[side] * 100}%`;
    this.element.style.zIndex = place.width < 1 ? 2 : 1;
    this.element.dataset.small = place.width < 0.4 ? "yes" : "no";
  }

  #show() {
    const found = this.found;
    const key = found?.key ?? (this.isMoving ? "playing" : "connecting");
    if (!this.#said.isDue(key)) return;
    const text = key === "playing" ? "" : this.sentence;
    const notice = this.element.querySelector(".notice");
    setText(notice, text);
    notice.hidden = text === "";
    this.element.dataset.state = key;
  }

  /** For a report. */
  get account() {
    const quality = this.video.getVideoPlaybackQuality?.();
    return {
      name: this.name,
      isMoving: this.isMoving,
      found: this.found,
      figures: this.player.figures,
      dropped: quality?.droppedVideoFrames ?? 0,
      frames: quality?.totalVideoFrames ?? 0,
      width: this.video.videoWidth,
      height: this.video.videoHeight,
    };
  }
}
