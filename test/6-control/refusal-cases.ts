// What is refused, and with what. `/purge` and the like stand for /api/v1/purge.
import type { Question } from './controlling.ts';

export interface RefusalCase extends Question {
  readonly name: string;
  readonly target: string;
  readonly status: number;
  readonly detail?: RegExp;
  /** Of the answer. */
  readonly fields?: Readonly<Record<string, RegExp>>;
}

const JSON_TYPE = 'Content-Type: application/json';
const HOST = 'Host: localhost';
const post = { method: 'POST', target: '/purge' };
const everything = { everything: true };
const huge = JSON.stringify({ tag: 'x'.repeat(70_000) });

/** On a loopback address, without a token. */
export const refusalCases: readonly RefusalCase[] = [
  // Another name for this address: DNS rebinding.
  ...['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example', '127.0.0.1.nip.io', '10.0.0.1', '0.0.0.0', '[::]', '[2001:db8::1]', 'unix', 'localhost.localdomain'].flatMap((host): RefusalCase[] => [
    { name: `Host: ${host}`, target: '/status', lines: [`Host: ${host}`], status: 403, detail: /Host must be localhost/ },
    { name: `purge, Host: ${host}`, ...post, lines: [`Host: ${host}`, JSON_TYPE], content: everything, status: 403 },
  ]),
  { name: 'no Host', target: '/status', lines: [], status: 400, detail: /Host is missing/ },
  { name: 'empty Host', target: '/status', lines: ['Host:'], status: 400 },
  { name: 'Host that is none', target: '/status', lines: ['Host: local host'], status: 400 },
  { name: 'Host with a user', target: '/status', lines: ['Host: localhost@evil.example'], status: 400 },
  { name: 'two Hosts', target: '/status', lines: [HOST, HOST], status: 400, detail: /host is there more than once/ },
  { name: 'health of another name', target: '/livez', lines: ['Host: evil.example'], status: 403 },
  // Pages of others.
  ...['http://evil.example', 'https://localhost.evil.example', 'null', 'http://localhost:1', 'file://', 'chrome-extension://abc', 'http://localhost/x y', 'garbage'].flatMap((from): RefusalCase[] => [
    { name: `Origin: ${from}`, target: '/status', lines: [HOST, `Origin: ${from}`], status: 403, detail: /another site/ },
    { name: `purge, Origin: ${from}`, ...post, lines: [HOST, JSON_TYPE, `Origin: ${from}`], content: everything, status: 403 },
  ]),
  { name: 'two Origins', target: '/status', lines: [HOST, 'Origin: http://localhost', 'Origin: http://evil.example'], status: 400 },
  ...['cross-site', 'same-site', 'other'].flatMap((site): RefusalCase[] => [
    { name: `Sec-Fetch-Site: ${site}`, target: '/status', lines: [HOST, `Sec-Fetch-Site: ${site}`], status: 403 },
    { name: `purge, Sec-Fetch-Site: ${site}`, ...post, lines: [HOST, JSON_TYPE, `Sec-Fetch-Site: ${site}`], content: everything, status: 403 },
    { name: `metrics, Sec-Fetch-Site: ${site}`, target: 'metrics', lines: [HOST, `Sec-Fetch-Site: ${site}`], status: 403 },
    { name: `health by POST, Sec-Fetch-Site: ${site}`, method: 'POST', target: 'livez', lines: [HOST, `Sec-Fetch-Site: ${site}`], status: 403 },
  ]),
  { name: 'an encoded path is no way around', target: '%61pi/v1/status', lines: [HOST, 'Sec-Fetch-Site: cross-site'], status: 403 },
  // What a form can send.
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp', 'text/json', 'application/json, text/plain', ''].map((type): RefusalCase => (
    { name: `Content-Type: ${type}`, ...post, lines: [HOST, `Content-Type: ${type}`], content: everything, status: 415, fields: { accept: /application\/json/ } }
  )),
  { name: 'no Content-Type', ...post, lines: [HOST], content: everything, status: 415 },
  { name: 'drain without anything', method: 'POST', target: '/drain', lines: [HOST, 'Content-Length: 0'], status: 415 },
  { name: 'two Content-Types', ...post, lines: [HOST, JSON_TYPE, 'Content-Type: text/plain'], content: everything, status: 400 },
  { name: 'log level by PUT of text', method: 'PUT', target: '/log-level', lines: [HOST, 'Content-Type: text/plain'], content: { level: 'silent' }, status: 415 },
  { name: 'DELETE with text', method: 'DELETE', target: '/objects?key=x', lines: [HOST, 'Content-Type: text/plain'], content: 'x', status: 415 },
  // Contents.
  ...['', '{', 'nonsense', '{"everything":true', '[]', 'null', '1', '"x"', '{"everything":true}}', "{'everything':true}", '{"__proto__":{"everything":true}}', '{"constructor":{"prototype":{}}}'].map((content): RefusalCase => (
    { name: `content ${JSON.stringify(content)}`, ...post, content, status: 400 }
  )),
  { name: 'content that is not UTF-8', ...post, content: Buffer.from('{"tag":"\xff\xfe"}', 'latin1'), status: 400, detail: /UTF-8/ },
  { name: 'huge content', ...post, content: huge, status: 413 },
  { name: 'content that says it is huge', ...post, lines: [HOST, JSON_TYPE, 'Content-Length: 999999999999'], content: '{', status: 413 },
  { name: 'huge content in chunks', ...post, lines: [HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], content: `${huge.length.toString(16)}\r\n${huge}\r\n0\r\n\r\n`, status: 413 },
  { name: 'deep content', ...post, content: `{"url":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, status: 400 },
  ...[
    {}, { soft: true }, { everything: false }, { everything: 'true' }, { everything: 1 }, { tag: '' }, { tag: 1 }, { tag: ['x'] }, { tag: null }, { tag: 'x\n' }, { tag: 'x'.repeat(257) }, { prefix: '' }, { url: '' }, { key: '' },
    { tag: 'x', prefix: 'http://a/' }, { tag: 'x', everything: true }, { url: 'http://a/', key: 'http://a/' }, { tag: 'x', soft: 'yes' }, { tag: 'x', soft: null }, { everything: true, unknown: 1 }, { everything: true, force: true },
    { url: '/a' }, { url: 'localhost/a' }, { url: 'ftp://localhost/a' }, { url: 'http://' }, { url: 'http:///a' }, { url: 'http://local host/a' }, { url: 'http://localhost/a b' }, { url: 'http://localhost/ä' }, { url: 'javascript:alert(1)' },
  ].map((content): RefusalCase => ({ name: `purge ${JSON.stringify(content).slice(0, 60)}`, ...post, content, status: 400 })),
  { name: 'which member it was', ...post, content: { tag: 1 }, status: 400, detail: /expected string/ },
  ...[{ level: 'loud' }, { level: 1 }, {}, { level: 'info', more: 1 }, []].map((content): RefusalCase => ({ name: `log level ${JSON.stringify(content)}`, method: 'PUT', target: '/log-level', content, status: 400 })),
  { name: 'drain with members', method: 'POST', target: '/drain', content: { when: 'later' }, status: 400 },
  { name: 'reload with members', method: 'POST', target: '/reload', content: { file: '/etc/passwd' }, status: 400 },
  ...[
    {}, { url: '' }, { url: 1 }, { url: 'nonsense' }, { url: 'http://localhost/', method: 'G E T' }, { url: 'http://localhost/', method: 'GET /x HTTP/1.1\r\nX:' }, { url: 'http://localhost/', method: '' },
    { url: 'http://localhost/', headers: { 'a b': 'x' } }, { url: 'http://localhost/', headers: { a: 'x\r\nHost: b' } }, { url: 'http://localhost/', headers: { 'a: b\r\nc': 'x' } }, { url: 'http://localhost/', headers: ['a'] },
    { url: 'http://localhost/', headers: { a: 1 } }, { url: 'http://localhost/', headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, ''])) }, { url: 'http://localhost/', body: 'x' },
    { url: 'http://localhost/', headers: { host: 'a', Host: 'b' } }, { url: 'http://localhost/', headers: { 'content-length': '1', 'transfer-encoding': 'chunked' } },
  ].map((content): RefusalCase => ({ name: `explain ${JSON.stringify(content).slice(0, 80)}`, method: 'POST', target: '/explain', content, status: 400 })),
  // Queries.
  ...['cursor=x', 'cursor=-1', 'cursor=1.5', 'cursor=99999999999', 'cursor=', 'cursor=1&cursor=2', 'limit=0', 'limit=1001', 'limit=-1', 'limit=1e2', 'limit=x', 'limit=', 'limit=01', 'unknown=1', 'prefix=', 'tag=', 'tag=a&tag=b', 'tag=a%0ab', 'prefix[]=x', '__proto__=x', 'access_token=x'].map((query): RefusalCase => (
    { name: `objects?${query}`, target: `/objects?${query}`, status: 400 }
  )),
  ...['', '?url=', '?url=nonsense', '?url=http://a/&key=b', '?url=http://a/&url=http://b/', '?uri=http://a/', '?key='].flatMap((query): RefusalCase[] => [
    { name: `lookup${query}`, target: `/objects/lookup${query}`, status: 400 },
    { name: `DELETE${query}`, method: 'DELETE', target: `/objects${query}`, status: 400 },
  ]),
  // Places and methods.
  ...['/nothing', '/purge/', '/Purge', '//purge', '/../v1/purge', '/objects/', '/objects/x', '/status.json', ''].map((target): RefusalCase => ({ name: `GET ${target}`, target: target === '' ? 'api/v1' : target, status: 404 })),
  { name: 'POST to nowhere', method: 'POST', target: '/nothing', content: {}, status: 404 },
  { name: 'a file that is not there', target: 'etc/passwd', status: 404 },
  { name: 'a way out', target: '../../etc/passwd', status: 404 },
  { name: 'a path that is none', target: '%zz', status: 400 },
  ...['/purge', '/drain', '/reload', '/upgrade', '/explain'].map((target): RefusalCase => ({ name: `GET ${target}`, target, status: 405, fields: { allow: /^POST$/ } })),
  ...['/status', '/config', '/objects/lookup', '/openapi.json'].map((target): RefusalCase => ({ name: `POST ${target}`, method: 'POST', target, content: {}, status: 405, fields: { allow: /^(?:GET, HEAD|HEAD, GET)$/ } })),
  ...['PATCH', 'TRACE', 'OPTIONS', 'PROPFIND'].map((method): RefusalCase => ({ name: `${method} of the log level`, method, target: '/log-level', status: 405, fields: { allow: /GET/ } })),
  { name: 'a preflight', method: 'OPTIONS', target: '/purge', lines: [HOST, 'Origin: http://evil.example', 'Access-Control-Request-Method: POST'], status: 403 },
];

const NO_TOKEN = { status: 401, fields: { 'www-authenticate': /^Bearer realm="pagecast"$/ } } as const;
const WRONG_TOKEN = { status: 401, fields: { 'www-authenticate': /^Bearer realm="pagecast", error="invalid_token"$/ } } as const;

/** Where a token is wanted: `correct horse` without the space. */
export const tokenCases: readonly RefusalCase[] = [
  ...['/status', '/config', '/objects', '/events', '/openapi.json', 'metrics', '/nothing', '/log-level'].map((target): RefusalCase => ({ name: `${target} without a token`, target, ...NO_TOKEN })),
  { name: 'purge without a token', ...post, content: everything, ...NO_TOKEN },
  { name: 'drain without a token', method: 'POST', target: '/drain', content: {}, ...NO_TOKEN },
  ...['Bearer wrong', 'Bearer correcthorse1', 'Bearer Correcthorse', 'Bearer correcthors', 'bearer x', 'Bearer "correcthorse"', `Bearer ${'x'.repeat(8000)}`].map((value): RefusalCase => (
    { name: value.slice(0, 40), target: '/status', lines: [HOST, `Authorization: ${value}`], ...WRONG_TOKEN }
  )),
  ...['Bearer', 'Bearer ', 'correcthorse', 'Basic Y29ycmVjdGhvcnNl', 'Bearer correct horse', 'Bearer  ', 'Token correcthorse', 'Bearer\tcorrecthorse', 'Bearer=correcthorse'].map((value): RefusalCase => (
    { name: value, target: '/status', lines: [HOST, `Authorization: ${value}`], ...NO_TOKEN }
  )),
  { name: 'the token twice', target: '/status', lines: [HOST, 'Authorization: Bearer correcthorse', 'Authorization: Bearer correcthorse'], status: 400 },
  { name: 'a wrong token behind the right one', target: '/status', lines: [HOST, 'Authorization: Bearer correcthorse', 'Authorization: Bearer wrong'], status: 400 },
  { name: 'the token in the query', target: '/status?access_token=correcthorse', ...NO_TOKEN },
  { name: 'the token in a cookie', target: '/status', lines: [HOST, 'Cookie: token=correcthorse'], ...NO_TOKEN },
  { name: 'a page of others that has the token', target: '/status', lines: [HOST, 'Authorization: Bearer correcthorse', 'Origin: http://evil.example'], status: 403 },
];
