// Listings of folders: read in the pool, contained like files, shown as a page or as JSON.
import { layout } from '../../native/index.ts';
import { preferredType } from '../../http/accept.ts';
import { FIELD_ACCEPT, type RequestHead } from '../../http/head.ts';
import { resolvePath } from '../../http/path.ts';
import type { FieldList } from '../../http/response.ts';
import type { Opener } from '../opener.ts';
import { bytesPlan, type Plan } from '../plan.ts';
import { LISTING_POLICY, listingPage } from './listing-page.ts';
import { listingJson, type ListedName } from './listing.ts';

/** What is beyond is not shown, and the listing says so: a page of 10,000 names holds the loop up for 100 ms. */
const NAMES_MAX = 4000;
const HTML = 'text/html';
const JSON_TYPE = 'application/json';
/** kind, size, milliseconds, length of the name: native/reading.h */
const HEAD_BYTES = 1 + 8 + 8 + 2;

export interface Listed {
  /** errno, or 0. */
  readonly error: number;
  readonly names: readonly ListedName[];
  readonly truncated: boolean;
}

/** There is no such folder (ENOENT). */
export const NOT_LISTED: Listed = { error: 2, names: [], truncated: false };

export interface ListingOptions {
  /** Bytes as latin1. */
  readonly root: string;
  readonly symlinks: number;
  readonly dotfiles: boolean;
  /** The first folder of a path is that of a site. */
  readonly sites: boolean;
  /** Names that are not shown in the folder of a site. */
  readonly hidden: ReadonlySet<string>;
}

export class Listings {
  readonly #opener: Opener;
  readonly #options: ListingOptions;

  constructor(opener: Opener, options: ListingOptions) {
    this.#opener = opener;
    this.#options = options;
  }

  /** @param rawPath of a folder, with its last slash. */
  async read(rawPath: string): Promise<Listed> {
    const { root, dotfiles, symlinks, hidden, sites } = this.#options;
    const resolved = resolvePath(rawPath, dotfiles, sites);
    if (typeof resolved === 'number') return NOT_LISTED;
    const { error, bytes } = await this.#opener.list(root, resolved.path, { symlinks, dotfiles, namesMax: NAMES_MAX + 1 });
    const names = namesIn(bytes);
    const truncated = names.length > NAMES_MAX;
    const isSite = sites ? !resolved.path.includes('/') : resolved.path === '';
    return { error, names: names.slice(0, NAMES_MAX).filter(({ name }) => !isSite || !hidden.has(name)), truncated };
  }
}

/** `fields` are the site's own. */
export function listingPlan(request: RequestHead, { names, truncated }: Listed, fields: FieldList): Plan {
  const type = preferredType(request.field(FIELD_ACCEPT), [HTML, JSON_TYPE]) ?? HTML;
  const isPage = type === HTML;
  const text = isPage ? listingPage(request.path, names, truncated, request.query) : listingJson(request.path, names, truncated);
  return bytesPlan(200, [
    ['Content-Type', isPage ? 'text/html; charset=utf-8' : JSON_TYPE], ['Cache-Control', 'no-cache'], ['Vary', 'Accept'],
    ['X-Content-Type-Options', 'nosniff'], ...(isPage ? [['Content-Security-Policy', LISTING_POLICY] as const] : []),
    ...fields.filter(([name]) => name.toLowerCase() !== 'content-security-policy' || !isPage),
  ], Buffer.from(text, 'utf8'));
}

function namesIn(bytes: Uint8Array): ListedName[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: ListedName[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = view.getUint8(at);
    const end = at + HEAD_BYTES + view.getUint16(at + 17, true);
    names.push({
      kind: kind === layout.kinds.REGULAR ? 'file' : kind === layout.kinds.DIRECTORY ? 'directory' : 'other',
      size: Number(view.getBigUint64(at + 1, true)),
      modifiedMs: Number(view.getBigInt64(at + 9, true)),
      name: buffer.toString('latin1', at + HEAD_BYTES, end),
    });
    at = end;
  }
  return names;
}
