// Dates as a cache reads them: RFC 9111 §4.2 asks to match an HTTP-date whatever its case, and nothing more lenient.
import { parseDate } from '../../http/date.ts';
import type { FieldList } from '../../http/response.ts';
import { singletonOf } from './message.ts';

/** "Wednesday, 06-Nov-94 08:49:37 GMT" is the longest there is. */
const DATE_LENGTH_MAX = 33;

/** Milliseconds since 1970; NaN for what is no HTTP-date. nowMs decides the century of an rfc850-date. */
export function cacheDate(text: string, nowMs: number): number {
  if (text.length > DATE_LENGTH_MAX) return Number.NaN;
  const ms = parseDate(text, nowMs);
  return Number.isNaN(ms) ? parseDate(canonicalCase(text), nowMs) : ms;
}

/**
 * When the response was generated: Date, or when it was received where there is none or none that can be read (RFC 9110
 * §6.6.1: an invalid one may be replaced with that time). Milliseconds since 1970.
 */
export function dateOf(fields: FieldList, receivedMs: number): number {
  const ms = dateNamed(fields, 'date', receivedMs);
  return Number.isNaN(ms) ? receivedMs : ms;
}

/** NaN where there is none that can be read. */
export function lastModifiedOf(fields: FieldList, receivedMs: number): number {
  return dateNamed(fields, 'last-modified', receivedMs);
}

/** NaN where the field is absent, malformed, or there twice with different values. */
export function dateNamed(fields: FieldList, name: string, receivedMs: number): number {
  const text = singletonOf(fields, name);
  return text === undefined ? Number.NaN : cacheDate(text, receivedMs);
}

function canonicalCase(text: string): string {
  return text.toLowerCase().replaceAll(/[a-z]+/g, (word) => (word === 'gmt' ? 'GMT' : word.charAt(0).toUpperCase() + word.slice(1)));
}
