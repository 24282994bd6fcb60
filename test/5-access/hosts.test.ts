import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { hostName } from '../../server/access/hosts.ts';
import { named, unnamed } from './host-cases.ts';

t.test('names', (t) => {
  for (const [authority, name] of named) t.equal(hostName(authority), name, authority.slice(0, 60));
  t.end();
});

t.test('no names', (t) => {
  for (const authority of unnamed) t.equal(hostName(authority), undefined, JSON.stringify(authority.slice(0, 60)));
  t.end();
});

t.test('a name is its own name', (t) => {
  for (const [, name] of named) t.equal(hostName(name), name, name.slice(0, 60));
  t.end();
});

const pieces = fc.constantFrom('.', '..', '/', '\\', ':', '80', '[', ']', '::1', 'a', 'A', '-', '_', '%2e', '%', '\0', ' ', '@', 'b'.repeat(62), '\xe9', '\u212a');

t.test('whatever is asked: a folder right below the root, or none', (t) => {
  let names = 0;
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.array(pieces, { maxLength: 8 }).map((list) => list.join(''))), (authority) => {
      const name = hostName(authority);
      if (name === undefined) return true;
      names += 1;
      return /^[a-z0-9_[-]/.test(name) && name.length <= 253 && !/[/\\%\0]|\.\./.test(name) && join('/root', name) === `/root/${name}` && hostName(name) === name;
    }),
    { numRuns: 5_000 },
  );
  t.ok(names > 50, `${names} names were looked at`);
  t.end();
});
