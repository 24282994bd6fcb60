// Where bodies are written: by the thread that has the store, and by others of its process that are told where.
import { ArrivingFile, type ArrivingHow, type Place } from './arriving-file.ts';
import { type Fault, Faults } from './faults.ts';
import { StoreLayout } from './layout.ts';

/** Plain data, for another thread. */
export interface BodyFolderOptions {
  /** Of the store; an absolute path. */
  readonly folder: string;
  readonly run: string;
  readonly how: ArrivingHow;
  readonly durable: boolean;
}

export class BodyFolder {
  readonly #place: Place;
  readonly #how: ArrivingHow;

  constructor(place: Place, how: ArrivingHow) {
    this.#place = place;
    this.#how = how;
  }

  static of({ folder, run, how, durable }: BodyFolderOptions): BodyFolder {
    return new BodyFolder({ layout: new StoreLayout(folder, run), faults: new Faults(), durable }, how);
  }

  /** Bodies are below it, in folders named by the first two digits of their ids. */
  get path(): string {
    return this.#place.layout.bodies;
  }

  /** A new body; it is to be ended by finish() or abandon(). */
  begin(): Promise<ArrivingFile | Fault> {
    return ArrivingFile.begin(this.#place, this.#how);
  }

  /** Faults by their errno. */
  counts(): Readonly<Record<string, number>> {
    return this.#place.faults.counts();
  }
}
