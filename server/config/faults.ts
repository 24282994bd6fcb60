// What is wrong with a config, in words: where, what was given, and what is wanted.
import type { z } from 'zod';
import { nearest } from './near.ts';
import type { ConfigPath } from './resolved.ts';

/** One fault. */
export interface Fault {
  readonly path: ConfigPath;
  /** Behind the path, such as ` must be true or false, not "yes"`; with no path it stands alone. */
  readonly text: string;
}

type Issue = z.core.$ZodIssue;

const SHOWN_CHARACTERS_MAX = 80;
const PLAIN = /^[A-Za-z_]\w*$/;
/** Of these no value is shown. */
const SECRET = /(?:^|\.)(?:users(?:\[\d+\])?|redis|privateKey|token)$/;

/** Every fault of a value, in the order of the schema. @param at where in a config it stands. */
export function faultsOf(schema: z.ZodType, given: unknown, at: ConfigPath = []): Fault[] {
  const { error } = schema.safeParse(given);
  if (!error) return [];
  const told = new Set<string>();
  return error.issues.flatMap((issue) => faultsOfIssue(issue, given, at, [])).filter((fault) => {
    const text = faultText(fault);
    return !told.has(text) && told.add(text);
  });
}

/** One line. */
export function faultText({ path, text }: Fault): string {
  return text.startsWith('unknown option') ? text : `${pathText(path)}${text}`;
}

/** As it would be written in JavaScript: `sites[1].headers["X-Frame-Options"]`. */
export function pathText(path: ConfigPath): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : PLAIN.test(key) ? `${i > 0 ? '.' : ''}${cut(key)}` : `[${quoted(key)}]`)).join('');
}

/** @param within where the issue's own path begins, in `given`. */
function faultsOfIssue(issue: Issue, given: unknown, at: ConfigPath, within: ConfigPath): Fault[] {
  const inner = [...within, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  const path = [...at, ...inner];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], text: unknownText([...path, key], issue.message.split(' ')) }));
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.filter((issues) => !issues.some(isNotMeant));
    // The value is what one of the alternatives wants, and something in it is wrong.
    if (meant.length === 1) return meant[0]!.flatMap((one) => faultsOfIssue(one, given, at, inner));
  }
  if (isSaying(issue)) return [{ path, text: path.length > 0 ? `${issue.message.startsWith('must ') ? ' ' : ': '}${issue.message}` : issue.message }];
  return [{ path, text: `${path.length > 0 ? '' : 'the config'} must be ${issue.message}${shown(valueAt(given, inner), path)}` }];
}

/** The alternative is another kind of value. */
function isNotMeant(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value' || (issue.code === 'custom' && !isSaying(issue)));
}

function isSaying(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.['says'] === true;
}

function unknownText(path: ConfigPath, known: readonly string[]): string {
  const key = String(path.at(-1));
  const near = nearest(key, known);
  return `unknown option "${pathText(path)}"${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function shown(value: unknown, path: ConfigPath): string {
  if (value === undefined) return ', and is missing';
  return `, not ${SECRET.test(pathText(path)) && typeof value === 'string' ? 'what was given' : valueText(value)}`;
}

/** What was given, on one line. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof URL) return value.href.slice(0, SHOWN_CHARACTERS_MAX);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return value instanceof Promise ? 'a promise' : value instanceof RegExp ? 'a regular expression' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function cut(text: string): string {
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}

/** No byte of it steers a terminal: JSON leaves DEL and the C1 controls as they are. */
function quoted(text: string): string {
  const json = JSON.stringify(cut(text));
  return json.replaceAll(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function valueAt(given: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined), given);
}
