// A chunked body as RFC 9112 §7.1 spells it and as we write it: no extensions, no leading zeros, no trailers, every byte accounted for.

export interface Chunks {
  readonly sizes: readonly number[];
  readonly body: Buffer;
  /** Offset behind the last chunk, or -1: it has not come. */
  readonly end: number;
}

/** @throws where it is no such thing. */
export function chunksOf(bytes: Buffer, start: number): Chunks {
  const sizes: number[] = [];
  const pieces: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at, 'latin1');
    if (line < 0) return { sizes, body: Buffer.concat(pieces), end: -1 };
    const text = bytes.toString('latin1', at, line);
    if (!/^(0|[1-9a-f][0-9a-f]*)$/.test(text)) throw new Error(`chunk size ${JSON.stringify(text)}`);
    const size = parseInt(text, 16);
    const data = line + 2;
    if (bytes.length < data + size + 2) return { sizes, body: Buffer.concat([...pieces, bytes.subarray(data, data + size)]), end: -1 };
    if (bytes.toString('latin1', data + size, data + size + 2) !== '\r\n') throw new Error('a chunk without its line end');
    if (size === 0) return { sizes, body: Buffer.concat(pieces), end: data + 2 };
    sizes.push(size);
    pieces.push(bytes.subarray(data, data + size));
    at = data + size + 2;
  }
}
