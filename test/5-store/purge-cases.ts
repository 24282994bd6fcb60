// Purges of http://a/1 (tags x, y), http://a/2 (a variant with x, one without) and http://b/1 (no tag), and what is left:
// v as it was, i invalid, - gone.
import type { Purge } from '../../cache/store/messages.ts';

export interface PurgeCase {
  readonly purges: readonly (readonly [purge: Purge, soft: boolean])[];
  readonly then: string;
}

const all: Purge = { by: 'everything' };
const key = (name: string): Purge => ({ by: 'key', key: name });
const tag = (name: string): Purge => ({ by: 'tag', tag: name });
const prefix = (name: string): Purge => ({ by: 'prefix', prefix: name });

export const purgeCases: readonly PurgeCase[] = [
  { purges: [[key('http://a/1'), false]], then: '- vv v' },
  { purges: [[key('http://a/1'), true]], then: 'i vv v' },
  { purges: [[key('http://a/'), false]], then: 'v vv v' },
  { purges: [[tag('x'), false]], then: '- -v v' },
  { purges: [[tag('x'), true]], then: 'i iv v' },
  { purges: [[tag('y'), false], [tag('x'), true]], then: '- iv v' },
  { purges: [[tag('X'), false]], then: 'v vv v' },
  { purges: [[prefix('http://a/'), false]], then: '- -- v' },
  { purges: [[prefix('http://a/'), true]], then: 'i ii v' },
  { purges: [[prefix('http://a/2'), true], [prefix('http://a'), false]], then: '- -- v' },
  { purges: [[prefix('http://a/2'), false], [prefix('http://a'), true]], then: 'i -- v' },
  { purges: [[prefix(''), true]], then: 'i ii i' },
  { purges: [[all, true]], then: 'i ii i' },
  { purges: [[all, false]], then: '- -- -' },
  { purges: [[all, true], [key('http://b/1'), false]], then: 'i ii -' },
  { purges: [[key('http://b/1'), false], [all, true]], then: 'i ii -' },
  { purges: [[key('http://b/1'), false], [key('http://b/1'), true], [tag('y'), true]], then: 'i vv -' },
  { purges: [[all, false], [all, true]], then: '- -- -' },
  { purges: [[key('__proto__'), false], [tag('constructor'), false], [key('\n\0\u{1f600}\ud800'), true]], then: 'v vv v' },
];
