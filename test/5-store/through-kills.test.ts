// A server that is killed while its store is filled; `node dist/test/5-store/kills.js 100` does it a hundred times.
import t from 'tap';
import { storm } from './kills.ts';

const KILLS = 5;

t.test(`killed ${KILLS} times`, async (t) => {
  const summary = await storm(KILLS);
  t.comment(JSON.stringify(summary));
  t.strictSame(summary.wrong, []);
  t.strictSame(summary.litter, []);
  t.equal(summary.verified, 0, 'pagecast store verify');
  t.ok(summary.answers > 20, 'answers were looked at');
  t.ok(summary.kept > 5, 'some of them had survived');
});
