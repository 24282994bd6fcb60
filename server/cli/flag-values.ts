// From the text of a flag, or of its variable, to the value of the member that it sets. What text cannot be is left to the schema, which knows
// what is wanted; told here is what only a flag has: units, and forms of its own.
import { ALONE, UsageError } from './flags.ts';

/** How text becomes a value. */
export type Form = 'text' | 'list' | 'whole' | 'seconds' | 'octal' | 'size' | 'on' | 'off' | 'file' | 'fields' | 'rate';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const SECONDS_MAX = 3600;

/** @param name of the flag or the variable, for messages. @throws UsageError */
export function valueOf(form: Form, texts: readonly string[], name: string): unknown {
  const text = texts.at(-1) ?? '';
  switch (form) {
    case 'text': return text;
    case 'list': return texts;
    case 'whole': return numberOr(text);
    case 'on': return true;
    case 'off': return false;
    case 'file': return text === ALONE ? true : text;
    case 'seconds': return secondsOf(text, name) * 1000;
    case 'octal': return octalOf(text, name);
    case 'size': return bytesOf(text, name);
    case 'fields': return fieldsOf(texts, name);
    case 'rate': return rateOf(text, name);
  }
}

function numberOr(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function secondsOf(text: string, name: string): number {
  const seconds = numberOr(text);
  if (typeof seconds === 'string' || seconds > SECONDS_MAX) throw new UsageError(`${name} must be a whole number from 0 to ${SECONDS_MAX}, not "${text}"`);
  return seconds;
}

function octalOf(text: string, name: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new UsageError(`${name} must be three octal digits such as 660, not "${text}"`);
  return parseInt(text, 8);
}

/** A size such as 4096, 512m or 4g, in bytes. */
function bytesOf(text: string, name: string): number {
  const parts = /^(\d{1,9})([kmgt]?)(?:i?b)?$/i.exec(text);
  if (!parts) throw new UsageError(`${name} must be a size such as 512m or 4g, not "${text}"`);
  return Number(parts[1]) * UNITS[parts[2]!.toLowerCase()]!;
}

function fieldsOf(lines: readonly string[], name: string): Record<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new UsageError(`${name} must be a name, a colon and a value such as 'X-Robots-Tag: noindex', not "${line}"`);
    const field = line.slice(0, colon).trim();
    fields.set(field, [...(fields.get(field) ?? []), line.slice(colon + 1).trim()]);
  }
  return Object.fromEntries(fields);
}

function rateOf(text: string, name: string): { readonly perSecond: number; readonly burst?: number } {
  const [, perSecond, burst] = /^(\d+(?:\.\d+)?)(?::(\d+))?$/.exec(text) ?? [];
  if (perSecond === undefined) throw new UsageError(`${name} must be requests a second such as 10, or 10:50 with what may come at once, not "${text}"`);
  return { perSecond: Number(perSecond), ...(burst !== undefined && { burst: Number(burst) }) };
}
