// Asks a door and the burst engine for the same, and holds what comes against each other.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import { Client, type Place } from '../client.ts';
import { serve, until } from '../serving.ts';
import { conformanceCases, type ConformanceCase } from './conformance-cases.ts';

/** Of an answer: what is compared. */
export interface Seen {
  readonly status: number;
  /** By name in lower case, of one line or several. */
  readonly fields: Readonly<Record<string, string>>;
  /** latin1 */
  readonly body: string;
}

export interface Door {
  ask(asked: ConformanceCase, fields: readonly string[]): Promise<Seen>;
  /** What it cannot be asked, and why. */
  readonly leavesOut?: (asked: ConformanceCase) => boolean;
}

/** What is the connection's, or the moment's: each server has its own. docs/decisions/0014 */
const ITS_OWN = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'uwebsockets']);

/** Options of the site, for all doors. */
export function siteOptions(t: Test): { readonly root: string; readonly securityHeaders: true; readonly headers: Readonly<Record<string, string | string[]>> } {
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => ((i * 2_654_435_761) ^ (i >> 3)) & 0xff));
  const script = 'console.log(1);\n'.repeat(300);
  const root = t.testdir({
    'index.html': '<!doctype html><title>home</title>', 'about.html': '<!doctype html>about', 'app.js': script, 'app.js.gz': gzipSync(script), 'app.js.br': brotliCompressSync(script),
    'style.css': 'a{}', 'empty.txt': '', 'big.bin': noise, 'text.txt': 'compress me, please\n'.repeat(4000), sub: { 'index.html': 'sub', 'deep.txt': 'deep' }, 'with space.txt': 'space',
    'ü.txt': 'umlaut', '.secret': 'no', '.well-known': { probe: 'known' }, plain: 'no extension', '404.html': '<!doctype html>none', '.git': { config: 'no' },
    _headers: '/sub/*\n  X-Rule: sub\n  Set-Cookie: a=1\n  Set-Cookie: b=2\n', _redirects: '/old /app.js 302\n/news/* /sub/:splat 301\n/shown /app.js 200\n/gone /about 410\n',
  });
  // A name that is no UTF-8.
  execFileSync('sh', ['-c', 'printf latin > "$(printf \'latin\\374.txt\')"'], { cwd: root });
  writeFileSync(join(root, 'huge.bin'), Buffer.alloc(9 << 20, 'huge!'));
  mkdirSync(join(root, 'docs'));
  symlinkSync('/etc/passwd', join(root, 'out'));
  symlinkSync('app.js', join(root, 'inside'));
  return { root, securityHeaders: true, headers: { 'X-Site': 'one', Vary: 'X-Client' } };
}

export function seen(status: number, fields: Iterable<readonly [string, string]>, body: Buffer): Seen {
  const kept = [...fields].filter(([name]) => !ITS_OWN.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  // Each answer of several parts has a boundary of its own.
  const boundary = /boundary=(pagecast-[\w-]+)/.exec(Object.fromEntries(kept)['content-type'] ?? '')?.[1];
  const plain = (text: string): string => (boundary === undefined ? text : text.replaceAll(boundary, 'boundary'));
  const bytes = plain(body.toString('latin1'));
  return { status, fields: Object.fromEntries(kept.map(([name, value]) => [name, name === 'content-length' && boundary !== undefined ? String(Number(value) - body.length + bytes.length) : plain(value)])), body: bytes };
}

/** By HTTP/1.1 over a connection for each request, byte by byte as it is told. */
export function overHttp1(place: Place, prefix = ''): Door {
  return {
    ask: async ({ ask, content, version = '1.1' }, fields) => {
      const [method, target] = ask.split(' ') as [string, string];
      const length = content === undefined ? [] : [`Content-Length: ${Buffer.byteLength(content)}`];
      const client = await Client.open(place);
      await client.send([`${method} ${prefix}${target} HTTP/${version}`, 'Host: localhost', 'Connection: close', ...fields, ...length, '', content ?? ''].join('\r\n'));
      const { status, fields: got, body } = await client.reply(method);
      client.destroy();
      return seen(status, got, body);
    },
  };
}

/** The same of the burst engine: what it is held against. */
export async function burst(t: Test, options: ReturnType<typeof siteOptions>): Promise<Door> {
  const { place } = await serve(t, options);
  return overHttp1(place);
}

/** Asks both for everything. @returns how many cases were compared. */
export async function conforms(t: Test, door: Door, model: Door): Promise<number> {
  const plain = new Map<string, Seen>();
  for (const one of [door, model]) {
    await until(async () => (await one.ask({ ask: 'GET /text.txt', status: 200 }, ['Accept-Encoding: gzip'])).fields['content-encoding'] !== undefined, 'a compressed copy');
    await until(async () => (await one.ask({ ask: 'HEAD /huge.bin', status: 200 }, [])).fields['etag']?.startsWith('"') === true, 'a version that is old enough to be told apart from the next');
  }
  let compared = 0;
  for (const asked of conformanceCases) {
    if (door.leavesOut?.(asked)) continue;
    const target = asked.ask.split(' ')[1]!;
    if (!plain.has(target)) plain.set(target, await model.ask({ ask: `GET ${target}`, status: 200 }, []));
    const { fields } = plain.get(target)!;
    const lines = (asked.fields ?? []).map((line) => line.replace('$etag', fields['etag'] ?? '').replace('$date', fields['last-modified'] ?? ''));
    const [expected, got] = await Promise.all([model.ask(asked, lines), door.ask(asked, lines)]);
    const name = [asked.ask.slice(0, 80), ...lines].join(', ');
    t.equal(expected.status, asked.status, `${name}: ${asked.status}`);
    const { body: expectedBody, ...expectedHead } = expected;
    const { body, ...head } = got;
    t.strictSame(head, expectedHead, `${name}: head`);
    t.ok(body === expectedBody, `${name}: ${expectedBody.length} bytes of body, ${body.length} came`);
    compared += 1;
  }
  return compared;
}
