/**
 * One secret text, compared in a time that depends on the other text alone: `===` ends at the first difference, and tells a patient client
 * where that is. Characters are compared, all of them, whatever the lengths.
 */
export class RememberedText {
  readonly #characters: Uint16Array;
  /** -1: none yet. */
  #length = -1;

  /** @param lengthMax the longest text that is remembered, in characters. */
  constructor(lengthMax: number) {
    this.#characters = new Uint16Array(lengthMax);
  }

  /** Forgets the text before; a text that is too long is not remembered. */
  remember(text: string): void {
    this.#length = text.length <= this.#characters.length ? text.length : -1;
    for (let i = 0; i < this.#length; i++) this.#characters[i] = text.charCodeAt(i);
  }

  equals(text: string): boolean {
    if (text.length > this.#characters.length) return false;
    let difference = text.length ^ this.#length;
    for (let i = 0; i < text.length; i++) difference |= text.charCodeAt(i) ^ this.#characters[i]!;
    return difference === 0;
  }
}
