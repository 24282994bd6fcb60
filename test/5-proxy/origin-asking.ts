// Asking origins in tests: what was reported, in order, as short texts.
import type { Duplex } from 'node:stream';
import type { FieldList } from '../../http/response.ts';
import type { OriginFailure } from '../../server/proxy/origin/failure.ts';
import { type OriginsOptions, resolveOrigins } from '../../server/proxy/origin/options.ts';
import { type OriginReport, Origins } from '../../server/proxy/origin/origins.ts';
import type { OriginBody, OriginCall, OriginEvents, OriginRequest, ResponseInfo } from '../../server/proxy/origin/request.ts';

export function originsOf(options: OriginsOptions, report: OriginReport = () => undefined): Origins {
  return new Origins(resolveOrigins(options), report);
}

export function get(path = '/', changes: Partial<OriginRequest> = {}): OriginRequest {
  return { method: 'GET', path, fields: [['Host', 'example.com']], body: undefined, idempotent: true, ...changes };
}

export function bodyOf(chunks: Iterable<string> | AsyncIterable<string>, bytes: number): OriginBody {
  let begun = false;
  return {
    bytes,
    get begun(): boolean {
      return begun;
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        begun = true;
        yield Buffer.from(chunk, 'latin1');
      }
    },
  };
}

/** Listens to one call. */
export class Recorder implements OriginEvents {
  /** `103`, `200 length 5`, `end`, `closed before`, … */
  readonly told: string[] = [];
  body = '';
  fields: FieldList = [];
  interimFields: FieldList[] = [];
  trailers: FieldList = [];
  info: ResponseInfo | undefined;
  failure: OriginFailure | undefined;
  statusMessage = '';
  socket: Duplex | undefined;
  call!: OriginCall;
  readonly over: Promise<void>;
  onHead: () => void = () => undefined;
  onData: (chunk: Uint8Array) => void = () => undefined;
  #resolve!: () => void;

  constructor() {
    this.over = new Promise((resolve) => (this.#resolve = resolve));
  }

  interim(status: number, fields: FieldList): void {
    this.told.push(String(status));
    this.interimFields.push(fields);
  }

  head(status: number, fields: FieldList, statusMessage: string, info: ResponseInfo): void {
    this.told.push(`${status} ${info.framing}`);
    this.fields = fields;
    this.info = info;
    this.statusMessage = statusMessage;
    this.onHead();
  }

  data(chunk: Uint8Array): void {
    if (this.told.at(-1) !== 'data') this.told.push('data');
    this.body += Buffer.from(chunk).toString('latin1');
    this.onData(chunk);
  }

  end(trailers: FieldList): void {
    this.told.push('end');
    this.trailers = trailers;
    this.#resolve();
  }

  failed(failure: OriginFailure): void {
    this.told.push(`${failure.kind}${failure.beforeHead ? ' before head' : ''}`);
    this.failure = failure;
    this.#resolve();
  }

  upgraded(socket: Duplex, status: number, fields: FieldList): void {
    this.told.push(`upgraded ${status}`);
    this.socket = socket;
    this.fields = fields;
    this.#resolve();
  }

  get story(): string {
    return this.told.join(', ');
  }
}

export function begin(origins: Origins, request: OriginRequest = get()): Recorder {
  const recorder = new Recorder();
  recorder.call = origins.ask(request, recorder);
  return recorder;
}

/** To the end. */
export async function ask(origins: Origins, request: OriginRequest = get()): Promise<Recorder> {
  const recorder = begin(origins, request);
  await recorder.over;
  return recorder;
}

/** Until it is so; a test that waits in vain is ended by its time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
