import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formatTraceparent, forwardedTraceContext, forwardedTracestate, parseTraceparent, withoutTraceContext } from '../../http/trace-context.ts';
import { traceparentCases, tracestateCases } from './trace-context-cases.ts';

t.test('traceparent', (t) => {
  for (const [what, value, flags] of traceparentCases) {
    const expected = flags === undefined ? undefined : { traceId: value.slice(3, 35), parentId: value.slice(36, 52), flags };
    t.strictSame(parseTraceparent(value), expected, what);
  }
  t.end();
});

t.test('traceparent, of who only forwards', (t) => {
  for (const [what, value, , forwarded] of traceparentCases) {
    const fields = [['Host', 'h'], ['TraceParent', value], ['TRACESTATE', 'foo=1'], ['Traceparent-X', 'a']] as const;
    t.strictSame(forwardedTraceContext(fields), forwarded === 'kept' ? fields : [fields[0], fields[3]], what);
  }
  const twice = [['traceparent', traceparentCases[0]![1]], ['traceparent', traceparentCases[0]![1]], ['tracestate', 'foo=1'], ['A', 'b']] as const;
  t.strictSame(forwardedTraceContext(twice), [['A', 'b']], 'two lines');
  const alone = [['tracestate', 'foo=1'], ['A', 'b']] as const;
  t.strictSame(forwardedTraceContext(alone), alone, 'without traceparent nothing is known of it');
  const odd = [['traceparent', traceparentCases[0]![1]], ['tracestate', 'FOO']] as const;
  t.strictSame(forwardedTraceContext(odd), odd, 'tracestate is not looked at');
  t.strictSame(withoutTraceContext(twice), [['A', 'b']]);
  t.end();
});

t.test('tracestate', (t) => {
  for (const [what, value, sent] of tracestateCases) t.equal(forwardedTracestate(value), sent, what);
  t.end();
});

const digits = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => /[^0]/.test(id));

t.test('what is sent is read as it was meant, and is sent on as it is', (t) => {
  fc.assert(fc.property(digits(32), digits(16), fc.integer({ min: 0, max: 3 }), (traceId, parentId, flags) => {
    assert.deepEqual(parseTraceparent(formatTraceparent({ traceId, parentId, flags })), { traceId, parentId, flags });
  }));
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '=', ',', ' ', '\t', '@', '1', '\xff'), maxLength: 900 }), (value) => {
    const sent = forwardedTracestate(value);
    assert.equal(forwardedTracestate(sent), sent);
    assert.ok(sent.length <= 512);
  }));
  t.end();
});
