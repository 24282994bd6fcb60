/**
 * Which site a request is for: by the host that it names (RFC 9110 §7.2; RFC 9112 §3.3), the most particular first.
 *
 *   example.com        this name
 *   *.example.com      every name below, at any depth; of several the longest
 *   (none)             every other, and requests that name no host
 *
 * Ports, case and the last dot do not matter. What is no host that could have a site gets the site of all others.
 */
import { LRUCache } from 'lru-cache';
import { hostName } from '../access/hosts.ts';

/** Spellings that are remembered: a client may invent any number. */
const SPELLINGS_MAX = 1024;
const WILDCARD = '*.';

/** A site's names, as ResolvedSiteConfig has them; none: the site of all others. */
export interface Hosted<Site> {
  readonly hosts: readonly string[];
  readonly site: Site;
}

export class HostTable<Site> {
  readonly #exact = new Map<string, Site>();
  /** By what follows the '*'. */
  readonly #below = new Map<string, Site>();
  readonly #others: Site | undefined;
  readonly #spellings = new LRUCache<string, { readonly site: Site | undefined }>({ max: SPELLINGS_MAX });

  /** The first site of two that have the same name counts. */
  constructor(sites: readonly Hosted<Site>[]) {
    this.#others = sites.find(({ hosts }) => hosts.length === 0)?.site;
    for (const { hosts, site } of sites) {
      for (const host of hosts) {
        const isWildcard = host.startsWith(WILDCARD);
        const table = isWildcard ? this.#below : this.#exact;
        const name = isWildcard ? host.slice(WILDCARD.length) : host;
        if (!table.has(name)) table.set(name, site);
      }
    }
  }

  /** @param authority of a request, '' where it has none. undefined: no site is for it. */
  of(authority: string): Site | undefined {
    const exact = this.#exact.get(authority); // most are spelled so
    if (exact !== undefined) return exact;
    const known = this.#spellings.get(authority);
    if (known) return known.site;
    const site = this.#find(authority);
    this.#spellings.set(authority, { site });
    return site;
  }

  #find(authority: string): Site | undefined {
    const host = hostName(authority);
    if (host === undefined) return this.#others;
    return this.#exact.get(host) ?? this.#findBelow(host) ?? this.#others;
  }

  #findBelow(host: string): Site | undefined {
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const site = this.#below.get(host.slice(dot + 1));
      if (site !== undefined) return site;
    }
    return undefined;
  }
}
