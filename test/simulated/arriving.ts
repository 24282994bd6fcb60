// Bodies that arrive at a simulated site, through its own engine or another one of its world, and answers that follow them.
import type { Test } from 'tap';
import type { Engine } from '../../native/index.ts';
import { makeAreas } from '../../server/areas.ts';
import { Plan, SPAN_BYTES, SPAN_GROWING, UNTIL_END, type Span } from '../../server/plan.ts';
import { run } from './run.ts';
import type { Site, SiteOptions } from './site.ts';

export class Arriving {
  readonly engine: Engine;
  readonly key: string;
  readonly content: Buffer;
  /** Held through the engine until letGo(). */
  readonly record: number;
  arrived = 0;
  state: 'arriving' | 'whole' | 'broken' = 'arriving';

  constructor(engine: Engine, key: string, content: Buffer) {
    this.engine = engine;
    this.key = key;
    this.content = content;
    this.record = engine.begin(key);
    if (this.record < 0) throw new Error(`begin: ${this.record}`);
  }

  /** The next bytes of the content; 0 or -errno. */
  append(bytes: number): number {
    const error = this.engine.append(this.record, this.content.subarray(this.arrived, this.arrived + bytes));
    if (error === 0) this.arrived = Math.min(this.content.length, this.arrived + bytes);
    return error;
  }

  /** What is left of it. */
  finish(): void {
    this.append(this.content.length);
    this.end(true);
  }

  end(whole: boolean): void {
    this.engine.end(this.record, whole);
    this.state = whole ? 'whole' : 'broken';
  }

  letGo(): void {
    this.engine.release(this.record);
  }
}

/** Another engine of the world, which nobody turns: it fills. */
export function anotherEngine(site: Site): Engine {
  return new site.world.Engine(makeAreas(4));
}

/** The record of a key, held through the site's engine; -errno where there is none. */
export async function held(site: Site, key: string): Promise<number> {
  const opened = site.opener.kept(key);
  await site.settle();
  const { error, file } = await opened;
  return error === 0 ? file : -error;
}

/** An answer of so many bytes. */
export function sized(record: number, from: number, to: number): Plan {
  return new Plan(200, [['Content-Length', String(to - from)]], [{ kind: SPAN_GROWING, file: record, offset: from, length: to - from }], 'length');
}

/** An answer that ends where its body does: in chunks, or for HTTP/1.0 with the connection. */
export function untilEnd(record: number, from = 0): Plan {
  return new Plan(200, [], [{ kind: SPAN_GROWING, file: record, offset: from, length: UNTIL_END }], 'chunked');
}

export type Part = readonly [from: number, to: number];

const boundary = (from: number, to: number): Buffer => Buffer.from(`--part ${from}-${to}\r\n`);

/** Parts with bytes before, between and behind them. */
export function inParts(record: number, parts: readonly Part[]): Plan {
  const spans: Span[] = [];
  for (const [from, to] of parts) {
    const data = boundary(from, to);
    spans.push({ kind: SPAN_BYTES, data, length: data.length }, { kind: SPAN_GROWING, file: record, offset: from, length: to - from });
  }
  const data = boundary(0, 0);
  spans.push({ kind: SPAN_BYTES, data, length: data.length });
  return new Plan(206, [['Content-Length', String(spans.reduce((sum, { length }) => sum + length, 0))]], spans, 'length');
}

/** What inParts() is to look like. */
export function partsOf(content: Buffer, parts: readonly Part[]): Buffer {
  return Buffer.concat([...parts.flatMap(([from, to]) => [boundary(from, to), content.subarray(from, to)]), boundary(0, 0)]);
}

/** Answers of a case by path, made when they are asked for. */
export class Answers extends Map<string, { known: boolean; plan: () => Plan }> {
  at(path: string, plan: () => Plan): void {
    this.set(path, { known: true, plan });
  }
}

/** A case with one body, that arrives through the site's own engine, at /whole and /until-end. */
export function runWithBody(t: Test, content: Buffer, act: (site: Site, body: Arriving, answers: Answers) => Promise<void>, options: SiteOptions = {}): Promise<void> {
  const answers = new Answers();
  return run(t, { ...options, plans: answers }, async (site) => {
    const body = new Arriving(site.engine, 'body', content);
    answers.at('/whole', () => sized(body.record, 0, content.length));
    answers.at('/until-end', () => untilEnd(body.record));
    await act(site, body, answers);
    if (body.state === 'arriving') body.end(false);
    body.letGo();
    await site.settle(true);
  });
}
