// Purges of http://a/1 (tags x, y), http://a/2 (a variant with x, one without) and http://b/1 (no tag), and what is left:
// v as it was, s stale, i invalid, - gone.
import type { Effect } from '../../cache/store/disk/purge-marks.ts';
import type { Purge } from '../../cache/store/messages.ts';

export interface PurgeCase {
  readonly purges: readonly (readonly [purge: Purge, effect: Effect])[];
  readonly then: string;
}

const all: Purge = { by: 'everything' };
const key = (name: string): Purge => ({ by: 'key', key: name });
const tag = (name: string): Purge => ({ by: 'tag', tag: name });
const prefix = (name: string): Purge => ({ by: 'prefix', prefix: name });

export const purgeCases: readonly PurgeCase[] = [
  { purges: [[key('http://a/1'), 'gone']], then: '- vv v' },
  { purges: [[key('http://a/1'), 'invalid']], then: 'i vv v' },
  { purges: [[key('http://a/'), 'gone']], then: 'v vv v' },
  { purges: [[tag('x'), 'gone']], then: '- -v v' },
  { purges: [[tag('x'), 'invalid']], then: 'i iv v' },
  { purges: [[tag('y'), 'gone'], [tag('x'), 'invalid']], then: '- iv v' },
  { purges: [[tag('X'), 'gone']], then: 'v vv v' },
  { purges: [[prefix('http://a/'), 'gone']], then: '- -- v' },
  { purges: [[prefix('http://a/'), 'invalid']], then: 'i ii v' },
  { purges: [[prefix('http://a/2'), 'invalid'], [prefix('http://a'), 'gone']], then: '- -- v' },
  { purges: [[prefix('http://a/2'), 'gone'], [prefix('http://a'), 'invalid']], then: 'i -- v' },
  { purges: [[prefix(''), 'invalid']], then: 'i ii i' },
  { purges: [[all, 'invalid']], then: 'i ii i' },
  { purges: [[all, 'gone']], then: '- -- -' },
  { purges: [[all, 'stale']], then: 's ss s' },
  { purges: [[key('http://a/1'), 'stale']], then: 's vv v' },
  { purges: [[tag('x'), 'stale']], then: 's sv v' },
  { purges: [[prefix('http://a/'), 'stale'], [tag('x'), 'invalid']], then: 'i is v' },
  { purges: [[tag('x'), 'invalid'], [all, 'stale']], then: 'i is s' },
  { purges: [[tag('x'), 'stale'], [tag('x'), 'gone']], then: '- -v v' },
  { purges: [[all, 'invalid'], [key('http://b/1'), 'gone']], then: 'i ii -' },
  { purges: [[key('http://b/1'), 'gone'], [all, 'invalid']], then: 'i ii -' },
  { purges: [[key('http://b/1'), 'gone'], [key('http://b/1'), 'invalid'], [tag('y'), 'invalid']], then: 'i vv -' },
  { purges: [[all, 'gone'], [all, 'invalid']], then: '- -- -' },
  { purges: [[key('__proto__'), 'gone'], [tag('constructor'), 'gone'], [key('\n\0\u{1f600}\ud800'), 'invalid']], then: 'v vv v' },
];
