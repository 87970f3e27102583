// What the relay says of the stream, asked now and then.

import { ReceptionMeter } from "./arrival.mjs";

const PATIENCE = 3000;

export class HealthWatch {
  #address;
  #isAsking = false;
  #asked = -Infinity;
  #reception = new ReceptionMeter();
  /** "yes", "no" or "unknown": whether the last question was answered. */
  reach = "unknown";
  health = null;
  /** When the last answer came. */
  answered = -Infinity;

  constructor(address) {
    this.#address = address;
  }

  /** Bits a second that the relay has received lately; null while that is not known. */
  get received() {
    return this.#reception.rate;
  }

  /** Asks if it was last asked so many seconds ago. */
  async ask(now, interval, clock) {
    if (this.#isAsking || now - this.#asked < interval) return;
    this.#isAsking = true;
    this.#asked = now;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), PATIENCE);
    try {
      const options = { signal: controller.signal, cache: "no-store", credentials: "same-origin" };
      const response = await fetch(this.#address, options);
      const isReport = response.headers.get("content-type")?.startsWith("application/json");
      this.health = { ...(isReport ? await response.json() : {}), status: response.status };
      this.reach = "yes";
      this.answered = clock();
      this.#reception.note(this.health.received_bytes, this.answered);
    } catch {
      this.reach = "no";
    } finally {
      clearTimeout(timer);
      this.#isAsking = false;
    }
  }
}
