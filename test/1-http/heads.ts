/** Parsing one head from text, and comparing it with what a row says. */
import type { Test } from 'tap';
import { RequestHead } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { refusals } from '../../http/refusal.ts';
import type { AcceptedFacts } from './accepted-requests.ts';

export function parse(text: string, head = new RequestHead()): number {
  const bytes = latin1Bytes(text);
  return head.parse(bytes, 0, bytes.length);
}

export function refusalNameOf(result: number): string {
  return result < 0 ? refusals[-result]!.name : `accepted or incomplete: ${result}`;
}

export function checkFacts(t: Test, head: RequestHead, facts: AcceptedFacts): void {
  t.equal(head.methodText, facts.method, 'method');
  t.equal(head.path, facts.path, 'path');
  t.equal(head.query, facts.query ?? '', 'query');
  t.equal(head.hasQuery, facts.query !== undefined, 'hasQuery');
  t.equal(head.authority, facts.authority, 'authority');
  t.equal(head.versionMinor, facts.versionMinor ?? 1, 'versionMinor');
  t.equal(head.keepAlive, facts.keepAlive ?? true, 'keepAlive');
  t.equal(head.contentLength, facts.contentLength ?? -1, 'contentLength');
  t.equal(head.chunked, facts.chunked ?? false, 'chunked');
  t.equal(head.hasBody, facts.body !== undefined, 'hasBody');
  t.equal(head.expectContinue, facts.expectContinue ?? false, 'expectContinue');
  t.equal(head.conditional, facts.conditional ?? false, 'conditional');
  for (const [name, value] of Object.entries(facts.fields ?? {})) t.equal(head.fieldNamed(name), value, name);
}
