// Listens between the engine and the loop, and holds the engine to its word (native/engine.h): each ACCEPTED slot gets
// exactly one CLOSED, nothing happens to a slot outside of its generation, each PENDING command one SENT or the CLOSED.
import { layout, type Areas, type Native } from '../../native/index.ts';

const { events, command, span, results, sizes } = layout;

interface Open {
  readonly generation: number;
  pending: number;
  ended: boolean;
}

export class Audit {
  readonly faults: string[] = [];
  accepted = 0;
  closed = 0;
  readonly #open = new Map<number, Open>();

  get open(): number {
    return this.#open.size;
  }

  /** The engine's class, listened to. */
  of(EngineClass: Native['Engine']): Native['Engine'] {
    const received = (areas: Areas, count: number): void => this.#received(areas, count);
    const sent = (areas: Areas, words: number, unfinished: number): void => this.#sent(areas, words, unfinished);
    return class Audited extends EngineClass {
      readonly #areas: Areas;

      constructor(areas: Areas) {
        super(areas);
        this.#areas = areas;
      }

      override receive(): number {
        const count = super.receive();
        received(this.#areas, count);
        return count;
      }

      override send(words: number): number {
        const unfinished = super.send(words);
        sent(this.#areas, words, unfinished);
        return unfinished;
      }
    };
  }

  #fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text);
  }

  #received(areas: Areas, count: number): void {
    let rxUsed = 0;
    for (let i = 0; i < count; ++i) {
      const [type, slot, generation, offset, length] = areas.events.subarray(i * sizes.eventWords) as unknown as number[];
      if (type === events.OPENED || type === events.READ || type === events.ACCEPT_FAILED || type === events.LEASE_BROKEN) continue;
      if (type === events.ACCEPTED) {
        this.#acceptedSlot(slot!, generation!);
        continue;
      }
      const open = this.#open.get(slot!);
      if (open === undefined || open.generation !== generation) {
        this.#fault(`event ${type!} for slot ${slot!} generation ${generation!}, which is not open`);
      } else if (type === events.CLOSED) {
        this.#open.delete(slot!);
        this.closed += 1;
      } else if (type === events.SENT) {
        if (--open.pending < 0) this.#fault(`SENT for slot ${slot!} with nothing pending`);
      } else {
        if (open.ended) this.#fault(`input for slot ${slot!} after its end`);
        if (type === events.INPUT_ENDED) open.ended = true;
        else if (offset! !== rxUsed || length! <= 0) this.#fault(`RECEIVED for slot ${slot!} at ${offset!} instead of ${rxUsed}`);
        else rxUsed += length!;
      }
    }
    if (rxUsed > areas.rx.length) this.#fault('RECEIVED beyond the receive area');
  }

  #acceptedSlot(slot: number, generation: number): void {
    if (this.#open.has(slot)) this.#fault(`ACCEPTED for slot ${slot}, which is open`);
    this.#open.set(slot, { generation, pending: 0, ended: false });
    this.accepted += 1;
  }

  #sent({ commands }: Areas, words: number, unfinished: number): void {
    let counted = 0;
    for (let at = 0; at < words; at += command.HEAD_WORDS + commands[at + command.SPANS]! * span.WORDS) {
      const result = commands[at + command.RESULT]!;
      if (result === results.DONE) continue;
      counted += 1;
      if (result !== results.PENDING) continue;
      const open = this.#open.get(commands[at + command.SLOT]!);
      if (open?.generation === commands[at + command.GENERATION]!) open.pending += 1;
      else this.#fault(`PENDING for slot ${commands[at + command.SLOT]!}, which is not open`);
    }
    if (counted !== unfinished) this.#fault(`send() counted ${unfinished} unfinished commands, there are ${counted}`);
  }
}
