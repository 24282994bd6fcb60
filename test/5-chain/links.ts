// The programs that stand in chains, each in the ways that it is used, and the chains of them and pagecast.
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { serve, type Serving } from '../serving.ts';
import { urlOf } from './asking.ts';
import type { Ranges } from './contract.ts';
import { haproxy, HAPROXY_CACHES, HAPROXY_REUSES } from './haproxy.ts';
import { nginx, nginxCache, NGINX_PLAIN, NGINX_POOL } from './nginx.ts';
import { listen, type Origin } from './origin.ts';
import type { Program } from './program.ts';
import { varnish, VARNISH_PASSES, VARNISH_TELLS } from './varnish.ts';

export interface Link {
  readonly name: string;
  readonly program: 'nginx' | 'varnishd' | 'haproxy';
  /** It stores. */
  readonly caches: boolean;
  readonly ranges: Ranges;
  /** Clauses of the contract that it does not keep before any origin. */
  readonly bends: readonly string[];
  readonly start: (t: Test, behind: Place) => Promise<Program>;
}

// Seen with nginx 1.22, Varnish 7.1 and HAProxy 2.6 before each other.
const PART_OF_A_HEAD = '§14.2 a part of a head';
const OF_VARNISH = [PART_OF_A_HEAD, '§14.6 several', '§14.2 another unit'];

export const links: readonly Link[] = [
  { name: 'nginx, HTTP/1.0', program: 'nginx', caches: false, ranges: 'parts', bends: [], start: (t, behind) => nginx(t, behind, NGINX_PLAIN) },
  { name: 'nginx, a pool', program: 'nginx', caches: false, ranges: 'parts', bends: [], start: (t, behind) => nginx(t, behind, NGINX_POOL) },
  { name: 'nginx, a cache', program: 'nginx', caches: true, ranges: 'parts', bends: [PART_OF_A_HEAD], start: (t, behind) => nginx(t, behind, nginxCache('proxy_cache_revalidate on; proxy_force_ranges on;')) },
  { name: 'varnish, passing', program: 'varnishd', caches: false, ranges: 'parts', bends: [...OF_VARNISH, '§12.5.3 a coded head'], start: (t, behind) => varnish(t, behind, VARNISH_PASSES) },
  { name: 'varnish, a cache', program: 'varnishd', caches: true, ranges: 'parts', bends: [...OF_VARNISH, '§13.1.2 If-None-Match, of a list'], start: (t, behind) => varnish(t, behind, VARNISH_TELLS) },
  { name: 'haproxy, a pool', program: 'haproxy', caches: false, ranges: 'parts', bends: [], start: (t, behind) => haproxy(t, behind, HAPROXY_REUSES) },
  { name: 'haproxy, a cache', program: 'haproxy', caches: true, ranges: 'either', bends: [], start: (t, behind) => haproxy(t, behind, [...HAPROXY_REUSES, ...HAPROXY_CACHES]) },
];

/** A chain of three that stands: who is asked first, pagecast in it, and the origin. */
export interface Standing {
  readonly place: Place;
  readonly serving: Serving;
  readonly origin: Origin;
  readonly link: Program | undefined;
}

export interface Order {
  readonly name: string;
  /** Undefined: there is nothing in it but pagecast. */
  readonly program: Link['program'] | undefined;
  /** What is not pagecast in it stores. */
  readonly caches: boolean;
  readonly first: 'pagecast' | 'link';
  /** @param trusted peers whose Forwarded pagecast believes. */
  readonly build: (t: Test, trusted?: readonly string[]) => Promise<Standing>;
}

/** Each link before pagecast and behind it, and pagecast behind itself. */
export const orders: readonly Order[] = [
  ...links.flatMap(({ name, program, caches, start }): Order[] => [
    { name: `${name}, before pagecast`, program, caches, first: 'link', build: async (t, trusted = []) => {
      const origin = await listen(t);
      const serving = await serve(t, { proxy: { urls: [urlOf(origin.place)], trusted } });
      const link = await start(t, serving.place);
      return { place: link.place, serving, origin, link };
    } },
    { name: `pagecast, before ${name}`, program, caches, first: 'pagecast', build: async (t, trusted = []) => {
      const origin = await listen(t);
      const link = await start(t, origin.place);
      const serving = await serve(t, { proxy: { urls: [urlOf(link.place)], trusted } });
      return { place: serving.place, serving, origin, link };
    } },
  ]),
  { name: 'pagecast, before pagecast', program: undefined, caches: true, first: 'pagecast', build: async (t, trusted = []) => {
    const origin = await listen(t);
    const behind = await serve(t, { proxy: { urls: [urlOf(origin.place)], trusted } });
    const serving = await serve(t, { proxy: { urls: [urlOf(behind.place)], trusted } });
    return { place: serving.place, serving, origin, link: undefined };
  } },
];
