// Every bound of the burst loop, with its unit and default. Checked at start (options.ts).
export interface LoopLimits {
  /** Connections of one worker at once. */
  readonly connectionsMax: number;
  /** From a connection's or request's first moment to the end of its head, in milliseconds. */
  readonly headTimeoutMs: number;
  /** Between two pieces of a request body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Between an answer and the next request on its connection, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Without a byte taken by the peer while an answer is under way, in milliseconds. */
  readonly sendTimeoutMs: number;
  /** For the peer to close after our last answer, in milliseconds. */
  readonly lingerTimeoutMs: number;
  /** For a handler's Response, since the request or since the last piece of its content that the handler has read; in milliseconds. */
  readonly handlerTimeoutMs: number;
  /** Without a byte either way once the protocol was changed, in milliseconds; no other bound of time applies then. */
  readonly tunnelIdleTimeoutMs: number;
  /** Bytes of a request's head, all together. */
  readonly headBytesMax: number;
  /** Fields of a request's head. */
  readonly fieldsMax: number;
  /** Bytes of a request's target: path and query. */
  readonly targetBytesMax: number;
  /** Bytes of a request body that nobody wants which are read and thrown away to keep the connection. */
  readonly discardBytesMax: number;
  /** Bytes of a request body that an exchange wants. It is passed on as it comes: this bounds no memory. */
  readonly bodyBytesMax: number;
  /** Without a sign of life of a worker's loop, in milliseconds, before the worker is ended and another one takes its place; at least 1000. 0: it is left alone. */
  readonly workerHungMs: number;
}

export const loopLimits: LoopLimits = {
  connectionsMax: 32_768,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
  idleTimeoutMs: 75_000,
  sendTimeoutMs: 30_000,
  lingerTimeoutMs: 5_000,
  handlerTimeoutMs: 30_000,
  tunnelIdleTimeoutMs: 3_600_000,
  headBytesMax: 16_384,
  fieldsMax: 100,
  targetBytesMax: 8_192,
  discardBytesMax: 1 << 20,
  bodyBytesMax: 1 << 30,
  workerHungMs: 10_000,
};
