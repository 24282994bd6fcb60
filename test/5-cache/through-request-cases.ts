// What a client wants of the cache (RFC 9111 §5.2.1, §5.4), who it is (§3.5), and what it asks with (§3, §4.4).
import type { Case, Step } from './through.ts';

const FRESH: Step = { says: { fields: ['Cache-Control: max-age=3600', 'ETag: "a"'] } };
const OLD: Step = { says: { fields: ['Cache-Control: max-age=3600', 'Age: 1800', 'ETag: "a"'] } };
const STALE: Step = { says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"'] } };
const CLOSED = { how: 'silent' } as const;

function fresh(clause: string, ...fields: readonly string[]): Case {
  return { clause, steps: [OLD, { fields, from: 1 }] };
}

function asks(clause: string, first: Step, ...fields: readonly string[]): Case {
  return { clause, steps: [first, { fields, says: {} }] };
}

const directives: readonly Case[] = [
  asks('§5.2.1.1 max-age=0', FRESH, 'Cache-Control: max-age=0'),
  asks('§5.2.1.1 max-age below the age', OLD, 'Cache-Control: max-age=600'),
  fresh('§5.2.1.1 max-age above the age', 'Cache-Control: max-age=2400'),
  fresh('§5.2.1.1 max-age without argument is none', 'Cache-Control: max-age'),
  fresh('§5.2.1.1 max-age of letters is none', 'Cache-Control: max-age=abc'),
  asks('§5.2.1.1 max-age does not make stale things fresh', STALE, 'Cache-Control: max-age=3600'),
  asks('§5.2.1.1 quoted, in upper case', OLD, 'CACHE-CONTROL: MAX-AGE="600"'),
  asks('§4.2 stale', STALE),
  { clause: '§5.2.1.2 max-stale without argument', steps: [STALE, { fields: ['Cache-Control: max-stale'], from: 1 }] },
  { clause: '§5.2.1.2 max-stale above the staleness', steps: [STALE, { fields: ['Cache-Control: max-stale=1000'], from: 1, has: { age: /^12\d$/ } }] },
  asks('§5.2.1.2 max-stale below the staleness', STALE, 'Cache-Control: max-stale=10'),
  asks('§5.2.1.2 max-stale of letters', STALE, 'Cache-Control: max-stale=abc'),
  { clause: '§5.2.1.1 max-age beside max-stale', steps: [STALE, { fields: ['Cache-Control: max-age=3600, max-stale=1000'], from: 1 }] },
  asks('§5.2.1.1 max-age is passed, in spite of max-stale', STALE, 'Cache-Control: max-age=60, max-stale=1000'),
  ...['must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache'].map((directive) => asks(
    `§5.2.2 ${directive} does not yield to max-stale`, { says: { fields: [`Cache-Control: max-age=60, ${directive}`, 'Age: 120', 'ETag: "a"'] } }, 'Cache-Control: max-stale=1000',
  )),
  fresh('§5.2.1.3 min-fresh below what is left', 'Cache-Control: min-fresh=1000'),
  asks('§5.2.1.3 min-fresh above what is left', OLD, 'Cache-Control: min-fresh=2000'),
  asks('§5.2.1.4 no-cache', FRESH, 'Cache-Control: no-cache'),
  asks('§5.2.1.4 no-cache among others', FRESH, 'Cache-Control: foo, No-Cache, max-age=100000'),
  { clause: '§5.2.1.4 what comes of it is stored', steps: [FRESH, { fields: ['Cache-Control: no-cache'], says: { fields: ['Cache-Control: max-age=3600'] } }, { from: 2 }] },
  { clause: '§5.2.1.5 no-store: nothing is stored of it', steps: [{ ...FRESH, fields: ['Cache-Control: no-store'] }, { says: {} }] },
  { clause: '§5.2.1.7 only-if-cached and there is nothing', steps: [{ fields: ['Cache-Control: only-if-cached'], status: 504, has: { 'cache-status': /^pagecast;fwd=uri-miss/ } }] },
  { clause: '§5.2.1.7 only-if-cached and it is stale', steps: [STALE, { fields: ['Cache-Control: only-if-cached'], status: 504 }] },
  fresh('§5.2.1.7 only-if-cached and it is fresh', 'Cache-Control: only-if-cached'),
  { clause: '§5.2.1.7 only-if-cached and stale is accepted', steps: [STALE, { fields: ['Cache-Control: only-if-cached, max-stale'], from: 1 }] },
  asks('§5.4 Pragma: no-cache', FRESH, 'Pragma: no-cache'),
  fresh('§5.4 Pragma beside Cache-Control says nothing', 'Pragma: no-cache', 'Cache-Control: max-age=100000'),
  fresh('§5.4 another Pragma', 'Pragma: foo'),
  fresh('§5.2.3 unknown directives', 'Cache-Control: foo, bar="no-cache"'),
  { clause: 'RFC 5861 §4 stale-if-error of a request', steps: [STALE, { fields: ['Cache-Control: stale-if-error=1000'], says: { status: 503 }, from: 1 }] },
  { clause: 'RFC 5861 §4 not beyond its seconds', steps: [STALE, { fields: ['Cache-Control: stale-if-error=10'], says: { status: 503 } }] },
];

const authorized: readonly Case[] = [
  ...['max-age=3600', 'max-age=3600, foo', 'private, max-age=3600, s-maxage=3600', 'proxy-revalidate, max-age=3600', 'no-cache=x, max-age=3600'].map((value): Case => ({
    clause: `§3.5 Authorization with ${value}`,
    steps: [{ fields: ['Authorization: Basic eDp5'], says: { fields: [`Cache-Control: ${value}`] } }, { says: {} }],
  })),
  ...['max-age=3600, public', 's-maxage=3600', 'max-age=3600, must-revalidate', 'S-MAXAGE=3600', 's-maxage=3600, max-age=0'].map((value): Case => ({
    clause: `§3.5 Authorization with ${value}`,
    steps: [{ fields: ['Authorization: Basic eDp5'], says: { fields: [`Cache-Control: ${value}`] } }, { from: 1 }],
  })),
  { clause: '§3.5 Authorization with Expires', steps: [{ fields: ['Authorization: Basic eDp5'], says: { fields: ['Expires: @+3600'] } }, { says: {} }] },
  { clause: '§3.5 what is stored without it is for all who ask', steps: [FRESH, { fields: ['Authorization: Basic eDp5'], from: 1 }] },
  { clause: 'RFC 9110 §11.6.2 it goes to the origin', steps: [{ fields: ['Authorization: Basic eDp5'], says: {}, saw: { authorization: 'Basic eDp5' } }] },
];

/** Methods and content. */
const methods: readonly Case[] = [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'FOO', 'get'].map((method): Case => ({
    clause: `§3 nothing is stored of ${method}`,
    steps: [{ ask: method, says: { fields: ['Cache-Control: max-age=3600'] } }, { ask: method, says: { fields: ['Cache-Control: max-age=3600'] } }, { says: {} }],
  })),
  { clause: '§3 not of POST with content and Content-Location either', steps: [
    { ask: 'POST', content: 'x', says: { fields: ['Cache-Control: max-age=3600', 'Content-Location: {self}'] }, saw: { 'content-length': '1' } }, { says: {} },
  ] },
  { clause: 'a GET with content is not stored', steps: [{ content: 'x=1', says: { fields: ['Cache-Control: max-age=3600'] } }, { says: {} }] },
  { clause: 'nor answered from the store', steps: [FRESH, { content: 'x=1', says: {} }] },
  { clause: 'a GET with Content-Length: 0 has none', steps: [FRESH, { fields: ['Content-Length: 0'], from: 1 }] },
  { clause: 'a query is of the key', steps: [FRESH, { ask: 'GET ?a', says: { fields: ['Cache-Control: max-age=60'] } }, { from: 1 }, { ask: 'GET ?a', from: 2 }, { ask: 'GET ?', says: {} }] },
  { clause: 'the order of a query is, too', steps: [{ ask: 'GET ?a=1&b=2', ...FRESH }, { ask: 'GET ?b=2&a=1', says: {} }] },
  { clause: 'a path is case-sensitive', steps: [{ ask: 'GET /a', ...FRESH }, { ask: 'GET /A', says: {} }] },
  { clause: 'an encoded path is a key of its own', steps: [{ ask: 'GET /a%2Fb', ...FRESH }, { ask: 'GET /a/b', says: {} }] },
];

/** Unsafe methods, §4.4. */
const invalidation: readonly Case[] = [
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'FOO', 'post'].flatMap((method): Case[] => [
    { clause: `§4.4 ${method} invalidates its target`, steps: [FRESH, { ask: method, says: {} }, { says: {} }] },
    { clause: `§4.4 ${method} with 302, too`, steps: [FRESH, { ask: method, says: { status: 302 } }, { says: {} }] },
    ...[400, 404, 500, 503].map((status): Case => ({ clause: `§4.4 ${method} with ${status} does not`, steps: [FRESH, { ask: method, says: { status } }, { from: 1 }] })),
    { clause: `§4.4 ${method} invalidates Location`, steps: [{ ask: 'GET /b', ...FRESH }, { ask: method, says: { status: 201, fields: ['Location: {self}/b'] } }, { ask: 'GET /b', says: {} }] },
    { clause: `§4.4 ${method} invalidates Content-Location`, steps: [{ ask: 'GET /b', ...FRESH }, { ask: method, says: { fields: ['Content-Location: {self}/b'] } }, { ask: 'GET /b', says: {} }] },
  ]),
  ...['OPTIONS', 'TRACE', 'HEAD'].map((method): Case => ({ clause: `§4.4 ${method} is safe`, steps: [FRESH, { ask: method, says: method === 'HEAD' ? [] : {}, from: 1, loosely: true }, { from: 1 }] })),
  { clause: '§4.4 a relative Location', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST /a', says: { fields: ['Location: b'] } }, { ask: 'GET /b', says: {} }] },
  { clause: '§4.4 an absolute Location of the same origin', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: { fields: ['Location: http://localhost{self}/b'] } }, { ask: 'GET /b', says: {} }] },
  { clause: '§4.4 its host in upper case, with the default port and a fragment', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: { fields: ['Location: HTTP://LocalHost:80{self}/b#x'] } }, { ask: 'GET /b', says: {} }] },
  { clause: '§4.4 the default port, left out', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: { fields: ['Location: //localhost{self}/b'] } }, { ask: 'GET /b', says: {} }] },
  ...['https://localhost', 'http://localhost:81', 'http://example.com', 'http://localhost.evil'].map((origin): Case => ({
    clause: `§4.4 not of another origin: ${origin}`,
    steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: { fields: [`Location: ${origin}{self}/b`, `Content-Location: ${origin}{self}/b`] } }, { ask: 'GET /b', from: 1 }],
  })),
  { clause: '§4.4 not what Location names after an error', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: { status: 500, fields: ['Location: {self}/b'] } }, { ask: 'GET /b', from: 1 }] },
  { clause: '§4.4 a malformed Location harms nothing', steps: [FRESH, { ask: 'POST', says: { fields: ['Location: http://[::1'] } }, { says: {} }] },
  { clause: '§4.4 not another path', steps: [{ ask: 'GET /b', ...FRESH }, { ask: 'POST', says: {} }, { ask: 'GET /b', from: 1 }] },
  { clause: '§4.4 not another query', steps: [{ ask: 'GET ?b', ...FRESH }, { ask: 'POST', says: {} }, { ask: 'GET ?b', from: 1 }] },
  { clause: '§4.4 all variants', steps: [
    { fields: ['X: 1'], says: { fields: ['Cache-Control: max-age=3600', 'Vary: X'] } }, { fields: ['X: 2'], says: { fields: ['Cache-Control: max-age=3600', 'Vary: X'] } },
    { ask: 'DELETE', says: { status: 204 } }, { fields: ['X: 1'], says: {} }, { fields: ['X: 2'], says: {} },
  ] },
  { clause: '§4.4 what is invalid is validated, and used then', steps: [FRESH, { ask: 'POST', says: {} }, { says: { status: 304, fields: ['ETag: "a"'] }, from: 1, saw: { 'if-none-match': '"a"' } }, { from: 1 }] },
  { clause: '§4.4 and never used in place of an error', steps: [FRESH, { ask: 'POST', says: {} }, { says: CLOSED, status: 502 }] },
];

export const requestCases: readonly Case[] = [...directives, ...authorized, ...methods];
export const invalidationCases: readonly Case[] = invalidation;
