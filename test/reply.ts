// A strict reader of HTTP/1.1 answers (RFC 9112 §4 to §7) for the tests: what a careless client would let pass is an error.

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) ([\x20-\x7e]*)$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*$/;
const CHUNK_SIZE = /^[0-9a-f]+$/i;
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;
const SINGLE = new Set(['content-length', 'content-type', 'date', 'etag', 'last-modified', 'location', 'content-range']);

export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  /** Names as they came, in order. */
  readonly names: readonly string[];
  readonly body: Buffer;
  /** The body ended with the connection. */
  readonly untilEnd: boolean;
}

/** An answer no client should have to understand. */
export class BadReply extends Error {
  override readonly name = 'BadReply';
}

export interface ReplyHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: Map<string, string>;
  readonly names: string[];
  /** Offset behind the empty line. */
  readonly end: number;
}

/** undefined: not all there yet. @throws BadReply */
export function readHead(bytes: Buffer, start: number): ReplyHead | undefined {
  const stop = bytes.indexOf('\r\n\r\n', start, 'latin1');
  if (stop < 0) return undefined;
  const [first, ...lines] = bytes.toString('latin1', start, stop).split('\r\n');
  const status = STATUS_LINE.exec(first!);
  if (!status) throw new BadReply(`status line ${JSON.stringify(first)}`);
  const fields = new Map<string, string>();
  const names: string[] = [];
  for (const line of lines) {
    const field = FIELD_LINE.exec(line);
    if (!field) throw new BadReply(`field line ${JSON.stringify(line)}`);
    const name = field[1]!.toLowerCase();
    if (fields.has(name) && SINGLE.has(name)) throw new BadReply(`${name} twice`);
    fields.set(name, fields.has(name) ? `${fields.get(name)!}, ${field[2]!}` : field[2]!);
    names.push(field[1]!);
  }
  if (!DATE.test(fields.get('date') ?? '')) throw new BadReply(`Date ${String(fields.get('date'))}`);
  return { status: Number(status[1]), reason: status[2]!, fields, names, end: stop + 4 };
}

/** How the body ends (RFC 9112 §6.3): a number of bytes, with the last chunk, or with the connection. @throws BadReply */
export function framingOf(head: ReplyHead, method: string): number | 'chunked' | 'end' {
  const { status, fields } = head;
  const length = fields.get('content-length');
  if (length !== undefined && !/^(0|[1-9]\d*)$/.test(length)) throw new BadReply(`Content-Length ${length}`);
  if (status < 200 || status === 204) {
    if (length !== undefined || fields.has('transfer-encoding')) throw new BadReply(`${status} with a length or a coding`);
    return 0;
  }
  if (method === 'HEAD' || status === 304) return 0;
  if (fields.has('transfer-encoding')) {
    if (fields.get('transfer-encoding') !== 'chunked' || length !== undefined) throw new BadReply('Transfer-Encoding beside another framing');
    return 'chunked';
  }
  return length === undefined ? 'end' : Number(length);
}

/** The payload of a chunked body and the offset behind it; undefined: not all there yet. @throws BadReply */
export function readChunked(bytes: Buffer, start: number): { readonly body: Buffer; readonly end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const stop = bytes.indexOf('\r\n', at, 'latin1');
    if (stop < 0) return undefined;
    const text = bytes.toString('latin1', at, stop);
    if (!CHUNK_SIZE.test(text)) throw new BadReply(`chunk size ${JSON.stringify(text)}`);
    const size = parseInt(text, 16);
    const end = stop + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (bytes.toString('latin1', end - 2, end) !== '\r\n') throw new BadReply('a chunk without its line end');
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(stop + 2, end - 2));
    at = end;
  }
}
