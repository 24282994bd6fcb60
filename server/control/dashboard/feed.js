// What happens, newest first: so many entries, and no more. What comes again at once is counted.
import { make, say } from './elements.js';

const ENTRIES_MAX = 100;
const FACT_CHARACTERS_MAX = 300;
const GRAVE = new Set(['workerDied', 'tornPrevented', 'fileShortened', 'originOut', 'originFailed', 'storeFailed', 'controlFailed', 'exchangeFailed', 'hookFailed', 'handlerFailed', 'accessLogFailed']);

/** @typedef {{ readonly time: string, readonly name: string, readonly message: string, readonly facts: Readonly<Record<string, string | number>> }} Happened */

export class Feed {
  /** @type {HTMLElement} */
  #list;
  /** @type {HTMLElement} */
  #none;
  #last = '';
  #times = 1;

  /** @param {HTMLElement} list @param {HTMLElement} none shown while there is nothing. */
  constructor(list, none) {
    this.#list = list;
    this.#none = none;
  }

  /** @param {Happened} happened */
  add({ time, name, message, facts }) {
    const told = Object.entries(facts).map(([fact, value]) => `${fact}: ${shortened(String(value))}`).join(', ');
    const same = JSON.stringify([name, message, told]);
    const newest = this.#list.firstElementChild;
    if (same === this.#last && newest) {
      this.#times += 1;
      const [at, title] = newest.children;
      if (at && title) {
        say(at, clockOf(time));
        say(title, `${wordsOf(name)} × ${this.#times}`);
      }
      return;
    }
    this.#last = same;
    this.#times = 1;
    this.#list.prepend(make('li', {}, [
      make('time', { text: clockOf(time) }), make('strong', { text: wordsOf(name), class: GRAVE.has(name) ? 'grave' : '' }), make('span', { class: 'message', text: message }),
      ...(told === '' ? [] : [make('span', { class: 'facts', text: told })]),
    ]));
    while (this.#list.children.length > ENTRIES_MAX) this.#list.lastElementChild?.remove();
    this.#none.hidden = true;
  }
}

/** @param {string} time */
function clockOf(time) {
  return new Date(time).toLocaleTimeString();
}

/** @param {string} name leaseBroken: lease broken */
function wordsOf(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** @param {string} text a stack has its first line here; the log has all. */
function shortened(text) {
  const line = text.split('\n')[0] ?? '';
  return line.length > FACT_CHARACTERS_MAX ? `${line.slice(0, FACT_CHARACTERS_MAX)}…` : line;
}
