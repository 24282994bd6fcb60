// What a site says with every answer (--header, --cors, --security-headers), put on answers that others have made: those of origins,
// and what is said in their place. On the way out, so that none of it is stored.
import type { RequestHead } from '../http/head.ts';
import { listElements } from '../http/list-members.ts';
import type { FieldList } from '../http/response.ts';
import type { Conversation, Exchange, Peer } from './exchange.ts';
import type { Plan } from './plan.ts';
import { changed, CORS, isOfFiles, isOfNotModified, NOSNIFF, REPEATED, SECURITY } from './static/fields.ts';

export interface SiteWideOptions {
  /** In place of what the answer says under these names. */
  readonly headers: FieldList;
  readonly cors: boolean;
  /** Where the answer says nothing of the kind. */
  readonly securityHeaders: boolean;
}

/** What is said with answers of one kind. */
interface Said {
  /** In place of the answer's own; by name in lower case. */
  readonly instead: ReadonlyMap<string, readonly [name: string, value: string]>;
  /** Several lines of one name are several statements: beside the answer's own. */
  readonly beside: FieldList;
  /** The same, where the answer has lines of that name. */
  readonly besideTheirs?: FieldList;
  /** Members to add. */
  readonly vary: string | undefined;
  readonly security: FieldList;
}

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const MULTIPART = /^multipart\/byteranges/i;

export class SiteWide {
  readonly #whole: Said;
  readonly #notModified: Said;
  /** With redirects, errors, and what has no content. */
  readonly #aside: Said;
  /** Plans that are kept are given again and again. */
  readonly #made = new WeakMap<Plan, Plan>();
  /** With answers of the server's own. */
  readonly fields: FieldList;

  /** Undefined: there is nothing to say. */
  static of(options: SiteWideOptions): SiteWide | undefined {
    return options.headers.length > 0 || options.cors || options.securityHeaders ? new SiteWide(options) : undefined;
  }

  private constructor({ headers, cors, securityHeaders }: SiteWideOptions) {
    const own = changed([], [...(cors ? CORS : []), ...headers].map(([name, value]) => ({ name, value })));
    const named = new Set(own.map(([name]) => name.toLowerCase()));
    const security = securityHeaders ? [...SECURITY, NOSNIFF].filter(([name]) => !named.has(name.toLowerCase())) : [];
    const aside = own.filter(([name]) => !isOfFiles(name));
    this.#whole = said(own, security);
    this.#aside = said(aside, security);
    // A client replaces what it has stored by what is here (RFC 9111 §3.2), and what the origin says under these names is not.
    const again = said(own.filter(([name]) => isSaidAgain(name.toLowerCase())), []);
    this.#notModified = { ...again, besideTheirs: own.filter(([name]) => REPEATED.has(name.toLowerCase()) && !isSaidAgain(name.toLowerCase())) };
    this.fields = [...security.filter((field) => field !== NOSNIFF), ...aside]; // that one they have
  }

  on(plan: Plan): Plan {
    if (plan.tunnel) return plan; // what is said of a page is not said of a connection
    let made = this.#made.get(plan);
    if (!made) {
      made = plan.withFields(withSaid(plan.fields, this.#saidWith(plan.status)));
      if (!plan.source) this.#made.set(plan, made);
    }
    return made;
  }

  #saidWith(status: number): Said {
    if (status === NOT_MODIFIED) return this.#notModified;
    return status < 300 && status !== NO_CONTENT ? this.#whole : this.#aside;
  }
}

/** An exchange whose answers say what the site says with all of its own. */
export class SiteWideExchange implements Exchange {
  readonly #inner: Exchange;
  readonly #siteWide: SiteWide;

  constructor(inner: Exchange, siteWide: SiteWide) {
    this.#inner = inner;
    this.#siteWide = siteWide;
  }

  wants(request: RequestHead): boolean {
    return this.#inner.wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    const plan = this.#inner.known(request, nowMs, peer);
    return plan && this.#siteWide.on(plan);
  }

  async find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    return this.#siteWide.on(await this.#inner.find(request, nowMs, peer, conversation));
  }
}

/** Of a 304: what replaces nothing that is the origin's. */
function isSaidAgain(name: string): boolean {
  return isOfNotModified(name) && (name === 'set-cookie' || !REPEATED.has(name));
}

function said(own: FieldList, security: FieldList): Said {
  const instead = new Map<string, readonly [string, string]>();
  const beside: (readonly [string, string])[] = [];
  let vary: string | undefined;
  for (const field of own) {
    const name = field[0].toLowerCase();
    if (name === 'vary') vary = field[1];
    else if (REPEATED.has(name)) beside.push(field);
    else instead.set(name, field);
  }
  return { instead, beside, vary, security };
}

function withSaid(fields: FieldList, { instead, beside: always, besideTheirs = [], vary, security }: Said): FieldList {
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const beside = besideTheirs.length === 0 ? always : [...always, ...besideTheirs.filter(([name]) => names.has(name.toLowerCase()))];
  // The type of a multipart is that of its framing.
  const isFramed = fields.some(([name, value]) => name.toLowerCase() === 'content-type' && MULTIPART.test(value));
  const stays = (name: string): boolean => name === 'content-type' && isFramed;
  const kept = fields.filter(([name]) => !instead.has(name.toLowerCase()) || stays(name.toLowerCase()));
  return [
    ...(vary === undefined ? kept : varying(kept, vary)),
    ...[...instead].filter(([name]) => !stays(name)).map(([, field]) => field),
    ...beside.filter(([name, value]) => !fields.some((field) => field[0].toLowerCase() === name.toLowerCase() && field[1] === value)),
    ...security.filter(([name]) => !names.has(name.toLowerCase())),
  ];
}

/** Vary only ever grows, in one line. */
function varying(fields: FieldList, added: string): FieldList {
  const isVary = ([name]: FieldList[number]): boolean => name.toLowerCase() === 'vary';
  const before = fields.filter(isVary).map(([, value]) => value).join(', ');
  const there = new Set(listElements(before).map((member) => member.toLowerCase()));
  const missing = listElements(added).filter((member) => !there.has(member.toLowerCase()));
  const value = [...(before === '' ? [] : [before]), ...missing].join(', ');
  return [...fields.filter((field) => !isVary(field)), ['Vary', value]];
}
