// The answer that a hook gives in the place of an origin's.
import { fieldValueCharacters, tokenCharacters } from '../../http/characters.ts';
import { METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { bytesPlan, emptyPlan, type Plan } from '../plan.ts';

/** RFC 9110 §6.4.1, §8.6: these have neither content nor its length. */
const WITHOUT_CONTENT = 204;
const NOT_MODIFIED = 304;
const KEYS = new Set(['status', 'fields', 'body']);
/** The sink writes them. */
const FRAMING = new Set(['connection', 'content-length', 'date', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
const NO_BYTES = new Uint8Array(0);

/** @param answer a HookAnswer, or whatever the module gave. @throws what is wrong with it. */
export function answerPlan(request: RequestHead, answer: unknown): Plan {
  if (typeof answer !== 'object' || answer === null) throw new Error('respond must be an object with a status');
  const { status, fields = {}, body, ...others } = answer as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(others)) if (!KEYS.has(key)) throw new Error(`respond has no "${key}"`);
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599 || status === NOT_MODIFIED) {
    throw new Error(`respond.status must be a status from 200 to 599 and not 304, not ${JSON.stringify(status)}`);
  }
  if (typeof fields !== 'object' || fields === null) throw new Error('respond.fields must be an object of names and values');
  const own = fieldsOf(fields as Readonly<Record<string, unknown>>);
  const content = contentOf(body);
  if (status === WITHOUT_CONTENT) {
    if (content.length > 0) throw new Error('an answer of status 204 has no body');
    return emptyPlan(status, own);
  }
  const typed = typeof body !== 'string' || body === '' || own.some(([name]) => name.toLowerCase() === 'content-type');
  const plan = bytesPlan(status, typed ? own : [['Content-Type', 'text/plain; charset=utf-8'], ...own], content);
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}

/** Lines of a head. @throws on a name or a value that would break it. */
export function fieldsOf(given: Readonly<Record<string, unknown>>): FieldList {
  return Object.entries(given).flatMap(([name, value]) => linesOf(name, value));
}

/** @throws */
export function linesOf(name: string, given: unknown): FieldList {
  if (FRAMING.has(name.toLowerCase())) throw new Error(`${name} is not a hook's to set`);
  if (name === '' || !consistsOf(name, tokenCharacters)) throw new Error(`not a field name: ${JSON.stringify(name)}`);
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  return values.map((value) => {
    const text = typeof value === 'string' ? Buffer.from(value.trim(), 'utf8').toString('latin1') : undefined;
    if (text === undefined || !consistsOf(text, fieldValueCharacters)) throw new Error(`not a value for ${name}: ${JSON.stringify(value)}`);
    return [name, text] as const;
  });
}

function contentOf(body: unknown): Uint8Array {
  if (body === undefined) return NO_BYTES;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  // The module may write into its bytes again, before they are sent.
  if (body instanceof Uint8Array) return new Uint8Array(body);
  throw new Error(`respond.body must be text or a Uint8Array, not ${typeof body}`);
}

function consistsOf(text: string, characters: Uint8Array): boolean {
  for (let i = 0; i < text.length; ++i) if (characters[text.charCodeAt(i)] !== 1) return false;
  return true;
}
