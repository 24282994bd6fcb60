// What of a query is part of the key: plain options, and No-Vary-Search (draft-ietf-httpbis-no-vary-search).
import t from 'tap';
import { Query, normalised, type QueryOptions } from '../../server/proxy/query.ts';
import { until } from '../serving.ts';
import { hooked } from './hooking.ts';

const queries: readonly (readonly [query: string, options: QueryOptions, left: string])[] = [
  ['', { sort: true }, ''],
  ['?', { sort: true }, '?'],
  ['?', { drop: ['a'] }, '?'],
  ['?b=2&a=1', {}, '?b=2&a=1'],
  ['?b=2&a=1', { sort: true }, '?a=1&b=2'],
  ['?b=2&a=2&b=1&a=1', { sort: true }, '?a=2&a=1&b=2&b=1'],
  ['?%62=2&a=1', { sort: true }, '?a=1&%62=2'],
  ['?utm_source=x&a=1&utm_medium=y', { drop: ['utm_*'] }, '?a=1'],
  ['?utm_source=x', { drop: ['utm_*'] }, ''],
  ['?%75tm_source=x&a', { drop: ['utm_*'] }, '?a'],
  ['?UTM_a=x', { drop: ['utm_*'] }, '?UTM_a=x'],
  ['?a+b=1&c=2', { drop: ['a b'] }, '?c=2'],
  ['?a%C3%A4=1&c=2', { drop: ['aä'] }, '?c=2'],
  ['?a%FF=1&c=2', { drop: ['a%FF'] }, '?c=2'],
  ['?a=1&b=2&c=3', { keep: ['c', 'a'] }, '?a=1&c=3'],
  ['?a=1&ab=2&b=3', { keep: ['a*'], drop: ['ab'] }, '?a=1'],
  ['?a=1&b=2', { drop: ['*'] }, ''],
  ['?a=1&b=2', { keep: [] }, ''],
  ['?axxbyyc=1&axxb=2', { drop: ['a*b*c'] }, '?axxb=2'],
  ['?a=1&=2&b', { drop: [''] }, '?a=1&b'],
  ['?a=b=c&d', { drop: ['a'] }, '?d'],
  ['?a.b=1&axb=2', { drop: ['a.b'] }, '?axb=2'],
  ['?a=%26&b=1', { sort: true }, '?a=%26&b=1'],
];

t.test('queries', (t) => {
  for (const [query, options, left] of queries) t.equal(normalised(query, options), left, `${query} ${JSON.stringify(options)}`);
  t.ok(queries.length > 20);
  const query = new Query('?b=1&a=%20x&a=2');
  t.equal(query.get('a'), ' x');
  t.equal(query.get('c'), undefined);
  t.equal(new Query('?a').get('a'), '');
  t.equal(query.sort().drop('b').toString(), '?a=%20x&a=2');
  t.equal(query.toString(), '?b=1&a=%20x&a=2', 'it is as it was');
  // Would take hours if every star were tried with every other.
  t.equal(normalised(`?${'a'.repeat(8000)}=1`, { drop: [`${'a*'.repeat(40)}b`] }), `?${'a'.repeat(8000)}=1`);
  t.end();
});

t.test('cache.query', async (t) => {
  const site = await hooked(t, { cache: { query: { sort: true, drop: ['utm_*', 'fbclid'] } } });
  t.equal(await site.text('/a?b=1&a=2&utm_x=1'), '/a?b=1&a=2&utm_x=1 #1', 'the origin sees what was asked');
  for (const same of ['/a?a=2&b=1', '/a?fbclid=1&a=2&b=1', '/a?b=1&a=2']) t.equal(await site.text(same), '/a?b=1&a=2&utm_x=1 #1', same);
  for (const [i, other] of ['/a?a=2', '/a', '/a?b=1&a=3', '/b?a=2&b=1'].entries()) t.equal(await site.text(other), `${other} #${i + 2}`);
  t.equal((await site.ask('/a?b=1&utm_y=2&a=2', { method: 'PURGE' })).status, 200);
  t.equal(await site.text('/a?a=2&b=1'), '/a?a=2&b=1 #6');
  t.equal(await site.text('/a?a=2', { method: 'DELETE' }), '/a?a=2 #7');
  t.equal(await site.text('/a?utm_=1&a=2'), '/a?utm_=1&a=2 #8', 'made invalid');
});

/** The rule is in the path: /params=("a")/…, percent-encoded. */
function rule(url: string): string {
  return decodeURIComponent(url.slice(1, url.indexOf('/', 1)));
}

t.test('No-Vary-Search', async (t) => {
  const site = await hooked(t, {
    answer: (request, response, number) => {
      response.setHeader('Cache-Control', 'max-age=60').setHeader('No-Vary-Search', rule(request.url!));
      response.end(`#${number}`);
    },
  });
  const under = (text: string, query: string): Promise<string> => site.text(`/${encodeURIComponent(text)}/${query}`);
  const table: readonly (readonly [rule: string, first: string, same: readonly string[], others: readonly string[]])[] = [
    ['params=("utm")', '?a=1&utm=x', ['?a=1&utm=y', '?a=1', '?utm=z&a=1', '?%75tm=1&a=1', '?a=1&'], ['?a=2', '?a=1&b=1', '', '?a=1&a=1', '?A=1', '?a=1&UTM=x']],
    ['key-order', '?b=1&a=2', ['?a=2&b=1'], ['?a=1&b=2', '?a=2']],
    ['key-order, params=("x")', '?b=1&x&a=2', ['?a=2&b=1&x=9', '?a=2&x&b=1'], ['?a=2']],
    ['params', '?a=1', ['', '?', '?b=2&c', '?a=1'], []],
    ['params, except=("id")', '?id=1&s=2', ['?id=1', '?s=3&id=1', '?id=1&x'], ['?id=2', '']],
    ['params=("a"', '?a=1', ['?a=1'], ['?a=2', '']],
    ['params=?0', '?a=1', ['?a=1'], ['?a=2', '?a=1&']],
    ['params=("a"), except=("b")', '?a=1', ['?a=1'], ['?a=2']],
  ];
  for (const [text, first, same, others] of table) {
    const body = await under(text, first);
    for (const query of same) t.equal(await under(text, query), body, `${text}: ${query} is ${first}`);
    for (const query of others) t.not(await under(text, query), body, `${text}: ${query} is not ${first}`);
    t.equal(await under(text, first), body, `${text}: it is there still`);
  }
  t.ok(table.length >= 8);
});

t.test('a rule that changes is followed, and mixes nothing up', async (t) => {
  let now = 'params=("a")';
  const site = await hooked(t, {
    answer: (request, response, number) => {
      const version = now;
      response.setHeader('Cache-Control', 'max-age=60').setHeader('ETag', `"${number}"`);
      if (version !== '') response.setHeader('No-Vary-Search', version);
      response.end(`${request.url!} #${number}`);
    },
  });
  t.equal(await site.text('/p?a=1&b=1'), '/p?a=1&b=1 #1');
  t.equal(await site.text('/p?a=2&b=1'), '/p?a=1&b=1 #1');
  now = 'params=("b")';
  t.equal(await site.text('/p?a=1&b=2'), '/p?a=1&b=2 #2', 'under the old rule another; it brings the new one');
  t.equal(await site.text('/p?a=1&b=3'), '/p?a=1&b=2 #2', 'by the new rule');
  t.equal(await site.text('/p?a=2&b=1'), '/p?a=2&b=1 #3', 'what was stored under the old one is not for this any more');
  now = '';
  t.equal(await site.text('/p?a=9&b=9'), '/p?a=9&b=9 #4', 'no rule any more');
  t.equal(await site.text('/p?a=9&b=8'), '/p?a=9&b=8 #5');
  t.equal(await site.text('/p?a=9&b=9'), '/p?a=9&b=9 #4');
});

t.test('purges and unsafe requests reach what is stored under another query', async (t) => {
  const site = await hooked(t, {
    answer: (_, response, number) => {
      response.setHeader('Cache-Control', 'max-age=60').setHeader('No-Vary-Search', 'params=("utm")');
      response.end(`#${number}`);
    },
  });
  t.equal(await site.text('/p?a=1&utm=x'), '#1');
  t.ok((await site.purge('http://localhost/p?a=1&utm=y')) > 0, 'main knows no rule');
  t.equal(await site.text('/p?a=1&utm=x'), '#2');
  t.equal((await site.ask('/p?utm=z&a=1', { method: 'PURGE' })).status, 200);
  t.equal(await site.text('/p?a=1'), '#3');
  t.equal(await site.text('/p?a=1&utm=w', { method: 'DELETE' }), '#4');
  t.equal(await site.text('/p?a=1'), '#5');
});

t.test('workers tell each other what they have learned', async (t) => {
  const site = await hooked(t, {
    workers: 3,
    answer: (_, response, number) => {
      response.setHeader('Cache-Control', 'max-age=60').setHeader('No-Vary-Search', 'params=("utm")');
      response.end(`#${number}`);
    },
  });
  const first = await site.text('/p?utm=0');
  let same = 0;
  // Which worker a connection gets is the kernel's choice: 24 of them in a row do not all get the first.
  await until(async () => {
    same = (await site.text(`/p?utm=${site.asked.length}${same}`)) === first ? same + 1 : 0;
    return same >= 24;
  }, 'every worker to know');
  t.ok(site.asked.length < 12, `${site.asked.length} questions to the origin`);
});
