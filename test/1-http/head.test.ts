import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { latin1Bytes } from '../../http/latin1.ts';
import * as http from '../../http/head.ts';
import { RequestHead } from '../../http/head.ts';
import { refusals } from '../../http/refusal.ts';
import { acceptedRequests } from './accepted-requests.ts';
import { checkFacts, parse, refusalNameOf } from './heads.ts';
import { refusedRequests } from './refused-requests.ts';

t.test('accepted requests', (t) => {
  t.ok(acceptedRequests.length >= 40, 'there are rows');
  for (const [name, text, facts] of acceptedRequests) {
    t.test(name, (t) => {
      const head = new RequestHead();
      t.equal(parse(text, head), text.length, 'ends behind its last LF');
      checkFacts(t, head, facts);
      const detached = head.detach();
      parse('POST /other?q HTTP/1.0\r\nX: y\r\n\r\n', head);
      checkFacts(t, detached, facts);
      t.end();
    });
  }
  t.end();
});

t.test('refused requests', (t) => {
  t.ok(refusedRequests.length >= 120, 'there are rows');
  for (const [name, text, refusalName, status] of refusedRequests) {
    const result = parse(text);
    t.equal(refusalNameOf(result), refusalName, name);
    t.equal(refusals[-result]?.status, status, `${name}: ${status}`);
  }
  t.end();
});

t.test('names of the rows are unique', (t) => {
  const names = [...acceptedRequests, ...refusedRequests].map(([name]) => name);
  t.equal(new Set(names).size, names.length);
  t.end();
});

t.test('nothing is left of the head before', (t) => {
  const head = new RequestHead();
  const all = [...acceptedRequests, ...acceptedRequests.toReversed()];
  for (const [name, text, facts] of all) {
    t.test(name, (t) => {
      t.equal(parse(text, head), text.length);
      checkFacts(t, head, facts);
      t.end();
    });
  }
  parse('GET / HTTP/1.1\r\nX: a b', head);
  t.equal(head.detach().target, '', 'an incomplete head detaches to nothing');
  t.end();
});

t.test('a copy is of the head alone', (t) => {
  const head = new RequestHead();
  const bytes = latin1Bytes('before GET /a HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\nafter');
  t.equal(head.parse(bytes, 7, bytes.length), bytes.length - 5);
  const copy = head.detach();
  bytes.fill(0);
  t.same([copy.target, copy.authority, copy.fieldNamed('x'), copy.fieldCount], ['/a', 'h', '1', 2]);
  t.same(copy.detach().target, '/a', 'a copy of a copy');
  t.end();
});

t.test('the largest length', (t) => {
  const head = new RequestHead();
  parse('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9007199254740991\r\n\r\n', head);
  t.equal(head.contentLength, Number.MAX_SAFE_INTEGER);
  t.end();
});

const tokens = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,30}$/);
const values = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[ \t]?[!-~\x80-\xff]){0,40})?$/);
const controlNames = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);
const fieldLists = fc.array(fc.tuple(tokens, values), { maxLength: 20 }).map((list) => list.filter(([name]) => !controlNames.has(name.toLowerCase())));

t.test('fields come out as they went in', (t) => {
  const head = new RequestHead();
  fc.assert(
    fc.property(fieldLists, fc.constantFrom('', ' ', '\t \t'), (list, space) => {
      const text = `GET / HTTP/1.1\r\nHost: h\r\n${list.map(([name, value]) => `${name}:${space}${value}${space}\r\n`).join('')}\r\n`;
      assert.equal(parse(text, head), text.length);
      const got = Array.from({ length: head.fieldCount - 1 }, (_, k) => [head.fieldName(k + 1), head.fieldValue(k + 1)]);
      assert.deepEqual(got, list);
      for (const [name] of list) {
        const joined = list.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
        assert.equal(head.fieldNamed(name.toUpperCase()), joined.join(', '));
      }
    }),
  );
  t.end();
});

t.test('known fields are found in any case, and only they', (t) => {
  const head = new RequestHead();
  for (const [id, name] of http.knownFieldNames.entries()) {
    if (id === http.FIELD_UNKNOWN || controlNames.has(name)) continue;
    for (const written of [name, name.toUpperCase()]) {
      parse(`GET / HTTP/1.1\r\nHost: h\r\n${written}: a\r\nX: b\r\n${written}:c\r\n\r\n`, head);
      t.equal(head.field(id), 'a, c', written);
      t.equal(head.fieldName(1), written);
    }
    for (let k = 0; k < name.length; k++) {
      const other = `${name.slice(0, k)}~${name.slice(k + 1)}`;
      parse(`GET / HTTP/1.1\r\nHost: h\r\n${other}: a\r\n\r\n`, head);
      if (head.field(id) !== undefined || head.fieldNamed(other) !== 'a') t.fail(`${other} taken for ${name}`);
    }
  }
  t.equal(head.field(http.FIELD_HOST), 'h');
  t.equal(head.field(http.FIELD_COOKIE), undefined);
  t.equal(head.fieldNamed('cookie'), undefined);
  t.equal(head.fieldNamed('HOST'), 'h');
  t.same([head.fieldName(0), head.fieldName(-1), head.fieldName(head.fieldCount), head.fieldValue(99)], ['Host', '', '', '']);
  t.end();
});

t.test('no byte but a letter of the other case is taken for another', (t) => {
  const head = new RequestHead();
  const taken: string[] = [];
  for (let byte = 0; byte < 256; byte++) {
    parse(`GET / HTTP/1.1\r\nHost: h\r\nIf${String.fromCharCode(byte)}Match: *\r\n\r\n`, head);
    if (head.field(http.FIELD_IF_MATCH) === '*') taken.push(String.fromCharCode(byte));
    parse(`GET / HTTP/1.1\r\nHost: h\r\nIf-${String.fromCharCode(byte)}atch: *\r\n\r\n`, head);
    if (head.field(http.FIELD_IF_MATCH) === '*') taken.push(String.fromCharCode(byte));
  }
  t.same(taken, ['-', 'M', 'm']);
  t.end();
});

t.test('each byte in a field value, at each place of a word', (t) => {
  for (let byte = 0; byte < 256; byte++) {
    const fine = byte === 0x09 || (byte >= 0x20 && byte !== 0x7f);
    for (const before of ['', '~', 'ab', '\xff\xfe\xff', 'abcd']) {
      // 0xFF then 0x7E is the one pair that a carry marks wrongly.
      const result = parse(`GET / HTTP/1.1\r\nHost: h\r\nX: ${before}${String.fromCharCode(byte)}z~~~\r\n\r\n`);
      if (result > 0 !== fine) t.fail(`byte ${byte} after "${before}": ${result}`);
    }
  }
  t.pass('all looked at');
  t.end();
});

t.test('methods, forms and offsets', (t) => {
  t.equal(new Set([http.METHOD_GET, http.METHOD_HEAD, http.METHOD_OPTIONS, http.METHOD_OTHER]).size, 4);
  t.equal(new Set([http.TARGET_ORIGIN, http.TARGET_ABSOLUTE, http.TARGET_AUTHORITY, http.TARGET_ASTERISK]).size, 4);
  const head = new RequestHead();
  const forms: [string, number, number][] = [
    ['GET /a', http.METHOD_GET, http.TARGET_ORIGIN],
    ['HEAD http://h', http.METHOD_HEAD, http.TARGET_ABSOLUTE],
    ['OPTIONS *', http.METHOD_OPTIONS, http.TARGET_ASTERISK],
    ['XEAD /', http.METHOD_OTHER, http.TARGET_ORIGIN],
    ['XPTIONS /', http.METHOD_OTHER, http.TARGET_ORIGIN],
    ['XONNECT /', http.METHOD_OTHER, http.TARGET_ORIGIN],
    ['CONNECT h:1', http.METHOD_OTHER, http.TARGET_AUTHORITY],
    ['GETX /', http.METHOD_OTHER, http.TARGET_ORIGIN],
  ];
  for (const [line, method, form] of forms) {
    t.ok(parse(`${line} HTTP/1.1\r\nHost: h\r\n\r\n`, head) > 0, line);
    t.equal(head.method, method, line);
    t.equal(head.targetForm, form, line);
    t.equal(head.target, line.split(' ')[1]);
  }
  parse('\r\nGET http://h/p?q HTTP/1.1\r\nHost: h\r\n\r\n', head);
  t.same([head.pathStart, head.pathEnd, head.queryStart, head.queryEnd], [14, 16, 17, 18]);
  parse('GET http://h HTTP/1.1\r\nHost: h\r\n\r\n', head);
  t.same([head.pathStart, head.pathEnd, head.hasQuery], [12, 12, false]);
  t.equal(head.queryStart, head.queryEnd);
  t.end();
});

t.test('limits are settable, and met to the byte', (t) => {
  const head = new RequestHead({ headBytesMax: 60, fieldsMax: 2, targetBytesMax: 10 });
  const parsed = (text: string): string => {
    const result = parse(text, head);
    return result > 0 ? 'accepted' : refusalNameOf(result);
  };
  t.equal(parsed('GET /234567890 HTTP/1.1\r\nHost: h\r\n\r\n'), 'accepted');
  t.equal(parsed('GET /2345678901 HTTP/1.1\r\nHost: h\r\n\r\n'), 'target-too-long');
  t.equal(parsed('GET /2345678901'), 'target-too-long');
  t.equal(parsed('GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n'), 'accepted');
  t.equal(parsed('GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\nY'), 'too-many-fields');
  const rest = 60 - 'GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n'.length;
  t.equal(parsed(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'v'.repeat(rest)}\r\n\r\n`), 'accepted');
  t.equal(parsed(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'v'.repeat(rest)}\r\n\r\nGET /more HTTP/1.1`), 'accepted', 'only the head counts');
  t.equal(parsed(`GET / HTTP/1.1\r\nHost: h\r\nX: ${'v'.repeat(rest + 1)}\r\n\r\n`), 'head-too-large');
  t.end();
});

t.test('one shape for good and bad heads', (t) => {
  const head = new RequestHead();
  const keys = Object.keys(head);
  for (const [, text] of acceptedRequests) parse(text, head);
  for (const [, text] of refusedRequests) parse(text, head);
  t.same(Object.keys(head), keys);
  t.end();
});
