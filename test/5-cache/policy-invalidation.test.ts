import t from 'tap';
import { invalidated } from '../../cache/policy/invalidation.ts';
import { referenceCases, TARGET } from './policy-invalidation-cases.ts';
import { fieldsIn } from './policy-messages.ts';

t.test('§4.4: methods', (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH', 'PURGE', 'get', 'Head', '', 'CONNECT']) t.same(invalidated(method, 200, TARGET, []), [TARGET], method);
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) t.same(invalidated(method, 200, TARGET, fieldsIn(['Location: /c'])), [], method);
  t.end();
});

t.test('§4.4: "a non-error response is one with a 2xx or 3xx status code"', (t) => {
  for (const status of [200, 201, 204, 299, 301, 303, 304, 399]) t.same(invalidated('POST', status, TARGET, []), [TARGET], `${status}`);
  for (const status of [0, 100, 199, 400, 404, 409, 500, 503, 599, Number.NaN]) t.same(invalidated('POST', status, TARGET, fieldsIn(['Location: /c'])), [], `${status}`);
  t.end();
});

t.test('§4.4: Location and Content-Location', (t) => {
  for (const [name, response, others] of referenceCases) t.same(invalidated('PUT', 201, TARGET, fieldsIn(response)), [TARGET, ...others], name);
  t.end();
});

t.test('the target comes back as it is', (t) => {
  for (const target of ['http://EXAMPLE.com:80/%7e/../x', 'https://example.com', 'not a URI', '', '*']) t.same(invalidated('POST', 200, target, []), [target]);
  t.same(invalidated('POST', 200, 'not a URI', fieldsIn(['Location: /c', 'Content-Location: http://example.com/'])), ['not a URI']);
  t.same(invalidated('POST', 200, 'file:///x', fieldsIn(['Location: /c'])), ['file:///x'], 'an origin that equals no other');
  t.end();
});

t.test('no reference breaks it', (t) => {
  for (const value of ['\xff'.repeat(8_000), '%'.repeat(8_000), '../'.repeat(2_700), '['.repeat(8_000), 'http://'.repeat(1_000), '\\'.repeat(8_000), ':'.repeat(8_000), '\t\v\f']) {
    const uris = invalidated('POST', 200, TARGET, [['Location', value]]);
    t.ok(uris.every((uri) => uri.startsWith('http://example.com/')), value.slice(0, 10));
  }
  t.end();
});
