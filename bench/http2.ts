/** HTTP/2: whether a contender speaks it, its answers compared with the files, and h2load as the load. */
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { connect as connectSecurely } from 'node:tls';
import { SUITE } from './certificate.ts';
import { fixtureBytes, type Fixture } from './fixtures.ts';
import { urlOf, type Address } from './probe.ts';
import { run, type Placement, type Scope } from './processes.ts';
import { Incorrect } from './verify.ts';
import type { LoadResult } from './wrk.ts';

/** As many requests under way as wrk has connections. */
const CONNECTIONS = 8;
const STREAMS = 8;
const ANSWER_TIMEOUT_MS = 5000;
const DEADLINE_SLACK_MS = 15_000;
const FINISHED = /^finished in ([\d.]+)(ms|s),/m;
const REQUESTS = /^requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout$/m;
const STATUS = /^status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx$/m;
const TRAFFIC = /^traffic: .*\((\d+)\) data$/m;

/** HTTP/2 is not spoken there: no fault of an answer. */
export class OtherProtocol extends Error {}

function opened(address: Address): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const { host, port } = address;
    const socket = connectSecurely({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
      const spoken = socket.alpnProtocol;
      if (spoken === 'h2') {
        resolve(connect(urlOf(address), { createConnection: () => socket }));
        return;
      }
      socket.destroy();
      reject(new OtherProtocol(`HTTP/2 is not spoken (ALPN: ${spoken === false || spoken === null ? 'none' : spoken})`));
    });
    socket.once('error', reject);
  });
}

function ask(session: ClientHttp2Session, { target, bytes }: Fixture): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ [constants.HTTP2_HEADER_PATH]: target });
    const chunks: Buffer[] = [];
    stream.setTimeout(ANSWER_TIMEOUT_MS, () => stream.destroy(new Error('no answer in time')));
    stream.on('response', ({ ':status': status, 'content-length': length }) => {
      if (status !== 200) stream.destroy(new Incorrect(`${target}: status ${status ?? 'none'} instead of 200`));
      else if (length !== String(bytes)) stream.destroy(new Incorrect(`${target}: wrong Content-Length`));
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', reject);
    stream.once('end', () => {
      if (Buffer.concat(chunks).equals(fixtureBytes({ target, bytes }))) resolve();
      else reject(new Incorrect(`${target}: the body differs from the file`));
    });
  });
}

/** Asks twice, at once, on one connection. Throws `OtherProtocol` where HTTP/2 is not spoken. */
export async function verifyHttp2(address: Address, fixture: Fixture): Promise<void> {
  const session = await opened(address);
  try {
    await Promise.all([ask(session, fixture), ask(session, fixture)]);
  } finally {
    session.destroy();
  }
}

/** One run of h2load. Throws when the run is void: an error of any kind, or bodies of another size. */
export async function runH2load(scope: Scope, placement: Placement, address: Address, fixture: Fixture, seconds: number): Promise<LoadResult> {
  const clients = ['-t1', `-c${CONNECTIONS}`, `-m${STREAMS}`, '-D', String(seconds), '--npn-list=h2', `--tls13-ciphers=${SUITE}`];
  const command = ['h2load', ...clients, urlOf(address) + fixture.target];
  const { stdout, lastWords } = await run(scope, command, placement, seconds * 1000 + DEADLINE_SLACK_MS);
  const [finished, counted, status, traffic] = [FINISHED, REQUESTS, STATUS, TRAFFIC].map((pattern) => pattern.exec(stdout));
  if (!finished || !counted || !status || !traffic) throw new Error(`h2load did not report: ${lastWords}`);
  const [, succeeded = 0, failed = 0, errored = 0, timeout = 0] = counted.slice(1).map(Number);
  if (succeeded === 0) throw new Error('h2load completed no request');
  if (failed + errored + timeout > 0) throw new Error(`requests failed ${failed}, errored ${errored}, timed out ${timeout}`);
  const others = status.slice(1).reduce((sum, text) => sum + Number(text), 0);
  if (others > 0) throw new Error(`${others} answers without status 2xx`);
  const bytes = Number(traffic[1]);
  // Answers under way at the end are counted as bytes only.
  if (bytes < succeeded * fixture.bytes || bytes > (succeeded + CONNECTIONS * STREAMS) * fixture.bytes) {
    throw new Error(`${(bytes / succeeded).toFixed(1)} bytes per answer instead of ${fixture.bytes}`);
  }
  return { requests: succeeded, bytes, seconds: Number(finished[1]) / (finished[2] === 'ms' ? 1000 : 1) };
}
