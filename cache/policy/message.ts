// What policy sees of messages: values only, no bytes and no connection.
import type { FieldList } from '../../http/response.ts';

/** A RequestHead is one. */
export interface RequestMessage {
  readonly methodText: string;
  /** Lines of a field joined by ", "; undefined where it is absent. The name is in any case. */
  fieldNamed(name: string): string | undefined;
}

export interface ResponseMessage {
  readonly status: number;
  /** End-to-end fields as the origin sent them. */
  readonly fields: FieldList;
}

/** Values of the lines of a field, in order. `name` is in lower case. */
export function linesOf(fields: FieldList, name: string): readonly string[] {
  const values: string[] = [];
  for (const [key, value] of fields) if (isNamed(key, name)) values.push(value);
  return values;
}

/** The lines joined by ", " (RFC 9110 §5.2); undefined where there are none. `name` is in lower case. */
export function valueOf(fields: FieldList, name: string): string | undefined {
  const values = linesOf(fields, name);
  return values.length === 0 ? undefined : values.join(', ');
}

/** The one value of a field that is no list; undefined where it is absent, or said twice and differently. */
export function singletonOf(fields: FieldList, name: string): string | undefined {
  const [first, ...others] = linesOf(fields, name);
  return first !== undefined && others.every((value) => value === first) ? first : undefined;
}

/** `fields` without those of a name in `names`, which are in lower case. */
export function withoutFields(fields: FieldList, names: { has(name: string): boolean }): FieldList {
  return fields.filter(([name]) => !names.has(name.toLowerCase()));
}

function isNamed(key: string, name: string): boolean {
  return key.length === name.length && (key === name || key.toLowerCase() === name);
}
