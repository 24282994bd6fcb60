// Which protocols a connection is asked to change to, and the head that says that it does.
import t from 'tap';
import { RequestHead } from '../../http/head.ts';
import { askedProtocols, switchingFields } from '../../http/upgrade.ts';
import { upgradeCases } from './upgrade-cases.ts';

const NAMES = new Set(['websocket', 'x-own']);

t.test('protocols that are asked for', (t) => {
  for (const { why, first = 'GET / HTTP/1.1', lines, asked } of upgradeCases) {
    const bytes = Buffer.from([first, 'Host: h', ...lines, '', ''].join('\r\n'), 'latin1');
    const head = new RequestHead();
    t.equal(head.parse(bytes, 0, bytes.length), bytes.length, why);
    t.equal(askedProtocols(head, NAMES), asked, why);
  }
  t.end();
});

t.test('a list as long as a head may be costs no more than to read it', (t) => {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\nConnection: ${','.repeat(7_000)}upgrade\r\nUpgrade: ${'a/b,'.repeat(1_800)}websocket\r\n\r\n`, 'latin1');
  const head = new RequestHead();
  t.equal(head.parse(bytes, 0, bytes.length), bytes.length);
  t.equal(askedProtocols(head, NAMES), 'websocket');
  t.equal(askedProtocols(head, new Set()), undefined);
  t.end();
});

t.test('the fields of a 101', (t) => {
  const fields = [['CONNECTION', 'keep-alive, Upgrade'], ['X', 'y'], ['upgrade', 'websocket']] as const;
  t.same(switchingFields(fields, [['X', 'y']]), [['Connection', 'Upgrade'], ['Upgrade', 'websocket'], ['X', 'y']]);
  t.end();
});
