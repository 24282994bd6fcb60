// Cases through a whole proxy, over sockets: a case says step by step what a client asks, what the origin says to that, and what must
// come of it. All cases of a file share one server and one origin, and each has a path of its own.
import type { Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { serve, until, type Serving } from '../serving.ts';
import { converse, type Answered } from './talking.ts';
import { ToldOrigin, type Says } from './told-origin.ts';

/** By name in lower case: this value, one that matches, or (null) no such field. */
export type Expected = Readonly<Record<string, string | RegExp | null>>;

export interface Step {
  /** Method, and what follows the path of the case; `GET` where nothing is said. */
  readonly ask?: string;
  /** Lines of the request besides Host and Connection. */
  readonly fields?: readonly string[];
  readonly content?: string;
  /** A pause before it, for lifetimes that nothing but time can end. */
  readonly afterMs?: number;
  /** What the origin answers, to one question after the other; without it, it must not be asked. */
  readonly says?: Says | readonly Says[];
  /** The step, from 1, whose body is the answer; this one where nothing is said. */
  readonly from?: number;
  /** Default: what the origin said in the step that the body is from. */
  readonly status?: number;
  readonly body?: string;
  readonly has?: Expected;
  /** Of the last question to the origin. */
  readonly saw?: Expected;
  readonly interim?: readonly number[];
  /** The answer must be seen to be cut off. */
  readonly broken?: true;
  /** Neither the body nor the store is looked at: what counts is that the origin was asked, or not. */
  readonly loosely?: true;
}

export interface Case {
  /** The clause, and what it comes to here. */
  readonly clause: string;
  readonly steps: readonly Step[];
  /** It fails, and why it still does. */
  readonly todo?: string;
}

/** Lets a file's cases pass one after the other. @param least as many cases as there must be: a table that was not read fails. */
export async function throughCases(t: Test, cases: readonly Case[], least: number, options: ServerOptions = {}): Promise<void> {
  const { origin, serving } = await proxied(t, options);
  t.ok(cases.length >= least, `${cases.length} cases`);
  for (const [index, one] of cases.entries()) {
    const faults = await new Passage(origin, serving, `/case-${index}`).faults(one.steps).catch((error: unknown) => [String(error)]);
    t.strictSame(faults, [], one.clause, one.todo === undefined ? {} : { todo: one.todo });
  }
}

/** An origin, and the server before it. */
export interface Proxied {
  readonly origin: ToldOrigin;
  readonly serving: Serving;
}

export async function proxied(t: Test, options: ServerOptions = {}): Promise<Proxied> {
  const origin = await ToldOrigin.listen();
  t.teardown(() => origin.close());
  const proxy = { urls: [origin.url], retriesMax: 0, health: { failuresMax: 1000 }, headTimeoutMs: 5_000 };
  return { origin, serving: await serve(t, { proxy, ...options }) };
}

/** Until nobody asks the origin any more, and what it said is stored. */
export async function settled({ server }: Serving): Promise<void> {
  await until(async () => (await server.counts())['flights'] === 0, 'the end of all flights');
}

class Passage {
  readonly #origin: ToldOrigin;
  readonly #serving: Serving;
  readonly #path: string;
  readonly #faults: string[] = [];
  readonly #answers: Answered[] = [];
  #steps: readonly Step[] = [];

  constructor(origin: ToldOrigin, serving: Serving, path: string) {
    this.#origin = origin;
    this.#serving = serving;
    this.#path = path;
  }

  async faults(steps: readonly Step[]): Promise<readonly string[]> {
    this.#steps = steps;
    for (const [index, step] of steps.entries()) {
      if (step.afterMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.afterMs));
      await this.#take(step, index + 1);
      if (this.#faults.length > 0) break; // what follows would only be noise
    }
    return this.#faults;
  }

  async #take(step: Step, number: number): Promise<void> {
    const says = spoken(step).map((one) => ({ body: bodyOf(number), ...one }));
    const seen = this.#origin.tell(this.#path, says);
    const [method = 'GET', rest = ''] = (step.ask ?? 'GET').split(' ');
    const answer = await converse(this.#serving.place, { method, target: this.#path + rest, lines: this.#lines(step.fields ?? []), content: step.content });
    this.#answers.push(answer);
    if (says.length > 0) await until(() => seen.length >= says.length, `question ${says.length} to the origin`, 3_000).catch(() => undefined);
    await settled(this.#serving);
    const asked = says.some(({ how }) => how === 'silent') ? Math.min(seen.length, says.length) : seen.length;
    this.#expect(number, 'questions to the origin', asked, says.length);
    this.#judge(step, number, answer, says.length > 0);
    if (step.saw) this.#compare(number, 'origin was sent', seen.at(-1)?.fields ?? new Map<string, string>(), step.saw);
  }

  /** `{etag 1}` is the field of that name in the answer of that step. */
  #lines(lines: readonly string[]): readonly string[] {
    return lines.map((line) => line.replaceAll(/\{([\w-]+) (\d+)\}/g, (_, name: string, step: string) => this.#answers[Number(step) - 1]?.fields.get(name) ?? ''));
  }

  #judge(step: Step, number: number, answer: Answered, asked: boolean): void {
    const from = step.from ?? number;
    const says = spoken(this.#steps[from - 1]!).at(-1);
    const status = step.status ?? says?.status ?? 200;
    this.#expect(number, 'status', answer.status, status);
    this.#expect(number, 'complete', answer.complete, step.broken === undefined);
    if (step.interim) this.#expect(number, 'interim answers', answer.interim.map((one) => one.status).join(), step.interim.join());
    if (step.has) this.#compare(number, 'answer', answer.fields, step.has);
    if (step.loosely || step.broken) return;
    const isEmpty = step.ask?.startsWith('HEAD') === true || status === 204 || status === 304;
    const body = step.body ?? (isEmpty ? '' : (says?.body ?? bodyOf(from)));
    // Bodies of errors are our own affair.
    if (step.body !== undefined || status < 400 || says?.status === status) this.#expect(number, 'body', answer.body, body);
    const cacheStatus = answer.fields.get('cache-status') ?? '';
    if (!asked && status !== 504) {
      if (!/^\d+$/.test(answer.fields.get('age') ?? '') && status !== 412 && status !== 416) this.#faults.push(`step ${number}: from the store, and Age is ${String(answer.fields.get('age'))}`);
      if (!/(?:^|, )pagecast;hit(?:;|$)/.test(cacheStatus)) this.#faults.push(`step ${number}: from the store, and Cache-Status is ${cacheStatus}`);
    } else if (asked && from === number && !/(?:^|, )pagecast;fwd=/.test(cacheStatus)) this.#faults.push(`step ${number}: from the origin, and Cache-Status is ${cacheStatus}`);
  }

  #compare(number: number, what: string, fields: ReadonlyMap<string, string>, expected: Expected): void {
    for (const [name, wanted] of Object.entries(expected)) {
      const value = fields.get(name);
      const holds = wanted === null ? value === undefined : typeof wanted === 'string' ? value === wanted : wanted.test(value ?? '');
      if (!holds) this.#faults.push(`step ${number}: ${what} ${name}: ${String(value)}, not ${String(wanted)}`);
    }
  }

  #expect(number: number, what: string, found: string | number | boolean, wanted: string | number | boolean): void {
    if (found !== wanted) this.#faults.push(`step ${number}: ${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }
}

function spoken({ says }: Step): readonly Says[] {
  if (says === undefined) return [];
  return isList(says) ? says : [says];
}

function isList(says: Says | readonly Says[]): says is readonly Says[] {
  return Array.isArray(says);
}

function bodyOf(step: number): string {
  return `body of step ${step}`;
}
