// A request as hooks see it, and the one that they make of it: the head is written and parsed anew, so that what follows sees
// nothing but a request, and one that can be sent.
import { targetCharacters } from '../../http/characters.ts';
import { RequestHead, TARGET_ABSOLUTE } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { listElements } from '../../http/list-members.ts';
import { refusals } from '../../http/refusal.ts';
import { primaryKey } from '../../cache/key.ts';
import type { Peer } from '../exchange.ts';
import type { HookDecision, HookRequest } from './hook-api.ts';
import { Query } from './query.ts';

/** Of a rewritten head: what one rewrite makes of one that was let in. */
const REWRITTEN = { headBytesMax: 1 << 20, targetBytesMax: 1 << 19 } as const;
/** They say where the message ends, and for whom it is. */
const FRAMING = new Set(['connection', 'content-length', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

export class HookedRequest implements HookRequest {
  #head: RequestHead;
  readonly #peer: Peer;
  #query: Query | undefined;

  constructor(head: RequestHead, peer: Peer) {
    this.#head = head;
    this.#peer = peer;
  }

  /** It is asked beyond this turn. */
  outlive(head: RequestHead): void {
    this.#head = head;
  }

  get method(): string {
    return this.#head.methodText;
  }

  get host(): string {
    return this.#head.authority;
  }

  get path(): string {
    return this.#head.path;
  }

  get query(): Query {
    return (this.#query ??= new Query(this.#head.query));
  }

  get url(): string {
    return `${this.#head.scheme}://${this.#head.authority}${this.#head.path}${this.#head.query}`;
  }

  get address(): string {
    return this.#peer.address;
  }

  field(name: string): string | undefined {
    return this.#head.fieldNamed(name);
  }
}

/** The request with another path, query or other fields. @throws what is wrong with the decision. */
export function rewritten(head: RequestHead, { path, query, fields = {} }: HookDecision): RequestHead {
  const changes = changesOf(fields);
  const target = path === undefined && query === undefined ? head.path + head.query : `${pathOf(path ?? head.path)}${query === undefined ? head.query : queryOf(query)}`;
  // The authority of an absolute target comes before Host (RFC 9112 §3.2.2); the new one has no other.
  if (head.targetForm === TARGET_ABSOLUTE && !changes.has('host')) changes.set('host', ['Host', head.authority]);
  const lines: string[] = [];
  // A client that names a field in Connection has it removed (RFC 9110 §7.6.1), but not one that a hook has set.
  for (let i = 0; i < head.fieldCount; ++i) {
    const name = head.fieldName(i).toLowerCase();
    if (name === 'connection') lines.push(`Connection: ${listElements(head.fieldValue(i)).filter((option) => !changes.has(option.toLowerCase())).join(', ')}`);
    else if (!changes.has(name)) lines.push(`${head.fieldName(i)}: ${head.fieldValue(i)}`);
  }
  for (const [name, value] of changes.values()) if (value !== null) lines.push(`${name}: ${value}`);
  const bytes = new Uint8Array(latin1Bytes(`${head.methodText} ${target} HTTP/1.${head.versionMinor}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`));
  const next = new RequestHead({ ...REWRITTEN, fieldsMax: lines.length + 1 });
  const end = next.parse(bytes, 0, bytes.length);
  if (end !== bytes.length) throw new Error(`the request is none any more: ${end < 0 ? refusals[-end]!.text : 'it does not end'}`);
  next.scheme = head.scheme;
  next.fromHttp2 = head.fromHttp2;
  return next;
}

/** The key with another query in the place of the request's. */
export function keyWith(head: RequestHead, query: Query): string {
  return primaryKey(head.scheme, head.authority, head.path, query.toString());
}

function changesOf(fields: unknown): Map<string, readonly [name: string, value: string | null]> {
  if (typeof fields !== 'object' || fields === null) throw new Error('fields must be an object of names and values');
  const changes = new Map<string, readonly [string, string | null]>();
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    const lower = name.toLowerCase();
    if (FRAMING.has(lower)) throw new Error(`${name} belongs to the message as it came and cannot be changed`);
    if (value !== null && (typeof value !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(value))) throw new Error(`not a value for ${name}: ${JSON.stringify(value)}`);
    if (name === '' || /[^!#$%&'*+.^`|~\w-]/.test(name)) throw new Error(`not a field name: ${JSON.stringify(name)}`);
    changes.set(lower, [name, value]);
  }
  return changes;
}

function pathOf(path: unknown): string {
  if (typeof path !== 'string' || !(path.startsWith('/') || path === '*') || path.includes('?') || !isOfTarget(path)) {
    throw new Error(`path must begin with a slash, be percent-encoded and have no query, not ${JSON.stringify(path)}`);
  }
  return path;
}

function queryOf(query: unknown): string {
  const text = query instanceof Query ? query.toString() : query;
  if (typeof text !== 'string' || !isOfTarget(text)) throw new Error(`query must be percent-encoded text, not ${JSON.stringify(query)}`);
  return text === '' || text.startsWith('?') ? text : `?${text}`;
}

function isOfTarget(text: string): boolean {
  for (let i = 0; i < text.length; ++i) if (targetCharacters[text.charCodeAt(i)] !== 1) return false;
  return true;
}
