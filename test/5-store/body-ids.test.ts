// The set of ids that a scan keeps.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { BodyIds } from '../../cache/store/disk/body-ids.ts';

t.test('has what was added, and nothing else', (t) => {
  const ids = new BodyIds();
  const added = Array.from({ length: 50_000 }, () => randomBytes(16).toString('hex'));
  for (const id of added) ids.add(id);
  for (const id of added.slice(0, 100)) ids.add(id);
  t.equal(ids.size, added.length);
  t.ok(added.every((id) => ids.has(id)));
  t.notOk(Array.from({ length: 50_000 }, () => randomBytes(16).toString('hex')).some((id) => ids.has(id)));
  t.end();
});

t.test('ids that nobody would draw', (t) => {
  const ids = new BodyIds();
  const alike = Array.from({ length: 3000 }, (_, index) => `${(index + 1).toString(16).padStart(8, '0')}${'0'.repeat(24)}`);
  const odd = ['0'.repeat(32), 'f'.repeat(32), `${'0'.repeat(8)}${'f'.repeat(24)}`, ...alike];
  const wrong = odd.filter((id) => {
    const before = ids.has(id);
    ids.add(id);
    return before || !ids.has(id);
  });
  t.strictSame(wrong, []);
  t.equal(ids.size, odd.length);
  t.end();
});
