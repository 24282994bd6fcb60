/** The files that are served, made anew for every run, and the request heads that ask for them. */
import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requestHead, type Address } from './probe.ts';

const KIB = 1024;
const ASSET_COUNT = 200;
const BROWSER_HEAD_BYTES = 700;
/** Files of a site are older than the server that serves them: no contender shall treat them as just changed. */
const AGE_MS = 86_400_000;

export interface Fixture {
  readonly target: string;
  readonly bytes: number;
}

export type LoadName = '1k' | 'heads' | '16k' | '100k' | '1m' | '304' | '404';

/** One kind of request, as all contenders get it. */
export interface Load {
  readonly name: LoadName;
  readonly title: string;
  readonly status: 200 | 304 | 404;
  /** Asked for in turn. For a 404: the target that does not exist. */
  readonly fixtures: readonly Fixture[];
  readonly browserHeads: boolean;
}

function plain(name: LoadName, title: string, target: string, bytes: number): Load {
  return { name, title, status: 200, fixtures: [{ target, bytes }], browserHeads: false };
}

// PNG, because no server compresses it: a browser's Accept-Encoding must not make one contender do different work.
const ASSETS: readonly Fixture[] = Array.from({ length: ASSET_COUNT }, (_, index) => ({
  target: `/assets/image-${String(index).padStart(3, '0')}.png`,
  bytes: KIB,
}));

const SMALL: Fixture = { target: '/1k.bin', bytes: KIB };

export const LOADS: readonly Load[] = [
  plain('1k', '1 KiB', SMALL.target, SMALL.bytes),
  { name: 'heads', title: '1 KiB, browser heads, 200 files', status: 200, fixtures: ASSETS, browserHeads: true },
  plain('16k', '16 KiB', '/16k.bin', 16 * KIB),
  plain('100k', '100 KiB', '/100k.bin', 100 * KIB),
  plain('1m', '1 MiB', '/1m.bin', KIB * KIB),
  { name: '304', title: '304', status: 304, fixtures: [SMALL], browserHeads: false },
  { name: '404', title: '404', status: 404, fixtures: [{ target: '/missing.bin', bytes: 0 }], browserHeads: false },
];

export function loadNamed(name: LoadName): Load {
  return LOADS.find((load) => load.name === name)!;
}

/**
 * The same bytes in every run: an AES key stream named after the target, as base64. ASCII, because autocannon decodes
 * bodies as UTF-8, at 60 MB/s where they are not: it would measure itself.
 */
export function fixtureBytes(fixture: Fixture): Buffer {
  const key = createHash('sha256').update(fixture.target).digest().subarray(0, 16);
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(fixture.bytes));
  return Buffer.from(stream.toString('base64').slice(0, fixture.bytes));
}

export function writeFixtures(root: string): void {
  const modified = new Date(Date.now() - AGE_MS);
  for (const load of LOADS.filter(({ status }) => status === 200)) {
    for (const fixture of load.fixtures) {
      const path = join(root, fixture.target);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, fixtureBytes(fixture));
      utimesSync(path, modified, modified);
    }
  }
}

/** What Chromium sends for an image, brought to 700 bytes by a session cookie. */
function browserHead(address: Address, target: string): string {
  const fields = [
    'Connection: keep-alive',
    'sec-ch-ua-platform: "Linux"',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'sec-ch-ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    'sec-ch-ua-mobile: ?0',
    'Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: no-cors',
    'Sec-Fetch-Dest: image',
    `Referer: http://${address.host}:${address.port}/`,
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
  ];
  const missing = BROWSER_HEAD_BYTES - requestHead(address, target, [...fields, 'Cookie: session=']).length;
  return requestHead(address, target, [...fields, `Cookie: session=${'0123456789abcdef'.repeat(16).slice(0, missing)}`]);
}

/** The head that this load sends for one of its fixtures; `etag` is what the server itself sent, for a 304. */
export function loadHead(load: Load, address: Address, fixture: Fixture, etag: string | null): string {
  if (load.browserHeads) return browserHead(address, fixture.target);
  const conditional = load.status === 304 && etag !== null ? [`If-None-Match: ${etag}`] : [];
  return requestHead(address, fixture.target, conditional);
}
