// A collector of spans: OTLP over HTTP as it has to come, read strictly. What it answers is the test's to say.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { until } from '../serving.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Status.code; 0: nothing is said. */
  readonly status: number;
}

export const SERVER = 2;
export const CLIENT = 3;
export const ERROR = 2;

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly resource: Readonly<Record<string, string | number>>;
  readonly spans: readonly CollectedSpan[];
}

export class Collector {
  readonly received: Received[] = [];
  readonly faults: string[] = [];
  /** What is answered; nothing: it never is. */
  answers: (response: ServerResponse, received: Received) => void = (response) => void response.setHeader('Content-Type', 'application/json').end('{}');
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#hear(request, response).catch((error: unknown) => {
      this.faults.push(String(error));
      response.writeHead(400).end();
    }));
  }

  static async listen(t: Test): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    t.teardown(() => {
      collector.#server.closeAllConnections();
      collector.#server.close();
    });
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  get spans(): readonly CollectedSpan[] {
    return this.received.flatMap(({ spans }) => spans);
  }

  /** All of them, when there are so many. */
  async collects(count: number): Promise<readonly CollectedSpan[]> {
    await until(() => this.spans.length >= count || this.faults.length > 0, `${count} spans, of which there are ${this.spans.length}`);
    return this.spans;
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { resource, spans } = exportIn(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))));
    const received = { method: request.method!, url: request.url!, headers: request.headers, resource, spans };
    this.received.push(received);
    this.answers(response, received);
  }
}

type Members = Readonly<Record<string, unknown>>;

function exportIn(body: unknown): Pick<Received, 'resource' | 'spans'> {
  const [resourceSpans] = only(membersOf(body, ['resourceSpans'])['resourceSpans'], 'resourceSpans');
  const { resource, scopeSpans } = membersOf(resourceSpans, ['resource', 'scopeSpans']);
  const [scoped] = only(scopeSpans, 'scopeSpans');
  const { scope, spans } = membersOf(scoped, ['scope', 'spans']);
  const { name, version } = membersOf(scope, ['name', 'version']);
  if (name !== 'pagecast' || typeof version !== 'string') throw new Error(`not our scope: ${JSON.stringify(scope)}`);
  if (!Array.isArray(spans) || spans.length === 0) throw new Error('no spans');
  return { resource: attributesIn(membersOf(resource, ['attributes'])['attributes']), spans: spans.map(spanIn) };
}

function spanIn(value: unknown): CollectedSpan {
  const span = membersOf(value, ['traceId', 'spanId', 'flags', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes'], ['parentSpanId', 'traceState', 'status']);
  const { parentSpanId, traceState, flags, name, kind, status } = span;
  const [startMs, endMs] = [timeIn(span['startTimeUnixNano']), timeIn(span['endTimeUnixNano'])];
  if (endMs < startMs) throw new Error(`it ends before it begins: ${JSON.stringify(value)}`);
  if (typeof name !== 'string' || name === '' || typeof flags !== 'number' || (kind !== SERVER && kind !== CLIENT)) throw new Error(`no span: ${JSON.stringify(value)}`);
  if (traceState !== undefined && (typeof traceState !== 'string' || traceState === '')) throw new Error(`no trace state: ${JSON.stringify(traceState)}`);
  return {
    traceId: idIn(span['traceId'], 32), spanId: idIn(span['spanId'], 16), ...(parentSpanId !== undefined && { parentSpanId: idIn(parentSpanId, 16) }), ...(traceState !== undefined && { traceState }),
    flags, name, kind, startMs, endMs, attributes: attributesIn(span['attributes']), status: status === undefined ? 0 : (membersOf(status, ['code'])['code'] as number),
  };
}

function membersOf(value: unknown, needed: readonly string[], others: readonly string[] = []): Members {
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${JSON.stringify(value)}`);
  const names = Object.keys(value);
  const wrong = [...needed.filter((name) => !names.includes(name)), ...names.filter((name) => !needed.includes(name) && !others.includes(name))];
  if (wrong.length > 0) throw new Error(`${wrong.join(', ')} in ${JSON.stringify(value)}`);
  return value as Members;
}

function only(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== 1) throw new Error(`not one of ${what}`);
  return value;
}

function idIn(value: unknown, digits: number): string {
  if (typeof value !== 'string' || value.length !== digits || !/^[0-9a-f]+$/.test(value) || /^0+$/.test(value)) throw new Error(`no id: ${String(value)}`);
  return value;
}

/** fixed64, in JSON a text of digits. */
function timeIn(value: unknown): number {
  if (typeof value !== 'string' || !/^1[5-9]\d{17}$|^2\d{18}$/.test(value)) throw new Error(`no time: ${String(value)}`);
  return Number(value) / 1e6;
}

function attributesIn(value: unknown): Record<string, string | number> {
  if (!Array.isArray(value)) throw new Error('no attributes');
  const attributes: Record<string, string | number> = {};
  for (const one of value) {
    const { key, value: told } = membersOf(one, ['key', 'value']);
    if (typeof key !== 'string' || key in attributes) throw new Error(`twice: ${String(key)}`);
    attributes[key] = attributeIn(told);
  }
  return attributes;
}

function attributeIn(value: unknown): string | number {
  const { stringValue, intValue } = membersOf(value, [], ['stringValue', 'intValue']);
  if (typeof stringValue === 'string' && intValue === undefined) return stringValue;
  if (typeof intValue === 'string' && /^-?\d+$/.test(intValue) && stringValue === undefined) return Number(intValue);
  throw new Error(`no value: ${JSON.stringify(value)}`);
}
