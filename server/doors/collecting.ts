// A body on its way to a reader, kept beside up to a bound.

/** @param done called when all of it has been read, unless it was more than `bytesMax`. */
export function collected(body: ReadableStream<Uint8Array> | null, bytesMax: number, done: (bytes: Uint8Array) => void): ReadableStream<Uint8Array> | null {
  if (!body) {
    done(new Uint8Array(0));
    return null;
  }
  let chunks: Uint8Array[] | undefined = [];
  let length = 0;
  return body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length;
      if (length > bytesMax) chunks = undefined;
      chunks?.push(chunk.slice()); // its reader may write into it
      controller.enqueue(chunk);
    },
    flush() {
      if (chunks) done(Buffer.concat(chunks));
    },
  }));
}
