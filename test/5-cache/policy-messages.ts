// Messages and stored responses as data.
import { freshnessOf } from '../../cache/policy/freshness.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import { policyDefaults } from '../../cache/policy/options.ts';
import type { Variant } from '../../cache/store/object.ts';
import { formatDate } from '../../http/date.ts';
import type { FieldList } from '../../http/response.ts';

/** When every response of these tests comes. */
export const receivedMs = Date.UTC(2026, 0, 1, 12, 0, 0);

/** The HTTP-date so many seconds after that. */
export function dateAt(seconds: number): string {
  return formatDate(receivedMs + seconds * 1000);
}

/** One field a line, "name: value". */
export function fieldsIn(lines: readonly string[]): FieldList {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

export function requestWith(lines: readonly string[], methodText = 'GET'): RequestMessage {
  const fields = fieldsIn(lines);
  return {
    methodText,
    fieldNamed: (name) => {
      const values = fields.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(', ');
    },
  };
}

let variants = 0;

/** A complete 200 of 10 bytes that came at receivedMs, but for what is said. */
export function variantWith(lines: readonly string[], other: Partial<Variant> = {}): Variant {
  variants += 1;
  const fields = fieldsIn(lines);
  return {
    id: variants,
    status: 200,
    fields,
    freshness: freshnessOf({ status: 200, fields }, receivedMs, receivedMs, policyDefaults),
    requestMs: receivedMs,
    responseMs: receivedMs,
    varyNames: [],
    varyValues: [],
    bytes: 10,
    bodies: [{ record: `record-${variants}`, offset: 0, bytes: 10 }],
    tags: [],
    invalid: false,
    ...other,
  };
}
