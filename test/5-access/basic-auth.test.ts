import { inspect } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { encodeHead } from '../../http/response.ts';
import { BasicAuth } from '../../server/access/basic-auth.ts';
import { RememberedText } from '../../server/access/remembered-text.ts';
import { accepted, impossible, refused, users } from './basic-auth-cases.ts';

t.test('credentials of users, the first time and when they are remembered', (t) => {
  const auth = new BasicAuth(users, 'site');
  for (const [name, authorization] of accepted) {
    t.equal(auth.check(authorization), true, name);
    t.equal(auth.check(authorization), true, `${name}, again`);
  }
  t.end();
});

t.test('credentials of nobody, also right after those of a user', (t) => {
  const auth = new BasicAuth(users, 'site');
  for (const [name, authorization] of refused) {
    t.equal(auth.check(authorization), false, name);
    t.equal(auth.check(accepted[0]![1]), true);
    t.equal(auth.check(authorization), false, `${name}, after a user`);
  }
  t.end();
});

t.test('nobody is a user where there are none', (t) => {
  const auth = new BasicAuth([], 'site');
  for (const [name, authorization] of [...accepted, ...refused]) t.equal(auth.check(authorization), false, name);
  t.end();
});

t.test('any pair of a user is known, any other text is not', (t) => {
  const part = fc.string({ unit: 'grapheme' }).filter((text) => !/[\0-\x1f\x7f]/.test(text));
  fc.assert(
    fc.property(part, part, fc.string(), (name, password, noise) => {
      const pair = `${name.replaceAll(':', '')}:${password}!`;
      const auth = new BasicAuth([pair], '');
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
      return !auth.check(noise) && !auth.check(`Basic ${noise}`) && auth.check(authorization) && !auth.check(authorization.slice(0, -1)) && !auth.check(`${authorization}=`);
    }),
  );
  t.end();
});

t.test('the challenge', (t) => {
  const rows: readonly (readonly [realm: string, challenge: string])[] = [
    ['foo', 'Basic realm="foo", charset="UTF-8"'],
    ['', 'Basic realm="", charset="UTF-8"'],
    ['a "quoted" \\ realm', 'Basic realm="a \\"quoted\\" \\\\ realm", charset="UTF-8"'],
  ];
  for (const [realm, challenge] of rows) {
    t.equal(new BasicAuth([], realm).challenge, challenge);
    t.ok(encodeHead(401, [['WWW-Authenticate', challenge]]), 'it can be sent');
  }
  for (const realm of ['a\r\nSet-Cookie: b', 'a\0', 'a\tb', 'caf\xe9', '\u20ac', '\x7f']) {
    t.throws(() => new BasicAuth([], realm), { message: /^the realm must be visible ASCII characters/ }, JSON.stringify(realm));
  }
  t.end();
});

t.test('users that there cannot be: told by their place, not by their text', (t) => {
  for (const [pairs, message] of impossible) t.throws(() => new BasicAuth(pairs, 'site'), { message }, message);
  t.equal(impossible.some(([, message]) => message.includes('hunter2')), false);
  t.end();
});

t.test('no password is kept where somebody could look', (t) => {
  const auth = new BasicAuth(['Aladdin:open sesame'], 'site');
  auth.check('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  const seen = inspect(auth, { depth: 10, showHidden: true }) + JSON.stringify(auth);
  t.match(seen, 'charset');
  t.notMatch(seen, /sesame|QWxh/);
  t.end();
});

t.test('a remembered text is equal to itself alone', (t) => {
  const remembered = new RememberedText(8);
  t.equal(remembered.equals(''), false, 'none yet');
  fc.assert(
    fc.property(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), (one, other) => {
      remembered.remember(one);
      const fits = one.length <= 8;
      return remembered.equals(one) === fits && remembered.equals(other) === (fits && other === one) && !remembered.equals(`${one}\0`) && !remembered.equals(`${one}\u0100`);
    }),
  );
  t.end();
});
