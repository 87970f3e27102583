// One request for the stream: bytes as they come, until it ends, fails or is given up.

export class MediaRequest {
  #controller = new AbortController();
  #events;

  /** @param events { opened(), refused(status), chunk(bytes), ended() }: `ended` comes last, and not after `stop`. */
  constructor(address, events) {
    this.#events = events;
    this.#run(address);
  }

  stop() {
    this.#events = null;
    this.#controller.abort();
  }

  async #run(address) {
    try {
      const options = { signal: this.#controller.signal, cache: "no-store", credentials: "same-origin" };
      const response = await fetch(address, options);
      if (!response.ok) {
        this.#events?.refused(response.status);
        this.#controller.abort();
      } else {
        this.#events?.opened();
        const reader = response.body.getReader();
        for (let piece = await reader.read(); !piece.done && this.#events; piece = await reader.read()) {
          this.#events.chunk(piece.value);
        }
      }
    } catch {
      // Cut, refused by the network, or not understood: the same to who asks again.
    }
    this.#controller.abort();
    this.#events?.ended();
  }
}
