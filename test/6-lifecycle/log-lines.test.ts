// Lines of the access log in JSON: each byte and each time as JSON and Date have it.
import t from 'tap';
import { formatJson } from '../../server/log/format.ts';
import type { AccessRecord } from '../../server/log/record.ts';

const record: AccessRecord = { peer: '192.0.2.1', protocol: '', client: '', method: 'GET', target: '/', version: '1.1', status: 200, bodyBytes: 5, referrer: '', userAgent: '', startedMs: 0, trace: undefined };
const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function parsed(change: Partial<AccessRecord>, wallMs = NOW_MS, durationMs = 1): Record<string, unknown> {
  return JSON.parse(formatJson({ ...record, ...change }, '', wallMs, durationMs)) as Record<string, unknown>;
}

t.test('every byte comes back, and none that a terminal obeys is in a line', (t) => {
  for (let code = 0; code < 256; ++code) {
    const text = `a${String.fromCharCode(code)}b`;
    t.equal(parsed({ target: text })['target'], text, `byte ${code}`);
    t.match(formatJson({ ...record, target: text, userAgent: text }, '', NOW_MS, 1), /^[\x20-\x7e\xa0-\xff]*\n$/);
  }
  t.end();
});

t.test('times', (t) => {
  for (const ms of [NOW_MS, NOW_MS, NOW_MS + 1, NOW_MS - 1, 0]) t.equal(parsed({}, ms)['time'], new Date(ms).toISOString());
  for (const ms of [0, 0.001, 0.004, 0.006, 0.5, 1, 9.989, 9.991, 9.996, 10, 123.456, 3_600_000]) {
    t.match(formatJson(record, '', NOW_MS, ms), `"ms":${ms.toFixed(2)}}`, `${ms} ms`);
  }
  t.end();
});
