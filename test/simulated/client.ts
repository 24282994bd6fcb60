// A client of a storm: requests that follow each other on one connection, in pieces of any size; it reads as it
// pleases, and leaves when and how it pleases.
import type { Peer } from './peer.ts';
import type { Random } from './random.ts';
import { request } from './request.ts';

export type Subject = 'file' | 'source' | 'failing' | 'fixed' | 'malformed';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly subject: Subject;
  readonly text: Buffer;
  readonly range: readonly (readonly [start: number, end: number])[];
  readonly ifNoneMatch: string | undefined;
  readonly version: '1.0' | '1.1';
  /** The status of a fixed answer. */
  readonly status: number;
  /** It is the last one answered on its connection. */
  readonly last: boolean;
}

export type Leaving = 'stays' | 'finishes' | 'closes' | 'resets';

export class Client {
  readonly peer: Peer;
  readonly asked: readonly Asked[];
  readonly leaving: Leaving;
  /** Bytes said when it leaves early; -1: when everything is answered. */
  readonly leavesAt: number;
  readonly #offsets: number[] = [];
  readonly #begunMs: number[] = [];
  readonly #saidMs: number[] = [];
  readonly #heard: [bytes: number, ms: number][] = [];
  readonly #text: Buffer;
  #said = 0;
  /** It has said FIN. */
  finished = false;
  /** It went away of its own accord. */
  left = false;
  /** How the server ended it, if it did. */
  end: 'FIN' | 'reset' | undefined;

  constructor(peer: Peer, asked: readonly Asked[], random: Random) {
    this.peer = peer;
    this.asked = asked;
    this.#text = Buffer.concat(asked.map(({ text }) => text));
    let end = 0;
    for (const { text } of asked) this.#offsets.push((end += text.length));
    this.leaving = random.of(['stays', 'stays', 'stays', 'finishes', 'closes', 'resets']);
    this.leavesAt = this.leaving === 'stays' || random.chance(0.5) ? -1 : random.below(this.#text.length + 1);
  }

  /** Of requests that are complete: what answers a piece of one knows no method. */
  get methods(): readonly string[] {
    return this.asked.map(({ method }, index) => (this.#saidMs[index] === undefined ? '' : method));
  }

  get saidAll(): boolean {
    return this.#said === this.#text.length;
  }

  get said(): number {
    return this.#said;
  }

  say(bytesMax: number, nowMs: number): void {
    if (this.peer.gone || this.finished || this.saidAll) return;
    this.#said += this.peer.sayOnce(this.#text.subarray(this.#said, this.#said + bytesMax));
    while (this.#begunMs.length < this.asked.length && (this.#offsets[this.#begunMs.length - 1] ?? 0) < this.#said) this.#begunMs.push(nowMs);
    while (this.#saidMs.length < this.asked.length && this.#offsets[this.#saidMs.length]! <= this.#said) this.#saidMs.push(nowMs);
  }

  read(bytesMax: number, nowMs: number): number {
    const bytes = this.peer.read(bytesMax);
    if (bytes > 0) this.#heard.push([this.peer.heardBytes, nowMs]);
    if (!this.peer.gone && this.end === undefined) this.#seeEnd();
    return bytes;
  }

  /** A polite client closes when it has seen the end. */
  #seeEnd(): void {
    if (this.peer.is('RESET')) this.end = 'reset';
    else if (this.peer.is('ENDED')) this.end = 'FIN';
    else return;
    this.peer.close();
  }

  /** When the last byte of a request was said; undefined: not yet. */
  saidMs(index: number): number | undefined {
    return this.#saidMs[index];
  }

  /** From its first byte to its last; Infinity where that has not come. */
  tookMs(index: number): number {
    return (this.#saidMs[index] ?? Infinity) - (this.#begunMs[index] ?? 0);
  }

  /** When the byte before this offset was heard. */
  heardMs(offset: number): number {
    return this.#heard.find(([bytes]) => bytes >= offset)?.[1] ?? Infinity;
  }

  leave(): void {
    if (this.leaving === 'finishes') {
      this.finished = true;
      this.peer.finish();
      return;
    }
    this.left = true;
    if (this.leaving === 'closes') this.peer.close();
    else this.peer.reset();
  }
}

const RANGES: readonly (readonly [number, number])[][] = [[[0, 99]], [[10, 50_000]], [[0, 0]], [[5, 20], [2, 90]], [[60_000, 70_000], [0, 30_000]]];

/** Requests for some of these paths; the last may be malformed. */
export function askedOf(random: Random, paths: readonly string[], tags: readonly string[]): Asked[] {
  const asked: Asked[] = [];
  for (let left = random.between(1, 8); left > 0; --left) asked.push(one(random, paths, tags, left === 1));
  const end = asked.findIndex(({ last }) => last);
  return end < 0 ? asked : asked.slice(0, end + 1);
}

function one(random: Random, paths: readonly string[], tags: readonly string[], final: boolean): Asked {
  const fields: string[] = [];
  const version = random.chance(0.1) ? '1.0' : '1.1';
  const close = random.chance(0.05);
  if (close) fields.push('Connection: close');
  const last = close || version === '1.0';
  const base = { range: [], ifNoneMatch: undefined, version, status: 0, last } as const;
  const kind = random.below(20);
  if (final && kind === 0) return { ...base, method: 'GET', path: '/', subject: 'malformed', status: 400, last: true, text: Buffer.from('GET / HTTP/1.1\r\nHost : x\r\n\r\n') };
  if (kind === 1 || kind === 2) {
    const path = random.of(['/source/known', '/source/later', '/source/known', '/source/later', '/source/failing']);
    return { ...base, method: 'GET', path, subject: path === '/source/failing' ? 'failing' : 'source', last: last || path === '/source/failing', text: Buffer.from(request('GET', path, fields, version)) };
  }
  if (kind === 3) return { ...base, method: 'OPTIONS', path: '*', subject: 'fixed', status: 204, text: Buffer.from(request('OPTIONS', '/', fields, version)) };
  if (kind === 4) {
    const body = 'b'.repeat(random.scaled(1, 3000));
    const chunked = version === '1.1' && random.chance(0.5);
    const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
    const text = request('POST', '/', [...fields, framing], version) + (chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body);
    return { ...base, method: 'POST', path: '/', subject: 'fixed', status: 405, text: Buffer.from(text) };
  }
  const path = random.of(paths);
  const method = random.chance(0.1) ? 'HEAD' : 'GET';
  const range = method === 'GET' && random.chance(0.2) ? random.of(RANGES) : [];
  const ifNoneMatch = range.length === 0 && tags.length > 0 && random.chance(0.15) ? random.of(tags) : undefined;
  if (range.length > 0) fields.push(`Range: bytes=${range.map(([start, end]) => `${start}-${end}`).join(',')}`);
  if (ifNoneMatch !== undefined) fields.push(`If-None-Match: ${ifNoneMatch}`);
  return { ...base, method, path, subject: 'file', range, ifNoneMatch, text: Buffer.from(request(method, path, fields, version)) };
}
