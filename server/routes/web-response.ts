// What a handler has given, as a plan. A body that is there at once is sent as one piece, with its length; any other as it comes.
import { endToEndResponse } from '../../http/connection-fields.ts';
import type { FieldList } from '../../http/response.ts';
import { Plan, SPAN_BYTES, type Source } from '../plan.ts';

/** RFC 9110 §6.4.1, §15.3.6. */
const WITHOUT_CONTENT = new Set([204, 205, 304]);
const RESET_CONTENT = 205;
/** The sink says how the message is framed (RFC 9112 §6). */
const FRAMING = /^(?:content-length|transfer-encoding|trailer|upgrade)$/i;
/** What fetch() has decoded, while the fields still tell of it. */
const DECODED = /^(?:(?:x-)?gzip|deflate|br)(?:\s*,\s*(?:(?:x-)?gzip|deflate|br))*$/i;
/** More is sent as it comes, even where it is there. */
const AT_ONCE_BYTES_MAX = 256 << 10;

/**
 * @param onCancel nobody wants the rest of the body.
 * @throws what is wrong with what a handler gave, and what its body failed with before a byte of the answer was sent.
 */
export async function responsePlan(given: unknown, isHead: boolean, onCancel: () => void): Promise<Plan> {
  const response = responseIn(given);
  const { status, body } = response;
  const isDecoded = response.url !== '' && body !== null && DECODED.test(response.headers.get('content-encoding') ?? '');
  const fields = fieldsOf(response.headers, isDecoded);
  const dated = response.headers.has('date');
  const length = isDecoded ? undefined : statedLength(response.headers);
  if (WITHOUT_CONTENT.has(status)) {
    if (body) discard(body);
    return new Plan(status, status === RESET_CONTENT ? sized(fields, 0) : fields, [], 'none', { dated });
  }
  // Of an answer to HEAD the length is that of the answer to GET, which may be known to the handler alone.
  if (body === null) return new Plan(status, sized(fields, isHead ? length : 0), [], 'none', { dated });
  const source = new ResponseSource(body, onCancel);
  try {
    const whole = isHead && length !== undefined ? undefined : await source.atOnce();
    if (isHead) source.discard('HEAD has no content');
    if (isHead || whole?.length === 0) return new Plan(status, sized(fields, whole?.length ?? length), [], 'none', { dated });
    if (whole) return new Plan(status, sized(fields, whole.length), [{ kind: SPAN_BYTES, data: whole, length: whole.length }], 'length', { dated });
    return new Plan(status, sized(fields, length), [], length === undefined ? 'chunked' : 'length', { source, dated });
  } catch (error) {
    source.discard('it makes no answer');
    throw error;
  }
}

/** Nobody wants what a handler gave, if it is an answer at all. */
export function discardResponse(given: unknown): void {
  if (isResponse(given) && given.body && !given.body.locked) discard(given.body);
}

/** By its name: a handler's libraries may have a Response of their own. */
function isResponse(given: unknown): given is Response {
  return Object.prototype.toString.call(given) === '[object Response]';
}

function responseIn(given: unknown): Response {
  if (!isResponse(given)) throw new TypeError(`a handler must give a Response, not ${given === null ? 'null' : Array.isArray(given) ? 'an array' : typeof given}`);
  if (!(given.status >= 200 && given.status <= 599)) throw new TypeError(`a handler must give a Response with a status from 200 to 599, not ${given.type === 'error' ? 'a network error' : given.status}`);
  if (given.bodyUsed || given.body?.locked === true) throw new TypeError('a handler gave a Response whose body is read already');
  return given;
}

/** Several Set-Cookie are several lines (Fetch, "sort and combine"). */
function fieldsOf(headers: Headers, isDecoded: boolean): FieldList {
  return endToEndResponse([...headers]).filter(([name]) => !FRAMING.test(name) && !(isDecoded && name.toLowerCase() === 'content-encoding'));
}

/** undefined: there is none, or it is no length. */
function statedLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  const length = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  return length !== undefined && Number.isSafeInteger(length) ? length : undefined;
}

function sized(fields: FieldList, length: number | undefined): FieldList {
  return length === undefined ? fields : [['Content-Length', String(length)], ...fields];
}

function discard(body: ReadableStream): void {
  body.cancel().catch(() => undefined); // whatever it fails with, nobody wants it
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<unknown>['read']>>;

class ResponseSource implements Source {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #onCancel: () => void;
  #held: Uint8Array[] = [];
  #reading: Promise<Read> | undefined;

  constructor(body: ReadableStream<unknown>, onCancel: () => void) {
    this.#reader = body.getReader();
    this.#onCancel = onCancel;
  }

  /** The whole body, where it is there within this turn and not too large; what was read besides comes from pull(). */
  async atOnce(): Promise<Uint8Array | undefined> {
    const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
    for (let bytes = 0; bytes <= AT_ONCE_BYTES_MAX;) {
      this.#reading ??= this.#reader.read();
      const read = await Promise.race([this.#reading, turn]);
      if (read === undefined) return undefined;
      this.#reading = undefined;
      if (read.done) return Buffer.concat(this.#held);
      const chunk = bytesIn(read.value);
      bytes += chunk.length;
      this.#held.push(chunk);
    }
    return undefined;
  }

  async pull(): Promise<Uint8Array | undefined> {
    const held = this.#held.shift();
    if (held) return held;
    const reading = this.#reading ?? this.#reader.read();
    this.#reading = undefined;
    const { done, value } = await reading;
    return done ? undefined : bytesIn(value);
  }

  cancel(reason: string): void {
    this.discard(reason);
    this.#onCancel();
  }

  discard(reason: string): void {
    this.#held = [];
    this.#reader.cancel(reason).catch(() => undefined); // whatever it fails with, nobody wants it
  }
}

function bytesIn(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`the body of a Response must give Uint8Arrays, not ${typeof chunk}`);
}
