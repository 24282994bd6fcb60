// Bounds of HTTP/2 that are no options: each holds something that a client could have as much of as it likes.

/** Requests of one connection at once: RFC 9113 §6.5.2 wants no fewer than 100. */
export const STREAMS_MAX = 128;
/** Content that a client may send of one request before anybody has asked for it; of one connection. */
export const STREAM_WINDOW_BYTES = 256 << 10;
export const CONNECTION_WINDOW_BYTES = 1 << 20;
/** Streams that were closed last, whose late frames are no error of the connection (RFC 9113 §5.1). */
export const CLOSED_STREAMS_KEPT = 256;

/** Frames that ask for nothing (resets, pings, settings, priorities, empty pieces of content): so many at once, and so many a second. */
export const IDLE_FRAMES_MAX = 1000;
export const IDLE_FRAMES_PER_SECOND = 50;

/** Frames of no stream's content that wait for a client to take them, in bytes. */
export const CONTROL_BYTES_MAX = 256 << 10;
/** Of content, in one command of the engine; and how much of a stream is asked of a source before its client has taken it. */
export const COMMAND_BYTES = 128 << 10;
export const STREAM_QUEUE_BYTES = 128 << 10;
