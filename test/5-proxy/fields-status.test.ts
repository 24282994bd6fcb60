// What Cache-Status (RFC 9211 §2.2) says of an answer that is from the store after all, because the origin has none: why it was asked.
import t from 'tap';
import { throughCases, type Case } from '../5-cache/through.ts';

const LONG = 'Cache-Control: max-age=3600';
const STALE = ['Cache-Control: max-age=60, stale-if-error=600', 'Age: 120'];

const cases: readonly Case[] = [
  ...['Cache-Control: no-cache', 'Cache-Control: max-age=0', 'Pragma: no-cache', 'Cache-Control: min-fresh=9999'].flatMap((line): Case[] => [
    { clause: `${line}: fresh, and the origin is silent`, steps: [
      { says: { fields: [LONG] } }, { fields: [line], says: { how: 'silent' }, from: 1, status: 200, has: { 'cache-status': /^pagecast;fwd=request;ttl=3\d\d\d;detail=unreachable$/ } },
    ] },
    { clause: `${line}: fresh, and the origin fails`, steps: [
      { says: { fields: [LONG] } }, { fields: [line], says: { status: 503 }, from: 1, status: 200, has: { 'cache-status': /^pagecast;fwd=request;fwd-status=503;ttl=3\d\d\d;detail=stale-if-error$/ } },
    ] },
  ]),
  { clause: 'stale, and the origin is silent', steps: [{ says: { fields: STALE } }, { says: { how: 'silent' }, from: 1, status: 200, has: { 'cache-status': /^pagecast;fwd=stale;ttl=-6\d;detail=unreachable$/ } }] },
  { clause: 'stale, and the origin fails', steps: [{ says: { fields: STALE } }, { says: { status: 500 }, from: 1, status: 200, has: { 'cache-status': /^pagecast;fwd=stale;fwd-status=500;ttl=-6\d;detail=stale-if-error$/ } }] },
  { clause: 'stale, and a reload besides', steps: [{ says: { fields: STALE } }, { fields: ['Cache-Control: no-cache'], says: { status: 500 }, from: 1, status: 200, has: { 'cache-status': /^pagecast;fwd=stale;/ } }] },
  { clause: 'HEAD: fresh, and the origin is asked', steps: [{ says: { fields: [LONG] } }, { ask: 'HEAD', fields: ['Cache-Control: no-cache'], says: { fields: [LONG, 'Content-Length: 14'] }, has: { 'cache-status': /^pagecast;fwd=request/ } }] },
  { clause: 'HEAD: fresh, and the origin is silent', steps: [{ says: { fields: [LONG] } }, { ask: 'HEAD', fields: ['Cache-Control: no-cache'], says: { how: 'silent' }, from: 1, status: 200, body: '', has: { 'cache-status': /^pagecast;fwd=request;ttl=3\d\d\d;detail=unreachable$/ } }] },
  { clause: 'HEAD: stale', steps: [{ says: { fields: STALE } }, { ask: 'HEAD', says: { fields: [LONG, 'Content-Length: 14'] }, has: { 'cache-status': /^pagecast;fwd=stale/ } }] },
];

t.test('an answer from the store after all', (t) => throughCases(t, cases, 14));
