/**
 * Line ends, RFC 9112 §2.2: only CRLF. The RFC lets a recipient take a bare LF for a line end; we refuse it, because parsers
 * that disagree about where a line ends are how requests are smuggled.
 */
import { CR, LF } from './characters.ts';
import { BARE_CR, BARE_LF } from './refusal.ts';

/**
 * What the byte at `at` means where it has no place: a stray line end has its own refusal, any other byte is `otherwise`.
 * 0: a CR whose successor has not come yet, or nothing there yet. < 0: -(refusal code).
 */
export function refusalAt(bytes: Uint8Array, at: number, limit: number, otherwise: number): number {
  if (at >= limit) return 0;
  const byte = bytes[at]!;
  if (byte === LF) return -BARE_LF;
  if (byte !== CR) return -otherwise;
  if (at + 1 >= limit) return 0;
  return bytes[at + 1] === LF ? -otherwise : -BARE_CR;
}

/** Expects CRLF at `at`. > 0: offset just past it; 0: incomplete; < 0: -(refusal code), `otherwise` for what is no line end. */
export function afterLineEnd(bytes: Uint8Array, at: number, limit: number, otherwise: number): number {
  if (at + 1 < limit && bytes[at] === CR && bytes[at + 1] === LF) return at + 2;
  return refusalAt(bytes, at, limit, otherwise);
}
