import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { appendForwarded, appendForwardedFor, forwardedElement, forwardingFields, type Hop } from '../../http/forwarded.ts';
import { listMembers } from '../../http/list-members.ts';

const http: Hop = { address: '192.0.2.60', host: undefined, proto: 'http' };

t.test('elements', (t) => {
  const rows: [Partial<Hop>, string][] = [
    // RFC 7239 §4, §6.
    [{ by: '203.0.113.43' }, 'for=192.0.2.60;by=203.0.113.43;proto=http'],
    [{ address: '2001:db8:cafe::17' }, 'for="[2001:db8:cafe::17]";proto=http'],
    [{ address: '2001:DB8::1', by: '::1' }, 'for="[2001:db8::1]";by="[::1]";proto=http'],
    [{ by: '_gazonk' }, 'for=192.0.2.60;by=_gazonk;proto=http'],
    [{ host: 'example.com', proto: 'https' }, 'for=192.0.2.60;host=example.com;proto=https'],
    [{ host: 'example.com:8080' }, 'for=192.0.2.60;host="example.com:8080";proto=http'],
    [{ host: '[::1]:8080' }, 'for=192.0.2.60;host="[::1]:8080";proto=http'],
    // What is no address is unknown; a zone is nobody else's business; a mapped address is itself.
    [{ address: '' }, 'for=unknown;proto=http'],
    [{ address: '/run/app.sock' }, 'for=unknown;proto=http'],
    [{ address: 'a' }, 'for=unknown;proto=http'],
    [{ address: '1:2, for=3' }, 'for=unknown;proto=http'],
    [{ address: '"' }, 'for=unknown;proto=http'],
    [{ address: '_a b' }, 'for=unknown;proto=http'],
    [{ address: 'fe80::1%eth0' }, 'for="[fe80::1]";proto=http'],
    [{ address: '::ffff:192.0.2.1' }, 'for=192.0.2.1;proto=http'],
    [{ address: '::FFFF:192.0.2.1' }, 'for=192.0.2.1;proto=http'],
    [{ address: '::ffff:c000:201' }, 'for="[::ffff:c000:201]";proto=http'],
    // Hosts that want quoting, and one that cannot be quoted.
    [{ host: '' }, 'for=192.0.2.60;proto=http'],
    [{ host: 'a"b\\c' }, 'for=192.0.2.60;host="a\\"b\\\\c";proto=http'],
    [{ host: 'a;b,c' }, 'for=192.0.2.60;host="a;b,c";proto=http'],
    [{ host: 'a\nb' }, 'for=192.0.2.60;proto=http'],
    [{ host: 'a\0' }, 'for=192.0.2.60;proto=http'],
  ];
  for (const [hop, element] of rows) t.equal(forwardedElement({ ...http, ...hop }), element);
  t.end();
});

t.test('appended', (t) => {
  const kept: [string, string][] = [
    ['for=192.0.2.43', 'for=192.0.2.43, for=x'],
    ['for=192.0.2.43,FOR="[2001:db8::17]:4711";by=_a', 'for=192.0.2.43, FOR="[2001:db8::17]:4711";by=_a, for=x'],
    ['for="a,b;c\\""', 'for="a,b;c\\"", for=x'],
    ['a=b;;c=d;', 'a=b;;c=d;, for=x'],
    ['a=b ; c=d', 'a=b ; c=d, for=x'],
  ];
  for (const [existing, value] of kept) t.equal(appendForwarded(existing, 'for=x'), value);
  for (const existing of [undefined, '', ' ,', 'for="', 'for="1.2.3.4', 'for=1.2.3.4, for="', 'for', 'for=', '=a', 'for=[::1]', 'for=a b=c', 'for="a"b', 'for="\\', 'for=a, b', 'for = a']) {
    t.equal(appendForwarded(existing, 'for=x'), 'for=x', JSON.stringify(existing ?? 'absent'));
  }
  t.equal(appendForwarded(`for=a${';'.repeat(500_000)}`, 'for=x').length, 500_012);
  t.equal(appendForwarded('for="'.repeat(200_000), 'for=x'), 'for=x');
  t.end();
});

t.test('X-Forwarded-For', (t) => {
  t.equal(appendForwardedFor(undefined, '192.0.2.1'), '192.0.2.1');
  t.equal(appendForwardedFor('', '192.0.2.1'), '192.0.2.1');
  t.equal(appendForwardedFor('203.0.113.1,  10.0.0.1', '2001:db8::1'), '203.0.113.1, 10.0.0.1, 2001:db8::1');
  t.equal(appendForwardedFor(',a,', '::ffff:192.0.2.1'), 'a, 192.0.2.1');
  t.equal(appendForwardedFor('"a', '192.0.2.1'), '"a, 192.0.2.1');
  t.equal(appendForwardedFor('a', ''), 'a, unknown');
  t.end();
});

t.test('the fields that an origin gets', (t) => {
  const hop: Hop = { address: '192.0.2.1', by: '203.0.113.43', host: 'example.com', proto: 'http' };
  t.strictSame(forwardingFields(hop), [
    ['Forwarded', 'for=192.0.2.1;by=203.0.113.43;host=example.com;proto=http'],
    ['X-Forwarded-For', '192.0.2.1'],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', 'example.com'],
  ]);
  const trusted = { forwarded: 'for=198.51.100.1;proto=https', xForwardedFor: '198.51.100.1', xForwardedProto: 'https', xForwardedHost: 'www.example.com' };
  t.strictSame(forwardingFields(hop, trusted), [
    ['Forwarded', 'for=198.51.100.1;proto=https, for=192.0.2.1;by=203.0.113.43;host=example.com;proto=http'],
    ['X-Forwarded-For', '198.51.100.1, 192.0.2.1'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'www.example.com'],
  ]);
  t.strictSame(forwardingFields(http, { xForwardedProto: 'https, http', xForwardedHost: ' ,' }).slice(2), [['X-Forwarded-Proto', 'https']], 'the first of several');
  t.strictSame(forwardingFields(http, { xForwardedProto: '' }).slice(2), [['X-Forwarded-Proto', 'http']]);
  t.end();
});

t.test('whatever was there, our element is the last member', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^(for=)?[a="\\;, ]{0,16}$/));
  fc.assert(
    fc.property(noise, noise, noise, (existing, address, host) => {
      const element = forwardedElement({ address, host, proto: 'http' });
      const value = appendForwarded(existing, element);
      assert.equal(listMembers(value)?.at(-1), element, value);
      assert.equal(appendForwarded(element, 'for=x'), `${element}, for=x`, 'what we send we take');
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
