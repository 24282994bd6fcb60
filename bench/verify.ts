/** Correct before fast: a contender's answers are compared with the files before it is timed. */
import { fixtureBytes, loadHead, type Fixture, type Load } from './fixtures.ts';
import { Connection, requestHead, type Address, type Answer } from './probe.ts';

export interface Verified {
  /** Head and body of one answer; the mean over the fixtures. The load's byte counter is checked against it. */
  readonly bytesPerAnswer: number;
  /** What the server sends for the load's first fixture. */
  readonly etag: string | null;
  /** One whole answer as it was on the wire. */
  readonly sample: Buffer;
}

/** A wrong answer: the contender's fault, not ours. */
export class Incorrect extends Error {}

function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Incorrect(what);
}

function checkAnswer(answer: Answer, load: Load, fixture: Fixture): void {
  const { status, fields, body } = answer;
  check(status === load.status, `${fixture.target}: status ${status} instead of ${load.status}`);
  check(fields.get('connection')?.toLowerCase() !== 'close', `${fixture.target}: the connection is not kept`);
  if (load.status === 304) check(fields.has('etag'), `${fixture.target}: a 304 without its ETag`);
  if (load.status !== 200) return;
  check(fields.get('content-length') === String(fixture.bytes), `${fixture.target}: wrong Content-Length`);
  check(body.equals(fixtureBytes(fixture)), `${fixture.target}: the body differs from the file`);
}

async function ownEtag(connection: Connection, address: Address, fixture: Fixture): Promise<string> {
  const answer = await connection.ask(requestHead(address, fixture.target));
  const etag = answer.fields.get('etag');
  check(answer.status === 200 && etag !== undefined, `${fixture.target}: no ETag to revalidate with`);
  return etag;
}

/** Asks for every fixture twice on one connection, so that framing and keep-alive are checked by the second answer. */
export async function verify(address: Address, load: Load): Promise<Verified> {
  const connection = await Connection.open(address);
  try {
    const etag = load.status === 304 ? await ownEtag(connection, address, load.fixtures[0]!) : null;
    let bytes = 0;
    let sample = Buffer.alloc(0);
    for (const fixture of load.fixtures) {
      const head = loadHead(load, address, fixture, etag);
      checkAnswer(await connection.ask(head), load, fixture);
      const answer = await connection.ask(head);
      checkAnswer(answer, load, fixture);
      bytes += answer.head.length + answer.body.length;
      sample = Buffer.concat([answer.head, answer.body]);
    }
    return { bytesPerAnswer: bytes / load.fixtures.length, etag, sample };
  } finally {
    connection.close();
  }
}
