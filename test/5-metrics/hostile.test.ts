// What clients and origins send makes no labels: series are of closed lists, however odd the requests.
import t from 'tap';
import { proxied, settled } from '../5-cache/through.ts';
import { converse, sendRaw } from '../5-cache/talking.ts';
import { serve } from '../serving.ts';
import { refusals } from '../../http/refusal.ts';
import { cacheResults } from '../../server/metrics/cache-results.ts';
import { seriesOf, valueIn } from './exposition-text.ts';
import { counted, scrape } from './scrape.ts';

const requests = [
  'GET /"}\\n HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /\x80\xff HTTP/1.1\r\nHost: x\r\n\r\n', 'FROB /a HTTP/1.1\r\nHost: x\r\n\r\n', 'pagecast_x{a="b"} 1\r\n\r\n',
  '# HELP pagecast_x x\r\n\r\n', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a"b\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: frob\r\n\r\n',
  `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5000)}\r\n`, '\0\0\0\0\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
];

t.test('requests', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }) });
  await converse(place, { method: 'GET', target: '/a.txt', lines: [] });
  const before = seriesOf(await scrape(server));
  const odd = Array.from({ length: 300 }, (_, index) => `M${index} /path-${index}?${index} HTTP/1.1\r\nHost: host-${index}.example\r\nX-${index}: ${index}\r\nConnection: close\r\n\r\n`);
  for (const text of [...requests, ...odd]) await sendRaw(place, text.includes('Connection: close') ? text : `${text}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const families = await scrape(server);
  const names = new Set(refusals.map(({ name }) => `pagecast_requests_refused_total{reason="${name}"}`));
  const more = [...seriesOf(families)].filter((name) => !before.has(name));
  const unexpected = more.filter((name) => !names.has(name) && !/^pagecast_answers_total\{cache="none",status="[1-5]\d\d"\}$/.test(name));
  t.strictSame(unexpected, [], 'but for statuses and reasons of refusals there is no new series');
  t.ok(Object.keys(counted(families, 'pagecast_requests_refused_total')).length >= 5, 'there were refusals of many kinds');
});

t.test('statuses of an origin', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const status of [599, 600, 799, 999]) {
    origin.tell(`/s-${status}`, [{ status, fields: ['Cache-Control: no-store'], body: 's' }]);
    const answered = await converse(serving.place, { method: 'GET', target: `/s-${status}`, lines: [] });
    t.ok(answered.status === status || answered.status === 502, `${status} is answered with ${answered.status}`);
  }
  await settled(serving);
  const labels = Object.keys(counted(await scrape(serving.server), 'pagecast_answers_total'));
  const known = cacheResults.map(({ name }) => name).join('|');
  t.ok(labels.length > 0 && labels.every((label) => new RegExp(`^\\{cache="(?:${known})",status="(?:[1-5]\\d\\d|other)"\\}$`).test(label)), labels.join(' '));
  t.ok(valueIn(await scrape(serving.server), 'pagecast_answers_total', '{cache="pass",status="599"}') === 1);
});
