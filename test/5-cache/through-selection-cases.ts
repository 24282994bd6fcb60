// Which stored response a request selects: Vary (RFC 9111 §4.1), and the targeted fields of RFC 9213.
import type { Case, Step } from './through.ts';

function varies(clause: string, vary: readonly string[], first: readonly string[], second: readonly string[], same: boolean): Case {
  const fields = ['Cache-Control: max-age=3600', ...vary.map((value) => `Vary: ${value}`)];
  return { clause: `§4.1 ${clause}`, steps: [{ fields: first, says: { fields } }, same ? { fields: second, from: 1 } : { fields: second, says: { fields } }] };
}

const stored: Step['says'] = { fields: ['Cache-Control: max-age=3600', 'Vary: Foo'] };

const vary: readonly Case[] = [
  varies('the same', ['Foo'], ['Foo: 1'], ['Foo: 1'], true),
  varies('another', ['Foo'], ['Foo: 1'], ['Foo: 2'], false),
  varies('absent in both', ['Foo'], [], [], true),
  varies('absent in the second', ['Foo'], ['Foo: 1'], [], false),
  varies('absent in the first', ['Foo'], [], ['Foo: 1'], false),
  varies('empty is not absent', ['Foo'], ['Foo:'], [], false),
  varies('names in any case', ['fOO'], ['FOO: 1'], ['foo: 1'], true),
  varies('values are case-sensitive', ['Foo'], ['Foo: a'], ['Foo: A'], false),
  varies('whitespace around a value', ['Foo'], ['Foo: 1'], ['Foo:   1 \t'], true),
  varies('two lines are one value', ['Foo'], ['Foo: 1, 2'], ['Foo: 1', 'Foo: 2'], true),
  varies('of a field that nobody knows whitespace counts', ['Foo'], ['Foo: 1,2'], ['Foo: 1, 2'], false),
  varies('the order of values', ['Foo'], ['Foo: 1, 2'], ['Foo: 2, 1'], false),
  varies('two fields', ['Foo, Bar'], ['Foo: 1', 'Bar: 2'], ['Bar: 2', 'Foo: 1'], true),
  varies('two fields, one differs', ['Foo, Bar'], ['Foo: 1', 'Bar: 2'], ['Foo: 1', 'Bar: 3'], false),
  varies('two fields, swapped values', ['Foo, Bar'], ['Foo: 1', 'Bar: 2'], ['Foo: 2', 'Bar: 1'], false),
  varies('two fields, one omitted', ['Foo, Bar'], ['Foo: 1', 'Bar: 2'], ['Foo: 1'], false),
  varies('two lines of Vary', ['Foo', 'Bar'], ['Foo: 1', 'Bar: 2'], ['Foo: 1', 'Bar: 3'], false),
  varies('empty members', [',, Foo ,'], ['Foo: 1'], ['Foo: 2'], false),
  varies('no member at all', [','], ['Foo: 1'], ['Foo: 2'], true),
  varies('other fields do not matter', ['Foo'], ['Foo: 1', 'Other: 2'], ['Foo: 1', 'Other: 3'], true),
  varies('*', ['*'], ['Foo: 1'], ['Foo: 1'], false),
  varies('* among others', ['Foo, *'], ['Foo: 1'], ['Foo: 1'], false),
  varies('* first', ['*, Foo'], ['Foo: 1'], ['Foo: 1'], false),
  varies('* on a line of its own', ['Foo', '*'], ['Foo: 1'], ['Foo: 1'], false),
  varies('* with empty members', [', *'], ['Foo: 1'], ['Foo: 1'], false),
  varies('what is no name', ['Foo Bar'], ['Foo: 1'], ['Foo: 1'], false),
  varies('Accept-Language: whitespace', ['Accept-Language'], ['Accept-Language: en, de'], ['Accept-Language: en,   de'], true),
  varies('Accept-Language: case', ['Accept-Language'], ['Accept-Language: en'], ['Accept-Language: EN'], true),
  varies('Accept-Language: another order of the same weight', ['Accept-Language'], ['Accept-Language: en, de'], ['Accept-Language: de, en'], false),
  varies('Accept-Encoding: the order of equals', ['Accept-Encoding'], ['Accept-Encoding: gzip, br'], ['Accept-Encoding: br,gzip'], true),
  varies('Accept-Encoding: another', ['Accept-Encoding'], ['Accept-Encoding: gzip'], ['Accept-Encoding: br'], false),
  varies('Accept-Encoding: absent is not empty', ['Accept-Encoding'], [], ['Accept-Encoding:'], false),
  varies('User-Agent', ['User-Agent'], ['User-Agent: a'], ['User-Agent: b'], false),
  varies('Cookie', ['Cookie'], ['Cookie: a=1'], ['Cookie: a=2'], false),
  varies('Host is of the key already', ['Host'], [], [], true),
  varies('Authorization', ['Authorization'], [], ['Authorization: Basic eDp5'], false),
  { clause: '§4.1 both variants stay', steps: [{ fields: ['Foo: 1'], says: stored }, { fields: ['Foo: 2'], says: stored }, { fields: ['Foo: 1'], from: 1 }, { fields: ['Foo: 2'], from: 2 }, { fields: ['Foo: 3'], says: stored }, { fields: ['Foo: 1'], from: 1 }] },
  { clause: '§4.1 a stale variant is validated with its own tag', steps: [
    { fields: ['Foo: 1'], says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "1"', 'Vary: Foo'] } },
    { fields: ['Foo: 2'], says: { fields: ['Cache-Control: max-age=3600', 'ETag: "2"', 'Vary: Foo'] }, saw: { 'if-none-match': null } },
    { fields: ['Foo: 1'], says: { status: 304, fields: ['ETag: "1"', 'Vary: Foo', 'Cache-Control: max-age=60'] }, from: 1, saw: { 'if-none-match': /"1"/ } }, { fields: ['Foo: 2'], from: 2 },
  ] },
  { clause: '§4.1 Cache-Status says that it is for the variant', steps: [{ fields: ['Foo: 1'], says: stored }, { fields: ['Foo: 2'], says: stored, has: { 'cache-status': /^pagecast;fwd=vary-miss/ } }] },
  { clause: '§4.1 a new Vary counts for what comes later', steps: [
    { fields: ['Foo: 1', 'Bar: 1'], says: { fields: ['Cache-Control: max-age=3600', 'Vary: Foo'] } },
    { fields: ['Foo: 2', 'Bar: 1'], says: { fields: ['Cache-Control: max-age=3600', 'Vary: Bar'] } },
    { fields: ['Foo: 3', 'Bar: 2'], says: {} },
  ] },
  { clause: '§4.1 a value of 8,000 characters', steps: [{ fields: [`Foo: ${'a'.repeat(8000)}b`], says: stored }, { fields: [`Foo: ${'a'.repeat(8000)}c`], says: stored }] },
];

/** What is replaced or named away is not what the origin saw. */
const poisoned: readonly Case[] = [
  { clause: 'poisoning: X-Forwarded-Host of a client is not believed', steps: [
    { fields: ['X-Forwarded-Host: evil.example'], says: { fields: ['Cache-Control: max-age=3600', 'Vary: X-Forwarded-Host'] }, saw: { 'x-forwarded-host': 'localhost' } }, { from: 1 },
  ] },
  { clause: 'poisoning: X-Forwarded-Proto and -Port, Forwarded', steps: [
    { fields: ['X-Forwarded-Proto: https', 'X-Forwarded-Port: 666', 'Forwarded: for=evil;host=evil'], says: { fields: ['Cache-Control: max-age=3600'] }, saw: { 'x-forwarded-proto': 'http', 'x-forwarded-port': null, forwarded: /^for=127\.0\.0\.1;host=localhost;proto=http$/, 'x-forwarded-for': '127.0.0.1' } },
  ] },
  { clause: 'poisoning: a field named by Connection is not seen by the origin, nor selects', steps: [
    { fields: ['Foo: evil', 'Connection: foo'], says: stored, saw: { foo: null } }, { from: 1 }, { fields: ['Foo: evil'], says: stored },
  ] },
  { clause: 'poisoning: Connection cannot name away Cookie, Authorization, Accept', steps: [
    { fields: ['Cookie: a=1', 'Authorization: x', 'Accept: b/c', 'Connection: cookie, authorization, accept'], says: {}, saw: { cookie: 'a=1', authorization: 'x', accept: 'b/c' } },
  ] },
  { clause: 'poisoning: nor what we add', steps: [{ fields: ['Connection: via, x-forwarded-for, forwarded, host'], says: {}, saw: { via: '1.1 pagecast', 'x-forwarded-for': '127.0.0.1', host: 'localhost' } }] },
  { clause: 'RFC 9110 §7.6.1 fields of the connection do not go on', steps: [
    { fields: ['Keep-Alive: x', 'TE: trailers', 'Proxy-Connection: x', 'Proxy-Authorization: x', 'X-End: y'], says: { fields: ['Cache-Control: max-age=3600'] }, saw: { 'keep-alive': null, te: null, 'proxy-connection': null, 'proxy-authorization': null, 'x-end': 'y' } },
  ] },
  { clause: 'RFC 9110 §7.6.3 Via goes on', steps: [{ fields: ['Via: 1.0 fred'], says: {}, saw: { via: '1.0 fred, 1.1 pagecast' } }] },
  { clause: 'poisoning: method overrides are no methods', steps: [{ fields: ['X-HTTP-Method-Override: POST'], says: { fields: ['Cache-Control: max-age=3600'] }, saw: { 'x-http-method-override': 'POST' } }, { from: 1 }] },
];

function targeted(clause: string, stays: boolean, ...fields: readonly string[]): Case {
  return { clause: `RFC 9213 ${clause}: ${fields.join(' / ')}`, steps: [{ says: { fields } }, stays ? { from: 1 } : { says: {} }] };
}

const CDN = 'CDN-Cache-Control';
const NO_STORE = 'Cache-Control: no-store';
const LONG = 'Cache-Control: max-age=3600';
const targets: readonly Case[] = [
  targeted('§2.2', true, `${CDN}: max-age=3600`),
  targeted('§2.2 over Cache-Control', true, `${CDN}: max-age=3600`, NO_STORE),
  targeted('§2.2 over Cache-Control', true, `${CDN}: max-age=3600`, 'Cache-Control: max-age=0'),
  targeted('§2.2 over Cache-Control', true, `${CDN}: max-age=3600`, 'Cache-Control: private'),
  targeted('§2.2 over Expires', true, `${CDN}: max-age=3600`, 'Expires: 0'),
  targeted('§2.2 it shortens', false, `${CDN}: max-age=0`, LONG),
  targeted('§2.2 no-store', false, `${CDN}: no-store`, LONG),
  targeted('§2.2 private', false, `${CDN}: private`, LONG),
  targeted('§2.2 no-cache', false, `${CDN}: no-cache`, LONG),
  targeted('§2.2 Expires does not count beside it', false, `${CDN}: must-revalidate`, 'Expires: @+3600'),
  targeted('§2.1 s-maxage', true, `${CDN}: s-maxage=3600`, NO_STORE),
  targeted('§2.1 parameters are ignored', true, `${CDN}: max-age=3600;a=b;c`, NO_STORE),
  targeted('§2.1 unknown members', true, `${CDN}: foo=(1 2), max-age=3600, bar=:YQ==:`, NO_STORE),
  targeted('§2.1 ?1', false, `${CDN}: no-store=?1`, LONG),
  targeted('§2.1 the last of several', true, `${CDN}: max-age=0, max-age=3600`, NO_STORE),
  targeted('§2.1 two lines', true, `${CDN}: max-age=3600`, `${CDN}: foo`, NO_STORE),
  targeted('§2.1 empty: ignored', true, `${CDN}:`, LONG),
  targeted('§2.1 malformed: ignored', true, `${CDN}: max-age=0, &&&`, LONG),
  targeted('§2.1 malformed: ignored', false, `${CDN}: max-age=3600, &&&`, NO_STORE),
  targeted('§2.1 upper case is no key: ignored', true, `${CDN}: MAX-AGE=0`, LONG),
  targeted('§2.1 whitespace around =: ignored', true, `${CDN}: max-age =0`, LONG),
  targeted('§2.1 a String is no lifetime', false, `${CDN}: max-age="3600"`, LONG),
  targeted('§2.1 a Decimal is no lifetime', false, `${CDN}: max-age=3600.0`, LONG),
  targeted('§2.1 negative', false, `${CDN}: max-age=-1`, LONG),
  targeted('§2.1 a number without end: malformed', true, `${CDN}: max-age=${'9'.repeat(30)}`, LONG),
  targeted('§2.1 15 digits', true, `${CDN}: max-age=999999999999999`, NO_STORE),
  targeted('§2.1 a trailing comma: malformed', true, `${CDN}: max-age=0,`, LONG),
  targeted('§3.1 nothing that is known', false, `${CDN}: none`, LONG),
  targeted('§2.2 our own comes first', true, `${CDN}: no-store`, 'Pagecast-Cache-Control: max-age=3600'),
  targeted('§2.2 those of others say nothing', true, 'Acme-Cache-Control: no-store', LONG),
  { clause: 'RFC 9213 §2.2 all of them go to the client', steps: [
    { says: { fields: [`${CDN}: max-age=3600`, 'Cache-Control: no-cache'] }, has: { 'cache-control': 'no-cache', 'cdn-cache-control': 'max-age=3600' } }, { from: 1, has: { 'cache-control': 'no-cache', 'cdn-cache-control': 'max-age=3600' } },
  ] },
];

export const selectionCases: readonly Case[] = [...vary, ...poisoned];
export const targetedCases: readonly Case[] = targets;
