// Who answers where a folder stands before an origin: a request, and the folder's answer or the origin's question. The folder is the one
// of files-first.test.ts; the origin answers everything with 200 and `METHOD target content`.
import type { SiteOptions } from '../../server/site-options.ts';

export interface FilesFirstCase {
  /** Method, unless it is GET, and target. */
  readonly ask: string;
  readonly fields?: readonly string[];
  readonly content?: string;
  /** The body of the folder's answer; none: the origin answers. */
  readonly file?: string;
  readonly status?: number;
  /** By name in lower case; null: there is none. */
  readonly has?: Readonly<Record<string, string | RegExp | null>>;
  /** Default: the one that the origin answers with. */
  readonly body?: string;
}

export interface FilesFirstSite {
  readonly what: string;
  readonly site: SiteOptions;
  readonly cases: readonly FilesFirstCase[];
}

const FROM_ORIGIN = { 'cache-status': /^pagecast;/, 'x-rule': null };

export const filesFirstSites: readonly FilesFirstSite[] = [
  { what: 'a folder as it is', site: {}, cases: [
    { ask: '/', file: 'home', has: { 'cache-control': 'no-cache', 'x-rule': 'all', 'cache-status': null, etag: /^"/ } },
    { ask: '/?q', file: 'home' },
    { ask: '/index.html', file: 'home' },
    { ask: 'HEAD /', file: '', has: { 'content-length': '4', 'x-rule': 'all' } },
    { ask: 'HEAD /none', has: FROM_ORIGIN, body: '' },
    { ask: '/about', file: 'about' },
    { ask: '/about.html', file: 'about' },
    { ask: '/about/', file: 'Moved to /about\n', status: 301, has: { location: '/about' } },
    { ask: '/a%62out', file: 'about' },
    { ask: '/app.js', fields: ['Range: bytes=0-2'], file: 'con', status: 206 },
    { ask: '/app.js', fields: ['Accept-Encoding: gzip'], file: 'gzipped', has: { 'content-encoding': 'gzip' } },
    { ask: '/app.js', fields: ['If-None-Match: *'], file: '', status: 304 },
    { ask: '/app.js', fields: ['If-Match: "x"'], file: 'Precondition Failed\n', status: 412 },
    { ask: '/app.js', fields: ['Upgrade: websocket'], file: 'const answer = 42;\n' },
    { ask: '/app.js', fields: ['Upgrade: h2c', 'Connection: upgrade'], file: 'const answer = 42;\n' },
    { ask: '/app.js', content: 'x', file: 'const answer = 42;\n' },
    { ask: '/none', content: 'content', body: 'GET /none content' },
    { ask: '/docs', file: 'Moved to /docs/\n', status: 301, has: { location: '/docs/' } },
    { ask: '/docs?q', file: 'Moved to /docs/?q\n', status: 301, has: { location: '/docs/?q' } },
    { ask: '/docs/', file: 'docs' },
    { ask: '/.well-known/x', file: 'well known' },
    // Nothing there.
    { ask: '/none', has: FROM_ORIGIN },
    { ask: '/none.html' },
    { ask: '/404.html', file: 'no such page' },
    { ask: '/api/users?id=1' },
    { ask: '/bare' },
    { ask: '/bare/' },
    { ask: '/bare?q' },
    { ask: '/bare/x.txt', file: 'x' },
    { ask: '/bare/y.txt' },
    { ask: '/bare/x.txt/x' },
    { ask: '/bare/x.txt/' },
    { ask: '/odd' },
    { ask: '/odd/' },
    { ask: '/.env' },
    { ask: '/.git/config' },
    { ask: '/_headers' },
    { ask: '/_redirects' },
    { ask: '/out.txt' },
    { ask: '/docs/../app.js' },
    { ask: '/docs/%2e%2e/app.js' },
    { ask: '/docs%2findex.html' },
    { ask: '/app.js%00' },
    { ask: '/%zz' },
    { ask: '/%' },
    { ask: '/a%5cb' },
    { ask: `/${'x'.repeat(300)}` },
    { ask: `/${'x/'.repeat(3000)}` },
    { ask: '//none' },
    // Not for files.
    { ask: 'POST /app.js', content: 'content', body: 'POST /app.js content' },
    { ask: 'PUT /new.txt', content: 'content', body: 'PUT /new.txt content' },
    { ask: 'DELETE /app.js' },
    { ask: 'OPTIONS /app.js' },
    { ask: 'QUERY /app.js' },
    { ask: '/app.js', fields: ['Upgrade: websocket', 'Connection: upgrade'] },
    // Rules of the folder.
    { ask: '/old', file: 'Moved to /new\n', status: 301, has: { location: '/new' } },
    { ask: '/shown/x', file: 'about', has: { 'x-rule': 'all' } },
    { ask: '/gone', file: 'about', status: 410 },
    { ask: '/app.js/', file: 'Moved to /elsewhere\n', status: 302 },
    { ask: '/bare/rule', file: 'Moved to /r\n', status: 302 },
    { ask: '/forced.txt', file: 'Moved to /f\n', status: 302 },
    { ask: '/lost', file: 'no such page', status: 404 },
    { ask: 'POST /old', content: 'content', body: 'POST /old content' },
  ] },
  { what: 'listings', site: { listing: true }, cases: [
    { ask: '/bare', file: 'Moved to /bare/\n', status: 301 },
    { ask: '/bare/', fields: ['Accept: application/json'], has: { 'content-type': 'application/json', 'cache-status': null }, file: '*' },
    { ask: '/docs/', file: 'docs' },
    { ask: '/none/' },
    { ask: '/none/below/' },
    { ask: '/bare/x.txt/' },
    { ask: '/none' },
  ] },
  { what: 'clean URLs by redirect', site: { cleanUrls: 'redirect' }, cases: [
    { ask: '/about.html', file: 'Moved to /about\n', status: 301 },
    { ask: '/about', file: 'about' },
    { ask: '/none.html' },
    { ask: '/index.html', file: 'Moved to /\n', status: 301 },
  ] },
  { what: 'no clean URLs, no rules', site: { cleanUrls: 'off', rules: false }, cases: [
    { ask: '/about' },
    { ask: '/about/' },
    { ask: '/old' },
    { ask: '/_headers', file: '*' },
  ] },
];
