// Content negotiation (RFC 9110 §12.5.3): which of the codings of a file a request gets. A sibling that somebody has
// compressed before (app.js.br) comes first, then a copy that we make, then the file as it is.
import { LRUCache } from 'lru-cache';
import type { Entry } from '../../cache/entries.ts';
import type { Representation } from '../../cache/representation.ts';
import { chooseCoding, parseAcceptEncoding, type Acceptance, type Coding } from '../../http/accept-encoding.ts';
import { FIELD_ACCEPT_ENCODING, FIELD_IF_RANGE, FIELD_RANGE, type RequestHead } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { CODINGS, CODINGS_MADE, type Compressor } from './compression.ts';
import type { Inquiry } from './inquiry.ts';

const SUFFIXES: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };
/** Siblings are looked for again after this time, in milliseconds: three system calls, most often for nothing. */
const SIBLINGS_FOR_MS = 1000;
/** The longest that an answer waits for its compressed copy, in milliseconds; then it is sent as it is, and the next one is compressed. */
const WAIT_MAX_MS = 1000;
/** The same for who takes nothing else. */
const WAIT_FOR_ONLY_MS = 30_000;
const REMEMBERED_MAX = 256;

export interface Chosen {
  readonly coding: Coding | 'identity';
  readonly representation: Representation;
}

/** What an entry remembers of its siblings. */
export interface Siblings {
  readonly paths: Readonly<Record<Coding, string>>;
  available: readonly Coding[];
  untilMs: number;
}

export interface CodingOptions {
  readonly precompressed: boolean;
  readonly compress: boolean;
}

export class Codings {
  readonly #options: CodingOptions;
  readonly #compressor: Compressor;
  readonly #acceptances = new LRUCache<string, Acceptance>({ max: REMEMBERED_MAX });
  /** Clients of one kind come in a row. */
  #last = latin1Bytes('');
  #lastAcceptance = parseAcceptEncoding('');

  constructor(options: CodingOptions, compressor: Compressor) {
    this.#options = options;
    this.#compressor = compressor;
  }

  get on(): boolean {
    return this.#options.precompressed || this.#options.compress;
  }

  /** @param path that led to the entry; `none`: nothing that the client takes (406). Undefined: not known yet. */
  choose<Plans>(request: RequestHead, entry: Entry<Plans>, path: string, siblings: Siblings, inquiry: Inquiry<Plans>): Chosen | 'none' | undefined {
    const representation = entry.representation!;
    const acceptance = this.#acceptanceOf(request);
    if (chooseCoding(acceptance, CODINGS) === 'identity') return { coding: 'identity', representation };
    if (this.#options.precompressed) {
      const available = this.#available(entry, siblings, inquiry);
      if (available === undefined) return undefined;
      const coding = available.length > 0 ? chooseCoding(acceptance, available) : 'identity';
      if (coding !== 'identity' && coding !== 'none') {
        const sibling = inquiry.entry(siblings.paths[coding]);
        if (sibling === undefined) return undefined;
        if (isSiblingOf(sibling, representation)) return { coding, representation: asCopyOf(sibling.representation!, representation) };
      }
    }
    if (isForPartOf(request, acceptance, representation)) return { coding: 'identity', representation };
    const made = this.#options.compress && this.#compressor.takes(representation) ? CODINGS_MADE.filter((coding) => entry.copies?.get(coding) !== null) : [];
    const coding = chooseCoding(acceptance, made);
    if (coding === 'identity' || coding === 'none') return coding === 'none' ? 'none' : { coding, representation };
    const copy = entry.copies?.get(coding);
    if (copy && 'file' in copy) return { coding, representation: copy };
    const waited = inquiry.later(`${coding} ${path}`, () => this.#wait(entry, coding, acceptance.identity > 0 ? WAIT_MAX_MS : WAIT_FOR_ONLY_MS));
    if (waited === undefined) return undefined;
    return acceptance.identity > 0 ? { coding: 'identity', representation } : 'none';
  }

  #acceptanceOf(request: RequestHead): Acceptance {
    if (request.is(FIELD_ACCEPT_ENCODING, this.#last)) return this.#lastAcceptance;
    const value = request.field(FIELD_ACCEPT_ENCODING);
    if (value === undefined) return parseAcceptEncoding(undefined);
    let acceptance = this.#acceptances.get(value);
    if (!acceptance) this.#acceptances.set(value, (acceptance = parseAcceptEncoding(value)));
    this.#last = latin1Bytes(value);
    return (this.#lastAcceptance = acceptance);
  }

  #available<Plans>(entry: Entry<Plans>, siblings: Siblings, inquiry: Inquiry<Plans>): readonly Coding[] | undefined {
    if (siblings.untilMs > inquiry.nowMs && siblings.untilMs - inquiry.nowMs <= SIBLINGS_FOR_MS) return siblings.available;
    const found = CODINGS.map((coding) => (inquiry.absent(entry.path + SUFFIXES[coding]) ? null : inquiry.entry(siblings.paths[coding])));
    if (found.includes(undefined)) return undefined;
    siblings.available = CODINGS.filter((_, i) => found[i] && isSiblingOf(found[i], entry.representation!));
    siblings.untilMs = inquiry.nowMs + SIBLINGS_FOR_MS;
    return siblings.available;
  }

  /** Resolves when the copy is there, will not be, or took too long. */
  async #wait<Plans>(entry: Entry<Plans>, coding: Coding, maxMs: number): Promise<object> {
    const made = this.#compressor.make(entry, coding);
    if (!made) return {};
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([made, new Promise((resolve) => (timer = setTimeout(resolve, maxMs)))]);
    clearTimeout(timer);
    return {};
  }
}

/**
 * A range without If-Range is most often asked for by a program that sends Accept-Encoding with everything, and could not decode the
 * middle of a coded copy: none is made for it. Who has begun with a copy says so by its tag.
 */
function isForPartOf(request: RequestHead, acceptance: Acceptance, { validators }: Representation): boolean {
  if (!request.has(FIELD_RANGE) || acceptance.identity === 0) return false;
  const ifRange = request.field(FIELD_IF_RANGE);
  return ifRange === undefined || ifRange === validators.etag;
}

export function siblingsOf(path: string): Siblings {
  return { paths: { br: path + SUFFIXES.br, zstd: path + SUFFIXES.zstd, gzip: path + SUFFIXES.gzip }, available: [], untilMs: 0 };
}

/** One that is older than its source was made of another version; utime(2), zip and tar keep whole seconds. An empty one is of nothing. */
function isSiblingOf<Plans>({ kind, representation }: Entry<Plans>, source: Representation): boolean {
  if (kind !== 'file' || !representation || representation.size === 0) return false;
  const { modifiedMs } = representation;
  return modifiedMs >= (modifiedMs % 1000 === 0 ? Math.floor(source.modifiedMs / 1000) * 1000 : source.modifiedMs);
}

function asCopyOf(sibling: Representation, source: Representation): Representation {
  return { ...sibling, validators: { ...sibling.validators, lastModifiedMs: source.validators.lastModifiedMs } };
}

const COMPRESSED = /^(?:image\/(?!svg|bmp|x-icon|vnd\.microsoft\.icon|x-ms-bmp)|video\/|audio\/(?!x-wav|wav|midi)|font\/woff|application\/(?:zip|gzip|x-gzip|x-7z|x-bzip|x-xz|zstd|x-rar|vnd\.rar|pdf|octet-stream|java-archive|x-shockwave|epub|vnd\.(?:openxml|oasis|android)))/;

/** Whether bytes of this media type are worth a content coding: most that is not compressed already, or unknown. */
export function isCompressible(type: string): boolean {
  return !COMPRESSED.test(type);
}
