import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { appendVia, loops } from '../../http/via.ts';

t.test('appended', (t) => {
  t.equal(appendVia(undefined, '1.1', 'pagecast'), '1.1 pagecast');
  t.equal(appendVia('', '1.1', 'pagecast'), '1.1 pagecast');
  t.equal(appendVia(' \t', '1.0', 'pagecast'), '1.0 pagecast');
  t.equal(appendVia('1.0 fred, 1.1 p.example.net', '1.1', 'pagecast'), '1.0 fred, 1.1 p.example.net, 1.1 pagecast');
  t.equal(appendVia('1.0 fred ', '2', 'pagecast'), '1.0 fred, 2 pagecast');
  t.end();
});

t.test('loops', (t) => {
  const rows: [string | undefined, number][] = [
    [undefined, 0],
    ['', 0],
    ['1.1 pagecast', 1],
    ['HTTP/1.1 pagecast', 1],
    ['2 pagecast', 1],
    ['1.1 PageCast', 1],
    ['1.1\t pagecast', 1],
    ['1.1 pagecast (edge)', 1],
    ['1.1 pagecast(edge)', 1],
    [' ,1.1 pagecast , ', 1],
    ['1.0 fred, 1.1 pagecast, 1.1 p.example.net', 1],
    ['1.1 pagecast, 1.0 fred, 1.1 pagecast', 2],
    ['1.1 pagecast,1.1 pagecast,1.1 pagecast', 3],
    ['1.1 pagecast:80', 0],
    ['1.1 xpagecast', 0],
    ['1.1 pagecast.example', 0],
    ['pagecast', 0],
    ['1.1', 0],
    ['pagecast 1.1', 0],
    ['1.1 fred (pagecast)', 0],
    ['1.1 fred (1.1 pagecast)', 0],
    // A comment that is left open hides nothing.
    ['1.0 x (, 1.1 pagecast', 1],
    ['1.0 x (\\, 1.1 pagecast', 1],
    ['1.0 x ", 1.1 pagecast', 1],
    ['((((, 1.1 pagecast', 1],
  ];
  for (const [via, count] of rows) t.equal(loops(via, 'pagecast'), count, JSON.stringify(via ?? 'absent'));
  t.equal(loops('1.1 (),'.repeat(100_000), 'pagecast'), 0);
  t.equal(loops('('.repeat(1_000_000), 'pagecast'), 0);
  t.end();
});

t.test('whatever was there, each passage is counted', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[1. a(),"\\/]{0,20}$/)), fc.nat(4), (existing, times) => {
      let via: string | undefined = existing;
      for (let k = 0; k < times; k++) via = appendVia(via, '1.1', 'pagecast');
      assert.equal(loops(via, 'pagecast'), loops(existing, 'pagecast') + times, via);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});
