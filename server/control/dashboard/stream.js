// The stream of events: asked for again whenever it ends, but not while nobody sees the page.
import { ask, Refused } from './asking.js';
import { SentEvents } from './server-sent.js';

/** @typedef {'live' | 'paused' | 'cut' | 'refused'} Link */

const RETRY_MS = 2000;
const RETRY_MAX_MS = 30_000;
/** A stream that says nothing for so long is dead, whatever TCP thinks. */
const SILENCE_MAX_MS = 15_000;

export class Stream {
  /** @type {(name: string, data: unknown) => void} */
  #hear;
  /** @type {(link: Link, detail: string) => void} */
  #told;
  /** @type {AbortController | undefined} */
  #under;
  #waitMs = RETRY_MS;

  /** @param {(name: string, data: unknown) => void} hear @param {(link: Link, detail: string) => void} told */
  constructor(hear, told) {
    this.#hear = hear;
    this.#told = told;
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#pause() : this.begin()));
  }

  /** Asks, at once. */
  begin() {
    this.#under?.abort();
    if (document.hidden) return;
    this.#waitMs = RETRY_MS;
    const under = (this.#under = new AbortController());
    void this.#goOn(under.signal);
  }

  #pause() {
    this.#under?.abort();
    this.#told('paused', 'paused while nobody sees it');
  }

  /** @param {AbortSignal} signal */
  async #goOn(signal) {
    while (!signal.aborted) {
      const detail = await this.#read(signal).catch((error) => {
        if (!(error instanceof Refused)) return 'cut off';
        if (error.status !== 401) return error.message;
        if (!signal.aborted) this.#told('refused', error.message);
        return undefined;
      });
      if (signal.aborted || detail === undefined) return;
      this.#told('cut', `${detail}: asked again in ${this.#waitMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, this.#waitMs));
      this.#waitMs = Math.min(this.#waitMs * 2, RETRY_MAX_MS);
    }
  }

  /** Until it ends. @param {AbortSignal} signal @returns {Promise<string>} */
  async #read(signal) {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
    try {
      const { body } = await ask('api/v1/events', { signal: AbortSignal.any([signal, silence.signal]) });
      if (!body) return 'cut off';
      const events = new SentEvents();
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
        for (const { name, data } of events.take(piece.value)) {
          if (signal.aborted) return 'cut off';
          this.#waitMs = RETRY_MS;
          this.#told('live', 'live');
          this.#hear(name, data);
        }
      }
      return 'cut off';
    } finally {
      clearTimeout(timer);
    }
  }
}
