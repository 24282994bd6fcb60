// A client at the other end of a simulated connection: what it has to say, and what it has heard.
import { parseResponses, type Heard, type Response } from './response.ts';
import { peerStates, type Nearness, type World } from './world.ts';

export class Peer {
  readonly number: number;
  readonly nearness: Nearness;
  readonly #world: World;
  #heard: Buffer[] = [];
  #waiting = Buffer.alloc(0);
  /** Bytes heard so far. */
  heardBytes = 0;
  /** Bytes that went either way, whatever they mean. */
  wireBytes = 0;
  /** It has closed or reset. */
  gone = false;

  constructor(world: World, number: number, nearness: Nearness) {
    this.#world = world;
    this.number = number;
    this.nearness = nearness;
  }

  /** Says as much as there is room for; the rest with the next push(). */
  say(text: string | Uint8Array): void {
    this.#waiting = Buffer.concat([this.#waiting, typeof text === 'string' ? Buffer.from(text, 'latin1') : text]);
    this.push();
  }

  /** How much of it there was room for; the rest is not kept. */
  sayOnce(bytes: Uint8Array): number {
    return this.#send(bytes);
  }

  /** True when everything is said. */
  push(bytesMax = Infinity): boolean {
    if (this.#waiting.length === 0) return true;
    const said = this.#send(this.#waiting.subarray(0, Math.min(bytesMax, this.#waiting.length)));
    this.#waiting = this.#waiting.subarray(said);
    return this.#waiting.length === 0;
  }

  read(bytesMax = 1 << 24): number {
    if (this.gone) return 0;
    const bytes = this.wire(bytesMax);
    this.hear(bytes);
    return bytes.length;
  }

  /** What has arrived. */
  protected wire(bytesMax = 1 << 24): Buffer {
    const bytes = this.#world.read(this.number, bytesMax);
    this.wireBytes += bytes.length;
    return bytes;
  }

  protected hear(bytes: Buffer): void {
    if (bytes.length > 0) this.#heard.push(bytes);
    this.heardBytes += bytes.length;
  }

  /** Everything heard since the last forget(). */
  get heard(): Buffer {
    if (this.#heard.length !== 1) this.#heard = [Buffer.concat(this.#heard)];
    return this.#heard[0]!;
  }

  parse(methods: readonly string[], ended = this.is('ENDED')): Heard {
    return parseResponses(this.heard, methods, ended);
  }

  /** Complete responses, and nothing else. */
  responses(methods: readonly string[]): readonly Response[] {
    const { responses, rest, fault } = this.parse(methods);
    if (rest > 0 || fault !== undefined) throw new Error(`${rest} bytes that are no complete response: ${fault ?? this.heard.toString('latin1', this.heard.length - rest).slice(0, 200)}`);
    return responses;
  }

  /** Of so many answers to GET, and nothing else. */
  statuses(count: number): readonly number[] {
    return this.responses(Array<string>(count).fill('GET')).map(({ status }) => status);
  }

  /** Nothing arrives any more, or again. */
  hold(held = true): void {
    this.#world.hold(this.number, held);
  }

  /** Bytes that its kernel has not confirmed. */
  get unacknowledged(): number {
    return this.#world.unacknowledged(this.number);
  }

  /** Bytes on their way, or not read, that are pages of a file still. */
  get referenced(): number {
    return this.#world.referenced(this.number);
  }

  forget(): void {
    this.#heard = [];
  }

  finish(): void {
    this.#world.finish(this.number);
  }

  close(): void {
    this.gone = true;
    this.#world.close(this.number);
  }

  reset(): void {
    this.gone = true;
    this.#world.reset(this.number);
  }

  is(state: keyof typeof peerStates): boolean {
    return (this.#world.state(this.number) & peerStates[state]) !== 0;
  }

  #send(bytes: Uint8Array): number {
    const sent = this.#world.send(this.number, bytes);
    this.wireBytes += sent;
    return sent;
  }
}
