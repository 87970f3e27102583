// Keeps the last picture in view while the decoder begins anew, so that a screen does not flash.

export class Still {
  #video;
  #canvas;

  constructor(video, canvas) {
    this.#video = video;
    this.#canvas = canvas;
  }

  keep() {
    if (!this.#video.videoWidth || !this.#canvas.hidden) return;
    this.#canvas.width = this.#video.videoWidth;
    this.#canvas.height = this.#video.videoHeight;
    this.#canvas.getContext("2d").drawImage(this.#video, 0, 0);
    this.#canvas.hidden = false;
  }

  drop() {
    this.#canvas.hidden = true;
  }
}
