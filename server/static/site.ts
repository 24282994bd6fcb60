// One folder as a site: from a request to a plan, in this order.
//
//   forced rule -> file, or page without its extension -> folder's index, listing -> rule -> shell of an application -> error page
//
// Written as if everything were known; where it is not, `undefined` is handed up and the answer is begun anew (inquiry.ts).
import mime from 'mime';
import type { Entry } from '../../cache/entries.ts';
import { acceptsType, isNavigation } from '../../http/accept.ts';
import { wantsDigest } from '../../http/digest.ts';
import { FIELD_ACCEPT, FIELD_WANT_REPR_DIGEST, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import { canonicalDirectoryLocation, canonicalLocation } from '../../http/path.ts';
import { textPlan, type Plan } from '../plan.ts';
import type { Match } from '../rules/redirects.ts';
import type { About } from './about.ts';
import { pagePlan, selectedOf, selectedPlan, type HeadFields } from '../answers.ts';
import type { Chosen, Codings } from './codings.ts';
import { plansOf, selectedIn, type EntryPlans } from './entry-plans.ts';
import { ErrorAnswers } from './errors.ts';
import { UNCHANGED, type FieldChanges, type SiteFields } from './fields.ts';
import type { Inquiry } from './inquiry.ts';
import { listingPlan, NOT_LISTED, type Listed, type Listings } from './listings.ts';
import { NOTHING_HERE } from './nothing.ts';
import { HEADERS_FILE, REDIRECTS_FILE, type SiteRules } from './site-rules.ts';

export interface SiteOptions {
  /** The shell of a single-page application, a raw path; undefined: none. */
  readonly shell: string | undefined;
  /** `/a` for a.html: served, made the only way by redirects, or not at all. */
  readonly cleanUrls: 'serve' | 'redirect' | 'off';
  /** What the folder has nothing for is somebody else's to answer: NOTHING_HERE in place of an error page. */
  readonly yields: boolean;
}

export interface SiteParts {
  readonly options: SiteOptions;
  /** Of every path below the root: '' or '/folder'. */
  readonly prefix: string;
  readonly fields: SiteFields;
  readonly codings: Codings;
  readonly rules: SiteRules<EntryPlans> | undefined;
  readonly listings: Listings | undefined;
  readonly about: About | undefined;
}

type SiteEntry = Entry<EntryPlans>;
type SiteInquiry = Inquiry<EntryPlans>;

const RULE_FILES = new Set([HEADERS_FILE, REDIRECTS_FILE]);

export class Site {
  readonly #parts: SiteParts;
  readonly #errors: ErrorAnswers;

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.#errors = new ErrorAnswers(parts.prefix, parts.fields);
  }

  /** The answer to GET or HEAD; undefined: something is not known yet. */
  plan(request: RequestHead, inquiry: SiteInquiry): Plan | undefined {
    const ruling = this.#parts.rules ? this.#parts.rules.of(request, inquiry) : { match: undefined, fields: UNCHANGED };
    if (ruling === undefined) return undefined;
    const { match, fields } = ruling;
    const { about, prefix } = this.#parts;
    if (about?.path === request.path) return this.#about(request, about, fields, inquiry);
    if (match?.forced) return this.#follow(request, match, fields, inquiry);
    const found = prefix + request.path;
    const entry = inquiry.entry(found);
    if (entry === undefined) return undefined;
    if (entry.kind === 'file' && !this.#isHidden(entry)) {
      const away = this.#parts.options.cleanUrls === 'redirect' ? withoutExtension(request.path) : undefined;
      const leads = away === undefined ? false : this.#leadsTo(entry, away, inquiry);
      if (leads === undefined) return undefined;
      return leads ? this.#moved(request, canonicalLocation(away!, request.query), fields) : this.#file(request, entry, found, fields, inquiry);
    }
    if (entry.status === 400) return this.#nothing(request, 400, fields, inquiry);
    return this.#withoutFile(request, entry, match, fields, inquiry);
  }

  #about(request: RequestHead, about: About, { changes }: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    const choose = (entry: SiteEntry, path: string): Chosen | 'none' | undefined => (this.#isHidden(entry) ? 'none' : this.#choose(request, entry, path, inquiry));
    return about.plan(request, this.#parts.prefix, inquiry, choose, this.#parts.fields.beside(changes));
  }

  /** Whether a page would be found without its extension, and no other file in its place. */
  #leadsTo(page: SiteEntry, away: string, inquiry: SiteInquiry): boolean | undefined {
    const entry = inquiry.entry(this.#parts.prefix + away);
    if (entry === undefined) return undefined;
    if (entry.kind === 'file') return entry.path === page.path;
    return entry.kind !== 'refused' && !away.endsWith('/') && mayBePage(away);
  }

  /** There is no file of this very name. */
  #withoutFile(request: RequestHead, entry: SiteEntry, match: Match | undefined, fields: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    const { options, prefix, listings } = this.#parts;
    const isFolder = request.path.endsWith('/');
    if (options.cleanUrls !== 'off' && entry.kind !== 'refused' && request.path !== '/' && mayBePage(request.path)) {
      const path = `${prefix}${isFolder ? request.path.slice(0, -1) : request.path}.html`;
      const page = inquiry.entry(path);
      if (page === undefined) return undefined;
      if (page.kind === 'file') {
        return isFolder ? this.#moved(request, canonicalLocation(request.path.slice(0, -1), request.query), fields) : this.#file(request, page, path, fields, inquiry);
      }
    }
    if (entry.kind === 'directory') {
      const hasPage = listings !== undefined || !options.yields ? true : this.#hasIndex(request, inquiry);
      if (hasPage === undefined) return undefined;
      if (hasPage) return this.#moved(request, canonicalDirectoryLocation(request.path, request.query), fields);
    }
    if (listings && isFolder && entry.kind === 'missing') {
      const listed = this.#listed(request, listings, inquiry);
      if (listed === undefined) return undefined;
      if (listed.error === 0) return withBody(request, listingPlan(request, listed, this.#parts.fields.beside(fields.changes)));
      if (listed.error === EACCES) return this.#errors.plan(request, 403, fields, inquiry);
    }
    if (entry.kind === 'refused' && entry.status !== 404) return this.#errors.plan(request, entry.status, fields, inquiry);
    if (match) return this.#follow(request, match, fields, inquiry);
    if (options.shell === undefined || !mayBePage(request.path)) return this.#nothing(request, 404, fields, inquiry);
    const both = byWhoAsks(fields);
    return wantsPage(request) ? this.#page(request, 200, prefix + options.shell, both, inquiry) : this.#errors.plan(request, 404, both, inquiry);
  }

  /** Whether a folder is worth a redirect to its slash: one without an index may have the name of somebody else's page. */
  #hasIndex(request: RequestHead, inquiry: SiteInquiry): boolean | undefined {
    const index = inquiry.entry(`${this.#parts.prefix}${request.path}/`);
    return index && index.kind !== 'missing';
  }

  /** A listing is read anew each time: where most paths are somebody else's, the folder is looked for first. */
  #listed(request: RequestHead, listings: Listings, inquiry: SiteInquiry): Listed | undefined {
    const { options, prefix } = this.#parts;
    if (options.yields && request.path !== '/') {
      const folder = inquiry.entry(prefix + request.path.slice(0, -1));
      if (folder?.kind !== 'directory') return folder && NOT_LISTED;
    }
    return inquiry.later('listing', () => listings.read(prefix + request.path));
  }

  /** What the folder has no answer for. */
  #nothing(request: RequestHead, status: 400 | 404, fields: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    return this.#parts.options.yields ? NOTHING_HERE : this.#errors.plan(request, status, fields, inquiry);
  }

  #follow(request: RequestHead, match: Match, fields: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    if (match.kind === 'redirect') return this.#moved(request, match.location, fields, match.status);
    return this.#page(request, match.status, this.#parts.prefix + match.path, fields, inquiry);
  }

  #moved(request: RequestHead, location: string, { changes }: FieldChanges, status = 301): Plan {
    return withBody(request, textPlan(status, [['Location', location], ...this.#parts.fields.beside(changes)], `Moved to ${location}\n`));
  }

  /** A file under another path than its own; what is not there is an error. */
  #page(request: RequestHead, status: number, path: string, fields: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    for (const candidate of mayBePage(path) && !path.endsWith('/') ? [path, `${path}.html`, `${path}/`] : [path]) {
      const entry = inquiry.entry(candidate);
      if (entry === undefined) return undefined;
      if (entry.kind !== 'file' || this.#isHidden(entry)) continue;
      if (status === 200) return this.#file(request, entry, candidate, fields, inquiry);
      return withBody(request, pagePlan(status, entry.representation!, this.#fieldsOf(entry, candidate, fields)));
    }
    return this.#errors.plan(request, status === 200 ? 404 : status, fields, inquiry);
  }

  /** @param path that led to the entry. */
  #file(request: RequestHead, entry: SiteEntry, path: string, fields: FieldChanges, inquiry: SiteInquiry): Plan | undefined {
    const chosen = this.#choose(request, entry, path, inquiry);
    if (chosen === undefined) return undefined;
    if (chosen === 'none') return this.#errors.plan(request, 406, fields, inquiry);
    const selected = selectedIn(plansOf(entry, path, this.#parts.codings.on), entry.path, chosen, fields, this.#parts.fields);
    if (request.has(FIELD_WANT_REPR_DIGEST) && wantsDigest(request.field(FIELD_WANT_REPR_DIGEST), 'sha-256') === 'refused') {
      const content = selected.fields.content.filter(([name]) => name !== 'Repr-Digest');
      return selectedPlan(request, selectedOf(selected.representation, { ...selected.fields, content }), inquiry.nowMs);
    }
    return selectedPlan(request, selected, inquiry.nowMs);
  }

  #choose(request: RequestHead, entry: SiteEntry, path: string, inquiry: SiteInquiry): Chosen | 'none' | undefined {
    const { siblings } = plansOf(entry, path, this.#parts.codings.on);
    if (siblings) return this.#parts.codings.choose(request, entry, path, siblings, inquiry);
    return { coding: 'identity', representation: entry.representation! };
  }

  #fieldsOf(entry: SiteEntry, path: string, by: FieldChanges): HeadFields {
    const plans = plansOf(entry, path, this.#parts.codings.on);
    return selectedIn(plans, entry.path, { coding: 'identity', representation: entry.representation! }, by, this.#parts.fields).fields;
  }

  /** Rules are read, not served. */
  #isHidden({ path }: SiteEntry): boolean {
    const { rules, prefix } = this.#parts;
    return rules !== undefined && path.length <= prefix.length + REDIRECTS_FILE.length && RULE_FILES.has(prefix === '' ? path : path.slice(prefix.length));
  }
}

const EACCES = 13;

/** Not the name of an asset: no extension, or one that no type is known of, such as the 2 of "v1.2". */
function mayBePage(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 || name === '/' || mime.getType(name.endsWith('/') ? name.slice(0, -1) : name) === null;
}

/** Where a page is that is asked for by the name of its file; undefined: the path is as it should be. */
function withoutExtension(path: string): string | undefined {
  if (path.endsWith('/index.html')) return path.slice(0, -'index.html'.length);
  return path.endsWith('.html') ? path.slice(0, -'.html'.length) : undefined;
}

/** A browser that goes to a page; or somebody who does not say how he came, and would take one. */
function wantsPage(request: RequestHead): boolean {
  const secFetchMode = request.fieldNamed('sec-fetch-mode');
  const accept = request.field(FIELD_ACCEPT);
  if (secFetchMode === undefined) return acceptsType(accept, 'text/html') > 0;
  return isNavigation({ secFetchMode, secFetchDest: request.fieldNamed('sec-fetch-dest'), accept });
}

/** The shell is for who goes to a page, and 404 for everybody else: caches must know (RFC 9110 §12.5.5). */
function byWhoAsks(fields: FieldChanges): FieldChanges {
  let varied = VARIED.get(fields);
  if (!varied) VARIED.set(fields, (varied = { changes: [...fields.changes, { name: 'Vary', value: 'Accept, Sec-Fetch-Mode, Sec-Fetch-Dest' }] }));
  return varied;
}

const VARIED = new WeakMap<FieldChanges, FieldChanges>();

function withBody(request: RequestHead, plan: Plan): Plan {
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}
