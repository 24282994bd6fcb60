// Server-sent events as the control plane sends them (HTML Living Standard §9.2.6): text in pieces, to named events. Asked for by fetch(),
// as EventSource cannot send a token.

export interface SentEvent {
  readonly name: string;
  readonly data: unknown;
}

/** Of one event: more is none of ours. */
const CHARACTERS_MAX = 4 << 20;

export class SentEvents {
  #text = '';

  /** @returns what is complete with this piece. @throws Error where it is no such stream. */
  take(piece: string): readonly SentEvent[] {
    this.#text += piece;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop()!;
    if (this.#text.length > CHARACTERS_MAX) throw new Error('an event that does not end');
    return blocks.flatMap((block) => {
      const lines = block.split('\n');
      const name = valueOf(lines, 'event');
      const data = valueOf(lines, 'data');
      return name === undefined || data === undefined ? [] : [{ name, data: JSON.parse(data) as unknown }];
    });
  }
}

function valueOf(lines: readonly string[], field: string): string | undefined {
  return lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
}
