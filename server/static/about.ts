// What the server tells a page about itself: how the bytes of a path are kept and sent, and what this worker has done.
import { getSystemErrorName } from 'node:util';
import type { Entry } from '../../cache/entries.ts';
import type { FileFacts } from '../../cache/representation.ts';
import { METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { layout } from '../../native/index.ts';
import { bytesPlan, type Plan } from '../plan.ts';
import type { Chosen } from './codings.ts';
import type { EntryPlans } from './entry-plans.ts';
import type { Inquiry } from './inquiry.ts';

export interface AboutFacts {
  readonly version: string;
  readonly workers: number;
  /** Of this worker. */
  readonly requests: number;
  /** Of this worker: answers that were reset rather than finished with bytes of two versions. */
  readonly tornPrevented: number;
  readonly uptimeS: number;
}

type Choose = (entry: Entry<EntryPlans>, path: string) => Chosen | 'none' | undefined;

const PARAMETER = '?path=';
const NAMES = new Map(Object.entries(layout.protections).map(([name, number]) => [number, name.toLowerCase()]));

/** As the option `protect` has it. @param protection one of layout.protections */
export function protectionName(protection: number): string | undefined {
  return NAMES.get(protection);
}

export class About {
  /** The raw path under which it is told. */
  readonly path: string;
  readonly #facts: () => AboutFacts;
  readonly #factsOf: (file: number) => FileFacts;

  constructor(path: string, facts: () => AboutFacts, factsOf: (file: number) => FileFacts) {
    this.path = path;
    this.#facts = facts;
    this.#factsOf = factsOf;
  }

  /** Of the path after `?path=`, as it would be asked for; of the server alone without one. */
  plan(request: RequestHead, prefix: string, inquiry: Inquiry<EntryPlans>, choose: Choose, fields: FieldList): Plan | undefined {
    const asked = request.query.startsWith(PARAMETER) ? request.query.slice(PARAMETER.length) : undefined;
    // What is no path of this site may be one of another's, behind the prefix.
    const entry = asked?.startsWith('/') ? inquiry.entry(prefix + asked) : null;
    if (entry === undefined) return undefined;
    const chosen = entry?.kind === 'file' ? choose(entry, prefix + asked!) : 'none';
    if (chosen === undefined) return undefined;
    const told = { server: 'pagecast', ...this.#facts(), ...(asked !== undefined && { path: asked }), ...(asked !== undefined && !entry && { status: 404 }), ...(entry && this.#told(chosen === 'none' && entry.kind === 'file' ? 404 : entry.status, chosen)) };
    const plan = bytesPlan(200, [
      ['Content-Type', 'application/json'], ['Cache-Control', 'no-store'], ['X-Content-Type-Options', 'nosniff'], ...fields,
    ], Buffer.from(`${JSON.stringify(told)}\n`, 'latin1'));
    return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
  }

  /** Of the coding that who asks for this would get of the path, too. */
  #told(status: number, chosen: Chosen | 'none'): object {
    if (chosen === 'none') return { status };
    const { representation, coding } = chosen;
    const facts = this.#factsOf(representation.file);
    return {
      status,
      sentBy: sentBy(facts),
      protection: protectionName(facts.protection),
      cause: facts.cause === 0 ? null : getSystemErrorName(-facts.cause),
      bytes: facts.size,
      coding,
      etag: representation.validators.etag,
    };
  }
}

function sentBy({ inArena, isPrivate, protection }: FileFacts): string {
  const { LEASE, VERIFY } = layout.protections;
  if (inArena) return 'sendmsg from the arena: memory of this process, shared read-only';
  if (isPrivate) return 'sendfile from private memory';
  if (protection === LEASE) return 'sendfile from the page cache under a lease; a copy to peers on this host';
  return protection === VERIFY ? 'sendfile from the page cache, verified at the end' : 'sendfile from the page cache';
}
