// Bodies of stored responses in native records: those that are there are opened, from memory or from the store on disk,
// those that arrive are filled.
import { constants } from 'node:os';
import { threadId } from 'node:worker_threads';
import { layout, type Engine } from '../../native/index.ts';
import type { BodyFolder } from '../../cache/store/disk/body-folder.ts';
import { isFault } from '../../cache/store/disk/faults.ts';
import { isBodyId } from '../../cache/store/disk/layout.ts';
import type { Holdings, HeldVariant } from '../../cache/store/holdings.ts';
import type { StoredBody } from '../../cache/store/object.ts';
import { FileReader } from '../../cache/representation.ts';
import type { Opened, Opener } from '../opener.ts';
import type { VariantPlans } from './answers.ts';
import { DiskBody, type Flow } from './disk-body.ts';

export interface BodyLimits {
  /** Whole bodies up to this size are laid beside others, and have one record less; larger ones arrive on disk, where there is a store; bytes. */
  readonly settledBytesMax: number;
  /** Those up to this size have a place in the arena, too; bytes. */
  readonly arenaBytesMax: number;
  /** The largest that may arrive in memory; bytes. */
  readonly memoryBytesMax: number;
}

/** What is outside of this worker's own memory. */
export interface BodyPlaces {
  /** By record: other than 0 where it is nothing to be answered with; see Areas.broken. */
  readonly broken: () => Uint8Array;
  readonly disk: BodyFolder | undefined;
  /** A body is not there, or not what was stored. */
  readonly onLost: (key: string, record: string) => void;
  /** The disk has not taken a body; errno by name. */
  readonly onRefused: (error: string) => void;
}

/** A body that arrives through this worker. */
export interface ArrivingBody {
  /** By which other workers find it. */
  readonly record: string;
  /** This worker's number of it; held until let go. */
  readonly file: number;
  readonly disk?: DiskBody;
}

/** A body that is all there. */
export interface WholeBody {
  readonly record: string;
  /** False: the disk has refused it in the end. Its record is there until it is let go. */
  readonly isKept: boolean;
  /** When the store has it. */
  letGo(): void;
}

const { ENOENT, EBADMSG, ELOOP, ENOTDIR, ENXIO, EACCES, EIO } = constants.errno;
/** Anything else may be another way in a moment. */
const LOST: ReadonlySet<number> = new Set([ENOENT, EBADMSG, ELOOP, ENOTDIR, ENXIO, EACCES, EIO]);
/** Areas.broken. */
const DAMAGED = 2;

export class Bodies {
  readonly reader: FileReader;
  readonly #engine: Engine;
  readonly #opener: Opener;
  readonly #holdings: Holdings<VariantPlans>;
  readonly #limits: BodyLimits;
  readonly #places: BodyPlaces;
  /** Bytes as latin1. */
  readonly #folder: string;
  #lastId = 0;

  constructor(engine: Engine, opener: Opener, reader: FileReader, holdings: Holdings<VariantPlans>, limits: BodyLimits, places: BodyPlaces) {
    this.#places = places;
    this.#folder = Buffer.from(places.disk?.path ?? '', 'utf8').toString('latin1');
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

  /** Its bytes may not be sent any more: they were changed on disk, or are not what was stored. */
  isBroken({ file }: HeldVariant<VariantPlans>): boolean {
    return file >= 0 && this.#places.broken()[file] !== 0;
  }

  /** Makes the bytes of a variant this worker's, so that plans can name them. False: they are not there any more. */
  async open(held: HeldVariant<VariantPlans>, key: string): Promise<boolean> {
    if (this.isBroken(held) && !this.#reopens(held, key)) return false;
    if (held.file >= 0 || held.variant.bodies.length === 0) return true;
    const files = await this.hold(held.variant.bodies, key);
    if (files === undefined) return false;
    if (held.file >= 0) this.letGo(files); // two asked at once
    else [held.file = -1, ...held.others] = files;
    return true;
  }

  /** Whether it is worth while to open it again. */
  #reopens(held: HeldVariant<VariantPlans>, key: string): boolean {
    const isDamaged = this.#places.broken()[held.file] === DAMAGED;
    this.letGo([held.file, ...held.others]);
    held.file = -1;
    held.others = [];
    held.plans = undefined;
    if (isDamaged) this.#places.onLost(key, held.variant.bodies[0]!.record);
    return !isDamaged;
  }

  /** Numbers of their records, until they are let go. Undefined: one of them is not there any more. */
  async hold(bodies: readonly StoredBody[], key: string): Promise<readonly number[] | undefined> {
    const opened = bodies.length === 1 ? [await this.#open(bodies[0]!)] : await Promise.all(bodies.map((body) => this.#open(body)));
    if (opened.every(({ error }) => error === 0)) return opened.map(({ file }) => file);
    for (const [index, { error }] of opened.entries()) if (LOST.has(error)) this.#places.onLost(key, bodies[index]!.record);
    this.letGo(opened.filter(({ error }) => error === 0).map(({ file }) => file));
    return undefined;
  }

  async #open({ record, bytes }: StoredBody): Promise<Opened> {
    if (!isBodyId(record)) return this.#opener.kept(record);
    const { settledBytesMax, arenaBytesMax } = this.#limits;
    const opened = await this.#opener.stored(this.#folder, record, bytes, { hashBytesMax: settledBytesMax, arenaBytesMax, protect: layout.protect.AUTO });
    // Something is there, and it is no regular file.
    return opened.error === 0 && opened.file < 0 ? { ...opened, error: EBADMSG } : opened;
  }

  /** Behind the answer that is made of them in this turn. */
  letGo(files: readonly number[]): void {
    for (const file of files) this.#holdings.releaseLater(file);
  }

  /** A record that somebody fills; it is let go behind the answer that is made of it in this turn. Undefined: it is not there any more. */
  async follow(record: string): Promise<number | undefined> {
    const { error, file } = await this.#opener.kept(record);
    if (error !== 0) return undefined;
    this.#holdings.releaseLater(file);
    return file;
  }

  /** In memory. Undefined: there is none for it. */
  begin(): ArrivingBody | undefined {
    const record = `body:${this.newId()}`;
    const file = this.#engine.begin(record);
    return file < 0 ? undefined : { record, file };
  }

  /** The same, for no more than there may be there; -1: nobody knows. */
  beginInMemory(bytes: number): ArrivingBody | undefined {
    return bytes <= this.#limits.memoryBytesMax ? this.begin() : undefined;
  }

  isForDisk(bytes: number): boolean {
    return bytes > this.#limits.settledBytesMax && this.#places.disk !== undefined;
  }

  /** Undefined: there is no room for it. */
  async beginOnDisk(bytes: number): Promise<ArrivingBody | undefined> {
    const record = `body:${this.newId()}`;
    const disk = await DiskBody.begin(this.#engine, this.#places.disk!, record, bytes);
    if (typeof disk !== 'string') return { record, file: disk.record, disk };
    this.#places.onRefused(disk);
    return undefined;
  }

  /** From now on its bytes come. @param onRefused the disk has taken no more: it will not be whole. */
  drive({ disk }: ArrivingBody, flow: Flow, onRefused: () => void): void {
    disk?.drive(flow, (fault) => {
      this.#places.onRefused(fault);
      onRefused();
    });
  }

  /** Beyond it there is no room. */
  bytesMaxOf({ disk }: ArrivingBody): number {
    return disk ? Number.POSITIVE_INFINITY : this.#limits.memoryBytesMax;
  }

  /** False: there is no memory for more. */
  append({ file, disk }: ArrivingBody, chunk: Uint8Array): boolean {
    if (!disk) return this.#engine.append(file, chunk) === 0;
    disk.append(chunk);
    return true;
  }

  /** It is not all there, and never will be. */
  breakOff({ file, disk }: ArrivingBody): void {
    if (disk) disk.breakOff();
    else this.#engine.end(file, false);
    this.#holdings.releaseLater(file);
  }

  /** There was nothing to come. */
  finishEmpty({ file }: ArrivingBody): void {
    this.#engine.end(file, true);
    this.#holdings.releaseLater(file);
  }

  /** All of it is there: the record where it stays. */
  async finish({ file, record, disk }: ArrivingBody, bytes: number): Promise<WholeBody> {
    const letGo = (): void => this.#holdings.releaseLater(file);
    if (disk) {
      const id = await disk.finish();
      if (isFault(id)) this.#places.onRefused(id);
      return id === undefined || isFault(id) ? { record, isKept: false, letGo } : { record: id, isKept: true, letGo };
    }
    this.#engine.end(file, true);
    if (bytes <= this.#limits.settledBytesMax) {
      const settled = `body:${this.newId()}`;
      const opened = await this.#opener.settleBody(file, settled, this.#limits.arenaBytesMax);
      if (opened.error === 0) {
        letGo();
        return { record: settled, isKept: true, letGo: () => this.#holdings.releaseLater(opened.file) };
      }
    }
    return { record, isKept: true, letGo };
  }
}
