import t from 'tap';
import { encodeHead } from '../../http/response.ts';
import { Gate, type GateOptions } from '../../server/access/gate.ts';
import { RateLimit } from '../../server/access/rate-limit.ts';

const NOW = 1_790_000_000_000;
const OPEN: GateOptions = { users: [], realm: 'site', allow: [], deny: [], rate: undefined, exempt: [] };
const ALADDIN = 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==';
const anonymous = { authorization: undefined, path: '/' };
const aladdin = { authorization: ALADDIN, path: '/' };

t.test('an open gate', (t) => {
  const gate = new Gate(OPEN);
  for (const address of ['192.0.2.1', '::1', '', 'unix']) {
    t.equal(gate.judge(anonymous, address, NOW), undefined);
    t.equal(gate.judge(aladdin, address, NOW), undefined, 'credentials that nobody asked for');
  }
  t.end();
});

t.test('each refusal', (t) => {
  const gate = new Gate({ ...OPEN, users: ['Aladdin:open sesame'], deny: ['192.0.2.0/24'], rate: { perSecond: 0.4, burst: 2 } });
  t.same(gate.judge(aladdin, '192.0.2.1', NOW), { status: 403, fields: [['Cache-Control', 'no-store']] });
  t.same(gate.judge(anonymous, '198.51.100.1', NOW), { status: 401, fields: [['WWW-Authenticate', 'Basic realm="site", charset="UTF-8"'], ['Cache-Control', 'no-store']] });
  t.equal(gate.judge(aladdin, '198.51.100.1', NOW), undefined);
  t.same(gate.judge(aladdin, '198.51.100.1', NOW), { status: 429, fields: [['Retry-After', '3'], ['Cache-Control', 'no-store']] });
  for (const refused of [gate.judge(aladdin, '192.0.2.1', NOW), gate.judge(anonymous, '198.51.100.9', NOW), gate.judge(anonymous, '198.51.100.1', NOW)]) {
    t.ok(encodeHead(refused!.status, refused!.fields), `${refused!.status} can be sent`);
  }
  t.end();
});

t.test('the order: address, rate, password', (t) => {
  const gate = new Gate({ ...OPEN, users: ['Aladdin:open sesame'], deny: ['192.0.2.1'], rate: { perSecond: 1, burst: 1 } });
  for (let k = 0; k < 3; k++) t.equal(gate.judge(anonymous, '192.0.2.1', NOW)?.status, 403, 'a denied one is not counted, nor asked for a password');
  t.equal(gate.judge({ ...anonymous, authorization: 'Basic QQ==' }, '192.0.2.2', NOW)?.status, 401, 'a guess');
  t.equal(gate.judge(aladdin, '192.0.2.2', NOW)?.status, 429, 'guesses are counted, and what follows them is not looked at');
  t.equal(gate.judge(aladdin, '192.0.2.2', NOW + 1000), undefined);
  t.end();
});

t.test('refusals that are always the same are the same object', (t) => {
  const gate = new Gate({ ...OPEN, users: ['a:b'], deny: ['192.0.2.1'] });
  for (const address of ['192.0.2.1', '192.0.2.2']) t.equal(gate.judge(anonymous, address, NOW), gate.judge(aladdin, address, NOW));
  t.end();
});

t.test('exempt paths: raw, whole, and nothing like them', (t) => {
  const gate = new Gate({ ...OPEN, users: ['a:b'], allow: ['203.0.113.1'], rate: { perSecond: 1, burst: 1 }, exempt: ['/health', '/caf%C3%A9'] });
  for (const path of ['/health', '/caf%C3%A9']) {
    for (let k = 0; k < 3; k++) t.equal(gate.judge({ authorization: undefined, path }, '192.0.2.1', NOW), undefined, path);
  }
  for (const path of ['/', '/Health', '/health/', '//health', '/health/../secret', '/healt%68', '/health?', '/health%00', '/caf%c3%a9', '', 'constructor']) {
    t.equal(gate.judge({ authorization: undefined, path }, '192.0.2.1', NOW)?.status, 403, path);
  }
  t.equal(gate.judge({ authorization: 'Basic YTpi', path: '/' }, '203.0.113.1', NOW), undefined, 'exempt requests were not counted');
  t.end();
});

t.test('Retry-After is never before the time, and never 0', (t) => {
  const rows: readonly (readonly [perSecond: number, laterMs: number, retryAfter: string])[] = [
    [1, 0, '1'], [1, 999, '1'], [0.5, 0, '2'], [0.5, 1000, '1'], [0.5, 999, '2'], [0.1, 1000, '9'], [0.001, 0, '1000'], [1000, 0, '1'], [1000, 0.9, '1'], [1_000_000, 0, '1'],
  ];
  for (const [perSecond, laterMs, retryAfter] of rows) {
    const gate = new Gate({ ...OPEN, rate: { perSecond, burst: 1 } });
    t.equal(gate.judge(anonymous, '192.0.2.1', NOW), undefined);
    t.same(gate.judge(anonymous, '192.0.2.1', NOW + laterMs)?.fields[0], ['Retry-After', retryAfter], `${perSecond}/s, ${laterMs} ms later`);
  }
  t.end();
});

t.test('two gates share what one table counts', (t) => {
  const rate = { perSecond: 1, burst: 2, shared: RateLimit.share() };
  const [one, other] = [new Gate({ ...OPEN, rate }), new Gate({ ...OPEN, rate })];
  t.equal(one.judge(anonymous, '192.0.2.1', NOW), undefined);
  t.equal(other.judge(anonymous, '192.0.2.1', NOW), undefined);
  t.equal(one.judge(anonymous, '192.0.2.1', NOW)?.status, 429);
  t.equal(other.judge(anonymous, '', NOW), undefined, 'a unix socket is not counted');
  t.end();
});

t.test('options that cannot be', (t) => {
  const rows: readonly (readonly [options: Partial<GateOptions>, says: RegExp])[] = [
    [{ users: ['hunter2'] }, /^user 1 of 1 has no colon/],
    [{ users: ['a:b'], realm: '\n' }, /^the realm must be/],
    [{ allow: ['10.0.0.0/33'] }, /^"10\.0\.0\.0\/33" is neither/],
    [{ deny: ['nobody'] }, /^"nobody" is neither/],
    [{ rate: { perSecond: 0, burst: 1 } }, /^a rate must be/],
    [{ exempt: ['health'] }, /^an exempt path begins with a slash, not "health"/],
    [{ exempt: [''] }, /^an exempt path begins with a slash/],
  ];
  for (const [options, message] of rows) t.throws(() => new Gate({ ...OPEN, ...options }), { message });
  t.end();
});
