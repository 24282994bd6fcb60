// The control plane of a running server, asked from the command line.
import { Client } from 'undici';
import { SentEvents, type SentEvent } from '../control/dashboard/server-sent.ts';
import { controlPlace } from '../control/options.ts';
import { foundSockets } from '../control/sockets.ts';
import { UsageError } from './flags.ts';

const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 64 << 20;

/** It could not be asked, or would not. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export interface Endpoint {
  /** As the user would write it. */
  readonly where: string;
  readonly origin: string;
  readonly socketPath: string | undefined;
}

export interface Ask {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly content?: object;
}

/** `unix:/path`, `host:port`, a port of this host, or a URL. @throws UsageError */
export function endpointOf(where: string): Endpoint {
  if (/^https?:\/\/[^/]+\/?$/i.test(where) && URL.canParse(where)) return { where, origin: new URL(where).origin, socketPath: undefined };
  if (/^[\w.-]+:\d{1,5}$/.test(where) && URL.canParse(`http://${where}`)) return { where, origin: `http://${where}`, socketPath: undefined };
  const place = controlPlace(where);
  if (place?.kind === 'unix') return { where, origin: 'http://localhost', socketPath: place.path };
  if (place?.kind !== 'tcp') throw new UsageError(`--control must be unix:/path, host:port, a port of this host or a URL, not "${where}"`);
  return { where, origin: `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`, socketPath: undefined };
}

/** The only one that answers of those in the first folder where one does. @throws ControlError */
export async function onlyEndpoint(environment: NodeJS.ProcessEnv): Promise<Endpoint> {
  for (const paths of foundSockets(environment)) {
    const alive = await aliveOf(paths.map((path) => endpointOf(`unix:${path}`)));
    if (alive.length > 1) throw new ControlError(`${alive.length} servers are running, --control tells which: ${alive.map(({ where }) => where).join(', ')}`);
    if (alive[0]) return alive[0];
  }
  throw new ControlError('no running server was found: --control tells where its control plane is');
}

async function aliveOf(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
  return (await Promise.all(endpoints.map(async (endpoint) => ((await isAlive(endpoint)) ? [endpoint] : [])))).flat();
}

/** What it answers, parsed. @throws ControlError */
export async function askControl(endpoint: Endpoint, { method, path, content }: Ask, token: string | undefined): Promise<unknown> {
  const client = clientFor(endpoint);
  try {
    const { statusCode, body } = await client.request({
      method, path,
      headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }), ...(method === 'POST' && { 'content-type': 'application/json' }) },
      ...(method === 'POST' && { body: JSON.stringify(content ?? {}) }),
    });
    const answer = parsed(await body.text(), endpoint);
    if (statusCode >= 400) throw new ControlError(`${endpoint.where}: ${statusCode} ${detailOf(answer)}`);
    return answer;
  } catch (error) {
    throw error instanceof ControlError ? error : new ControlError(toldOf(error as NodeJS.ErrnoException, endpoint));
  } finally {
    await client.destroy();
  }
}

/**
 * Its events, as they come, until it ends the stream or `signal` is aborted.
 * @throws ControlError
 */
export async function* controlEvents(endpoint: Endpoint, token: string | undefined, signal: AbortSignal): AsyncGenerator<SentEvent> {
  const client = clientFor(endpoint);
  try {
    const { statusCode, body } = await client.request({ method: 'GET', path: '/api/v1/events', signal, headers: { accept: 'text/event-stream', ...(token !== undefined && { authorization: `Bearer ${token}` }) } });
    if (statusCode >= 400) throw new ControlError(`${endpoint.where}: ${statusCode} ${detailOf(parsed(await body.text(), endpoint))}`);
    const events = new SentEvents();
    for await (const piece of body.setEncoding('utf8')) yield* events.take(String(piece));
  } catch (error) {
    if (!signal.aborted) throw error instanceof ControlError ? error : new ControlError(toldOf(error as NodeJS.ErrnoException, endpoint));
  } finally {
    await client.destroy();
  }
}

async function isAlive(endpoint: Endpoint): Promise<boolean> {
  const client = clientFor(endpoint);
  try {
    const { body } = await client.request({ method: 'GET', path: '/livez' });
    await body.dump();
    return true;
  } catch {
    return false; // left behind by one that was killed, or somebody else's
  } finally {
    await client.destroy();
  }
}

function clientFor({ origin, socketPath }: Endpoint): Client {
  return new Client(origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS, maxResponseSize: ANSWER_BYTES_MAX, ...(socketPath !== undefined && { socketPath }) });
}

function parsed(text: string, { where }: Endpoint): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError(`${where} is no control plane: its answer is not JSON`);
  }
}

function detailOf(answer: unknown): string {
  const { title, detail, errors = [] } = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const each = (errors as readonly { readonly detail?: unknown }[]).map((error) => `\n  ${String(error.detail)}`);
  return [title, detail].filter((text) => typeof text === 'string').join(': ') + each.join('');
}

const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  EACCES: 'it belongs to somebody else',
  ENOTFOUND: 'there is no such host',
};

function toldOf({ code, message }: NodeJS.ErrnoException, { where }: Endpoint): string {
  return `${where}: ${TEXTS[code ?? ''] ?? (message || String(code))}${code === undefined ? '' : ` (${code})`}`;
}
