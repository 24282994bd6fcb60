import t from 'tap';
import type { Row } from '../../server/doctor/judge.ts';
import { judge } from '../../server/doctor/judge.ts';
import { layOut, wrap } from '../../server/doctor/layout.ts';
import { EOPNOTSUPP, ethernet, made, unwritable } from './made-up.ts';

const rows: readonly Row[] = [
  { group: 'Kernel', name: 'kernel', state: 'ok', found: 'Linux 6.18.4, x64', cost: 'unseen', cure: '' },
  { group: 'Mount', name: 'reflink', state: 'missing', found: 'FICLONE is refused with EOPNOTSUPP', cost: 'a copy in memory', cure: 'guard.snapshotDir on XFS or Btrfs, on the same filesystem as the files, wherever there is room' },
  { group: 'Mount', name: 'timestamps', state: 'unknown', found: 'not probed: the directory is not writable', cost: 'two edits look like one', cure: '' },
  { group: 'Network', name: 'eth0', state: 'limited', found: 'TX checksum off', cost: 'CPU', cure: 'ethtool -K eth0 tx on' },
];

const plain = `pagecast doctor: /srv/site

Kernel
  ✓ ok       kernel      Linux 6.18.4, x64

Mount
  ✗ missing  reflink     FICLONE is refused with EOPNOTSUPP
                         costs: a copy in memory
                         cure: guard.snapshotDir on XFS or Btrfs, on the same filesystem as the
                         files, wherever there is room
  ? unknown  timestamps  not probed: the directory is not writable
                         costs, if missing: two edits look like one

Network
  ! limited  eth0        TX checksum off
                         costs: CPU
                         cure: ethtool -K eth0 tx on

1 ok, 1 limited, 1 missing, 1 unknown
`;

t.test('plain', (t) => {
  t.equal(layOut('/srv/site', rows, false), plain);
  t.end();
});

t.test('colour is laid on top, and changes no word', (t) => {
  const coloured = layOut('/srv/site', rows, true);
  t.match(coloured, '\x1b[31m✗ missing\x1b[0m  reflink     FICLONE');
  t.match(coloured, '\x1b[32m✓ ok     \x1b[0m  kernel');
  t.match(coloured, '\x1b[33m! limited\x1b[0m');
  t.match(coloured, '\x1b[36m? unknown\x1b[0m');
  t.match(coloured, '\x1b[2mcosts: CPU\x1b[0m');
  t.equal(coloured.replaceAll(/\x1b\[\d+m/g, ''), plain);
  t.end();
});

t.test('names that would steer the terminal are shown as question marks', (t) => {
  const text = layOut('/srv/\x1b[2J', [{ ...rows[0]!, found: 'tried on \x1b]0;title\x07\nfile\u{202e}' }], false);
  t.match(text, 'pagecast doctor: /srv/?[2J\n');
  t.match(text, 'tried on ?]0;title??file?\n');
  t.end();
});

t.test('no line is longer than 96 columns', (t) => {
  const spoilt = made({ probe: { ...unwritable, unnamedFile: EOPNOTSUPP }, limits: { grantedCpus: 1 }, interfaces: [{ ...ethernet, checksum: { state: 0, fixed: false } }] });
  const lines = layOut('/srv/site', judge(spoilt), false).split('\n');
  t.ok(lines.length > 30);
  t.same(lines.filter((line) => line.length > 96), []);
  t.end();
});

t.test('wrap', (t) => {
  t.same(wrap('', 10), ['']);
  t.same(wrap('one two three', 7), ['one two', 'three']);
  t.same(wrap('a word-that-is-too-long b', 6), ['a', 'word-that-is-too-long', 'b']);
  t.end();
});
