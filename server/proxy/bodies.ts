// Bodies of stored responses in native records: those that are there are opened, those that arrive are filled.
import { threadId } from 'node:worker_threads';
import type { Engine } from '../../native/index.ts';
import type { Holdings, HeldVariant } from '../../cache/store/holdings.ts';
import { FileReader } from '../../cache/representation.ts';
import type { Opener } from '../opener.ts';
import type { VariantPlans } from './answers.ts';

export interface BodyLimits {
  /** Whole bodies up to this size are laid beside others, and have one record less; bytes. */
  readonly settledBytesMax: number;
  /** Those up to this size have a place in the arena, too; bytes. */
  readonly arenaBytesMax: number;
}

/** A body that arrives through this worker. */
export interface ArrivingBody {
  /** By which other workers find it. */
  readonly record: string;
  /** This worker's number of it; held until let go. */
  readonly file: number;
}

export class Bodies {
  readonly reader: FileReader;
  readonly #engine: Engine;
  readonly #opener: Opener;
  readonly #holdings: Holdings<VariantPlans>;
  readonly #limits: BodyLimits;
  #lastId = 0;

  constructor(engine: Engine, opener: Opener, reader: FileReader, holdings: Holdings<VariantPlans>, limits: BodyLimits) {
    this.#engine = engine;
    this.#opener = opener;
    this.reader = reader;
    this.#holdings = holdings;
    this.#limits = limits;
  }

  /** No other thread of the process gives the same. */
  newId(): number {
    return threadId * 2 ** 36 + ++this.#lastId;
  }

  /** Makes the bytes of a variant this worker's, so that plans can name them. False: they are not there any more. */
  async open(held: HeldVariant<VariantPlans>): Promise<boolean> {
    const [body] = held.variant.bodies;
    if (held.file >= 0 || body === undefined) return true;
    const { error, file } = await this.#opener.kept(body.record);
    if (error !== 0) return false;
    if (held.file >= 0) this.#holdings.releaseLater(file); // two asked at once
    else held.file = file;
    return true;
  }

  /** A record that somebody fills; it is let go behind the answer that is made of it in this turn. Undefined: it is not there any more. */
  async follow(record: string): Promise<number | undefined> {
    const { error, file } = await this.#opener.kept(record);
    if (error !== 0) return undefined;
    this.#holdings.releaseLater(file);
    return file;
  }

  /** Undefined: there is no memory for it. */
  begin(): ArrivingBody | undefined {
    const record = `body:${this.newId()}`;
    const file = this.#engine.begin(record);
    return file < 0 ? undefined : { record, file };
  }

  /** False: there is no memory for more. */
  append({ file }: ArrivingBody, chunk: Uint8Array): boolean {
    return this.#engine.append(file, chunk) === 0;
  }

  /** It is not all there, and never will be. */
  breakOff({ file }: ArrivingBody): void {
    this.#engine.end(file, false);
    this.#holdings.releaseLater(file);
  }

  /** There was nothing to come. */
  finishEmpty({ file }: ArrivingBody): void {
    this.#engine.end(file, true);
    this.#holdings.releaseLater(file);
  }

  /** All of it is there: the record where it stays. `letGo` when the store has it. */
  async finish({ file, record }: ArrivingBody, bytes: number): Promise<{ readonly record: string; letGo(): void }> {
    this.#engine.end(file, true);
    if (bytes <= this.#limits.settledBytesMax) {
      const settled = `body:${this.newId()}`;
      const opened = await this.#opener.settleBody(file, settled, this.#limits.arenaBytesMax);
      if (opened.error === 0) {
        this.#holdings.releaseLater(file);
        return { record: settled, letGo: () => this.#holdings.releaseLater(opened.file) };
      }
    }
    return { record, letGo: () => this.#holdings.releaseLater(file) };
  }
}
