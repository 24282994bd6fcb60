// The parts of a static site, put together from its options.
import { layout, type Areas, type Engine } from '../../native/index.ts';
import { FileReader } from '../../cache/representation.ts';
import type { Exchange } from '../exchange.ts';
import type { Opener } from '../opener.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Report } from '../report.ts';
import { About, type AboutFacts } from './about.ts';
import { Codings } from './codings.ts';
import { Compressor } from './compression.ts';
import type { EntryPlans } from './entry-plans.ts';
import { StaticExchange } from './exchange.ts';
import { SiteFields } from './fields.ts';
import { Listings } from './listings.ts';
import { Lookup } from './lookup.ts';
import { HEADERS_FILE, REDIRECTS_FILE, SiteRules } from './site-rules.ts';
import { Site } from './site.ts';

const PROTECT = { auto: 'AUTO', sealed: 'SEALED', lease: 'LEASE', copy: 'COPY', verify: 'VERIFY', off: 'OFF' } as const;
const SYMLINKS = { inside: 0, none: 1 } as const; // native/resolve.h
/** Under about one packet there is nothing to be gained. */
const COMPRESSED_BYTES_MIN = 1024;

export interface StaticParts {
  readonly engine: Engine;
  /** Made with the engine, perhaps after this. */
  readonly areas: () => Areas;
  readonly opener: Opener;
  readonly options: ResolvedOptions;
  readonly report: Report;
  /** Frees descriptors that idle connections hold; how many. */
  readonly shedConnections: () => number;
  /** What the server can tell of itself. */
  readonly about: () => AboutFacts;
  /** Somebody else is asked for what the folder has not: it answers NOTHING_HERE. */
  readonly yields?: boolean;
}

export interface StaticSite {
  readonly exchange: Exchange;
  readonly lookup: Lookup<EntryPlans>;
  readonly fields: SiteFields;
  readonly counts: () => Record<string, number>;
}

export function staticSite(parts: StaticParts): StaticSite {
  const { engine, opener, options, report, yields = false } = parts;
  const { site } = options;
  const lookup = lookupOf(parts);
  const reader = new FileReader(engine, layout);
  const compressor = new Compressor(opener, reader, {
    bytesMin: COMPRESSED_BYTES_MIN, bytesMax: options.guard.privateMaxBytes, arenaBytesMax: options.arena.fileBytesMax,
  }, report, (file) => engine.release(file));
  const codings = new Codings({ precompressed: site.precompressed, compress: site.compress }, compressor);
  const { maxAgeS, immutable, headers, cors, securityHeaders: security } = site;
  const fields = new SiteFields({ caching: { maxAgeS, immutable }, headers, cors, security });
  const listings = site.listing ? new Listings(opener, {
    root: latin1(options.root), symlinks: SYMLINKS[options.symlinks], dotfiles: options.dotfiles, sites: site.virtualHosts,
    hidden: new Set(site.rules ? [HEADERS_FILE, REDIRECTS_FILE] : []),
  }) : undefined;
  const about = site.about === undefined ? undefined : new About(site.about, parts.about, (file) => reader.facts(file));
  const siteAt = (prefix: string): Site => new Site({
    options: { shell: site.shell, cleanUrls: site.cleanUrls, yields }, prefix, fields, codings, listings, about,
    rules: site.rules ? new SiteRules<EntryPlans>(opener, report, prefix) : undefined,
  });
  return {
    exchange: new StaticExchange(lookup, siteAt, site.virtualHosts, fields.beside([]), yields), lookup, fields,
    counts: () => ({ ...lookup.counts(), compressed: compressor.made, compressionsFailed: compressor.failed }),
  };
}

function lookupOf({ engine, areas, opener, options, report, shedConnections }: StaticParts): Lookup<EntryPlans> {
  const { files, guard, arena } = options;
  return new Lookup<EntryPlans>(engine, layout, opener, {
    root: latin1(options.root),
    index: latin1(options.index),
    dotfiles: options.dotfiles,
    sites: options.site.virtualHosts,
    openFilesMax: files.openMax,
    missingPathsMax: files.missingMax,
    shedConnections,
    get broken() {
      return areas().broken;
    },
    readerWaitMaxMs: guard.readerWaitMaxMs,
    staleMaxMs: guard.staleMaxMs,
    limits: {
      symlinks: SYMLINKS[options.symlinks], hashBytesMax: guard.privateMaxBytes, arenaBytesMax: arena.fileBytesMax,
      protect: layout.protect[PROTECT[options.protect]],
    },
  }, report);
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
