// No row of the storm may pass on nothing.
import t from 'tap';
import { MEANS } from '../../bench/storm/means.ts';
import type { Outcome } from '../../bench/storm/row.ts';
import { judge, passed, type Circumstances } from '../../bench/storm/verdict.ts';
import { emptyTally, type Tally } from '../../bench/storm/witness.ts';

const SEEING: Partial<Tally> = { completed: 100, partial: 20, validators: 5 };

function outcome(tally: Partial<Tally>, over: Partial<Outcome> = {}): Outcome {
  const nothing = { delays: null, delaysStalled: null, delaysOther: null, stale: 0, counters: {}, note: null };
  return { ...nothing, tally: { ...emptyTally(), ...tally }, seconds: 1, reason: null, rewrites: 10, ...over };
}

function torn(count: number): Partial<Tally> {
  return { ...SEEING, torn: { mixed: count, half: 0, empty: 0, foreign: 0 } };
}

const CONTROL = outcome(torn(3));

function verdict(row: Outcome, means: string, over: Partial<Circumstances> = {}): string {
  const found = MEANS.find(({ name }) => name === means)!;
  return judge(row, { means: found, place: 'loopback', protect: null, unknownPeer: null, control: found.inPlace ? CONTROL : null, ...over }).name;
}

t.test('rows that saw', (t) => {
  t.equal(verdict(outcome(SEEING), 'pwrite'), 'ok');
  t.equal(verdict(outcome(SEEING), 'rename'), 'ok');
  t.equal(verdict(outcome(torn(1)), 'pwrite'), 'failed');
  t.equal(verdict(outcome(torn(1)), 'rename'), 'failed');
  t.equal(verdict(outcome({ ...SEEING, wrongLength: 1 }), 'cp'), 'failed');
  t.equal(verdict(outcome({ ...SEEING, wrongValidator: 1 }), 'cp'), 'failed');
  t.equal(verdict(outcome({ ...SEEING, reset: 1000 }), 'cp'), 'ok', 'resets are allowed');
  t.equal(verdict(outcome(torn(1)), 'mmap-before'), 'reported');
  t.end();
});

t.test('rows that are void', (t) => {
  t.equal(verdict(outcome({ ...SEEING, completed: 0 }), 'pwrite'), 'void', 'no answer');
  t.equal(verdict(outcome({ ...SEEING, completed: 0 }), 'mmap-before'), 'void', 'no answer, in a row that is only reported');
  t.equal(verdict(outcome(SEEING, { reason: 'by the deadline' }), 'pwrite'), 'void', 'too few answers');
  t.equal(verdict(outcome(SEEING, { rewrites: 0 }), 'pwrite'), 'void', 'no writes');
  t.equal(verdict(outcome({ ...SEEING, validators: 0 }), 'rename'), 'void', 'no ETags');
  t.equal(verdict(outcome({ ...SEEING, partial: 0 }), 'rename'), 'void', 'no ranges');
  t.equal(verdict(outcome(SEEING), 'pwrite', { control: outcome(SEEING) }), 'void', 'nothing torn in the control');
  t.end();
});

t.test('unprotected, in-place rows must tear and others must not', (t) => {
  t.equal(verdict(outcome(torn(1)), 'pwrite', { protect: 'off', control: null }), 'seen');
  t.equal(verdict(outcome(SEEING), 'pwrite', { protect: 'off', control: null }), 'void');
  t.equal(verdict(outcome(torn(1)), 'rename', { protect: 'off' }), 'failed');
  t.end();
});

t.test('exposed answers are allowed over veth, unless the server copies', (t) => {
  const exposed = outcome(torn(2), { counters: { guardExposed: 2 } });
  t.equal(verdict(exposed, 'pwrite', { place: 'veth', unknownPeer: 'probe' }), 'ok');
  t.equal(verdict(outcome(torn(3), { counters: { guardExposed: 2 } }), 'pwrite', { place: 'veth', unknownPeer: 'probe' }), 'failed');
  t.equal(verdict(exposed, 'pwrite', { place: 'veth', unknownPeer: 'copy' }), 'failed');
  t.equal(verdict(exposed, 'pwrite', { place: 'loopback', unknownPeer: 'probe' }), 'failed');
  t.end();
});

t.test('a storm of nothing has not passed', (t) => {
  t.equal(passed([]), false);
  t.equal(passed([{ name: 'skipped', reason: '' }]), false);
  t.equal(passed([{ name: 'reported', reason: '' }]), false);
  t.equal(passed([{ name: 'ok', reason: '' }, { name: 'void', reason: '' }]), false);
  t.equal(passed([{ name: 'ok', reason: '' }, { name: 'failed', reason: '' }]), false);
  t.equal(passed([{ name: 'ok', reason: '' }, { name: 'skipped', reason: '' }]), true);
  t.end();
});
