// The words that the schema is made of. Each says in words what is wanted: faults tell it (faults.ts), and so does docs/CONFIG.md.
import { z } from 'zod';

/** What is wanted, in words that stand behind "must be". */
export const wants = z.registry<{ readonly type: string }>();

/** Of an issue that says in `message` what is wrong, and not what is wanted. */
export const SAYS = { says: true } as const;

function told<Schema extends z.ZodType>(schema: Schema, type: string): Schema {
  wants.add(schema, { type });
  return schema;
}

/** Both ends are allowed. */
export function whole(min: number, max: number) {
  const type = `a whole number from ${min} to ${max}`;
  return told(z.int(type).min(min, type).max(max, type), type);
}

/** Fractions, too, and Infinity where `max` is. */
export function amount(min: number, max: number) {
  const type = `a number from ${min} to ${max}`;
  return told(z.custom<number>((value) => typeof value === 'number' && value >= min && value <= max, type), type);
}

export function flag() {
  return told(z.boolean('true or false'), 'true or false');
}

/** @param why the others are not there. */
export function choice<const Names extends readonly string[]>(names: Names, why?: string) {
  const type = `${anyOf(names.map((name) => JSON.stringify(name)))}${why === undefined ? '' : ` (${why})`}`;
  return told(z.enum(names, type), type);
}

export function text(type: string, pattern = /^[^\0]+$/) {
  return told(z.string(type).regex(pattern, type), type);
}

/** Anything that `is` takes for a value. */
export function any<T>(type: string, is: (value: unknown) => value is T) {
  return told(z.custom<T>(is, type), type);
}

export function list<Item extends z.ZodType>(item: Item, type: string, max: number, min = 0) {
  return told(z.array(item, type).min(min, type).max(max, type), type);
}

/** Values by name; the names are looked at by those who judge it. */
export function named<Value extends z.ZodType>(value: Value, type: string) {
  return told(z.record(z.string(), value, type), type);
}

/** The words of an object's faults. Names that it has are in the message of the one for names that it has not. */
export function group<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(' ');
  return told(z.strictObject(shape, { error: ({ code }) => (code === 'unrecognized_keys' ? known : 'an object') }), 'an object');
}

export function oneOf<const Options extends readonly [z.ZodType, ...z.ZodType[]]>(type: string, options: Options) {
  return told(z.union(options, type), type);
}

/** With what no type can say: `fault` tells what is wrong with a value, in words behind its path and a colon. */
export function judged<Schema extends z.ZodType>(schema: Schema, fault: (value: z.output<Schema>) => string | undefined): Schema {
  const checked = schema.check((payload) => {
    if (payload.issues.length > 0) return; // it is wrong already
    const message = fault(payload.value);
    if (message !== undefined) payload.issues.push({ code: 'custom', input: payload.value, message, params: SAYS });
  });
  return told(checked, wants.get(schema)?.type ?? '');
}

/** Where in a group something is wrong, and what. */
export type Misfit = readonly [path: readonly (string | number)[], message: string];

/**
 * The same of members that must fit together. Asked also where members are wrong already, so that every fault is told at once: what
 * `misfits` looks at may be anything, and what it cannot judge it must take for good.
 */
export function related<Schema extends z.ZodType>(schema: Schema, misfits: (value: z.output<Schema>) => readonly Misfit[]): Schema {
  const check = z.check<z.output<Schema>>((payload) => {
    if (typeof payload.value !== 'object' || payload.value === null) return;
    for (const [path, message] of misfits(payload.value)) payload.issues.push({ code: 'custom', input: payload.value, path: [...path], message, params: SAYS });
  });
  check._zod.def.when = () => true;
  return told(schema.check(check), wants.get(schema)?.type ?? '');
}

function anyOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}` : words.join();
}
