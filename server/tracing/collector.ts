// The collector of spans, as OTLP over HTTP has it (opentelemetry-proto, "OTLP/HTTP"): what becomes of one request to it. undici is
// loaded with the first one.
import type { Agent } from 'undici';
import { OneLookup } from '../one-lookup.ts';
import { VERSION } from '../version.ts';

/** A collector that says nothing for so long is not waited for. */
const ANSWER_WITHIN_MS = 10_000;
/** Longer is not waited before the next try, whatever it says. */
const RETRY_AFTER_S_MAX = 60;
const ANSWER_BYTES_MAX = 64 << 10;
const MESSAGE_CHARACTERS_MAX = 500;
const GIVEN_UP = new Error('the server ends');
/** "Retryable Response Codes" */
const RETRYABLE = new Set([429, 502, 503, 504]);

export type Outcome =
  /** `rejected` of its spans were not; `message` is what it has to say. */
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  /** It may be sent again. @see RFC 9110 §10.2.3 for `afterMs`; undefined: it says nothing of it. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

export class Collector {
  readonly #endpoint: string;
  readonly #headers: Readonly<Record<string, string>>;
  #underWay: AbortController | undefined;
  readonly #names = new OneLookup();
  #agent: Agent | undefined;
  #isOver = false;

  /** @param endpoint a URL of http or https; credentials in it are sent as Basic. @param headers besides those of the content. */
  constructor(endpoint: string, headers: Readonly<Record<string, string>>) {
    const url = new URL(endpoint);
    const credentials = url.username === '' && url.password === '' ? {} : { Authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}` };
    url.username = url.password = url.hash = '';
    this.#endpoint = url.href;
    this.#headers = { 'Content-Type': 'application/json', 'User-Agent': `pagecast/${VERSION}`, ...credentials, ...headers };
  }

  /** Never rejects. One at a time. */
  async send(body: string): Promise<Outcome> {
    const underWay = (this.#underWay = new AbortController());
    if (this.#isOver) underWay.abort(GIVEN_UP);
    const late = setTimeout(() => underWay.abort(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS);
    try {
      const { Agent, request } = await import('undici');
      this.#agent ??= new Agent({ connect: { lookup: this.#names.lookup } });
      const answer = await request(this.#endpoint, { method: 'POST', headers: this.#headers, body, signal: underWay.signal, dispatcher: this.#agent });
      const text = await textOf(answer.body);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return takenOf(text);
      const reason = `the collector answered ${answer.statusCode}`;
      return RETRYABLE.has(answer.statusCode) ? { kind: 'later', reason, afterMs: afterMsOf(answer.headers['retry-after']) } : { kind: 'refused', reason };
    } catch (error) {
      return { kind: 'later', reason: error instanceof Error ? error.message : String(error), afterMs: undefined };
    } finally {
      clearTimeout(late);
    }
  }

  /** What is under way, and what comes, fails. */
  giveUp(): void {
    this.#isOver = true;
    this.#underWay?.abort(GIVEN_UP);
    // undici hears of a signal when it is connected.
    void this.#agent?.destroy(GIVEN_UP);
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break; // it ends with the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** "Partial Success": what is no such answer says that all is well. */
function takenOf(text: string): Outcome {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } };
    const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
    const message = partialSuccess?.errorMessage;
    return { kind: 'taken', rejected: rejected > 0 ? rejected : 0, message: typeof message === 'string' && message !== '' ? message.slice(0, MESSAGE_CHARACTERS_MAX) : rejected > 0 ? 'it has not said why' : '' };
  } catch {
    return { kind: 'taken', rejected: 0, message: '' };
  }
}

/** Seconds; a date is as good as nothing. */
function afterMsOf(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Math.min(RETRY_AFTER_S_MAX, Number(value)) * 1000 : undefined;
}
