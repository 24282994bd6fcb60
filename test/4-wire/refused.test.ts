// Every request that must be refused gets its status, a close, and an answer that the client can read, however much it
// has sent behind.
import t from 'tap';
import { refusals } from '../../http/refusal.ts';
import { refusedBodies } from '../1-http/refused-bodies.ts';
import { refusedRequests } from '../1-http/refused-requests.ts';
import { Client, type Place } from '../client.ts';
import { pause } from '../serving.ts';
import { serveSite, together } from './site.ts';

interface Refused {
  readonly name: string;
  readonly pieces: readonly (string | Uint8Array)[];
  readonly status: number;
  readonly refusal: string;
}

const POST = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';
const rows: Refused[] = [
  ...refusedRequests.map(([name, bytes, refusal, status]) => ({ name, pieces: [bytes], status, refusal })),
  ...refusedBodies.map(([name, bytes, refusal, status]) => ({ name: `body: ${name}`, pieces: [POST + bytes], status, refusal })),
];
const textOf = new Map(refusals.map(({ name, text }) => [name, `${text}\n`]));

async function fault(place: Place, row: Refused): Promise<string> {
  const client = await Client.open(place);
  try {
    for (const [index, piece] of row.pieces.entries()) {
      if (index > 0) await pause(1);
      void client.send(piece);
    }
    const { status, fields, body } = await client.reply();
    if (status !== row.status) return `${status} in place of ${row.status}`;
    if (fields.get('connection') !== 'close') return 'no Connection: close';
    if (body.toString() !== textOf.get(row.refusal)) return body.toString();
    await client.nothingMore();
    return '';
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
  }
}

async function faults(place: Place, cases: readonly Refused[], atOnce: number): Promise<string[]> {
  const found: string[] = [];
  await together(cases, atOnce, async (row) => {
    const wrong = await fault(place, row);
    if (wrong) found.push(`${row.name} (${row.pieces.length} pieces): ${wrong}`);
  });
  return found;
}

t.test('whole', async (t) => {
  t.ok(rows.length >= 250, `${rows.length} rows`);
  const { place, server } = await serveSite(t, { limits: { discardBytesMax: 1 << 20 } });
  t.strictSame(await faults(place, rows, 1), [], 'refused, answered, closed');
  const counts = await server.counts();
  const counted = Object.entries(counts).filter(([name]) => name.startsWith('refused.')).reduce((sum, [, count]) => sum + count, 0);
  t.equal(counted, rows.length, 'and counted');
  for (const name of new Set(rows.map(({ refusal }) => refusal))) {
    t.equal(counts[`refused.${name}`], rows.filter(({ refusal }) => refusal === name).length, name);
  }
});

/** Without an LF a head is looked at once in 2 KiB (http/partial-head.ts): dripped, it may run into its timeout before. */
function endsInLine(row: Refused): boolean {
  return (row.pieces[0] as string).endsWith('\n');
}

t.test('byte by byte', async (t) => {
  const { place } = await serveSite(t, { limits: { discardBytesMax: 1 << 20, headTimeoutMs: 1000 } });
  const short = rows.filter(({ pieces }) => pieces[0]!.length <= 400);
  t.ok(short.length >= 200, `${short.length} rows`);
  const dripped = short.map((row) => ({ ...row, pieces: Array.from(row.pieces[0] as string) }));
  t.strictSame(await faults(place, dripped.filter(endsInLine), 60), [], 'the same');
  t.strictSame((await faults(place, dripped.filter((row) => !endsInLine(row)), 60)).filter((fault) => !fault.endsWith('408 in place of 400')), [], 'the same, or 408');
});

t.test('cut in two at every offset', async (t) => {
  const { place } = await serveSite(t, { limits: { discardBytesMax: 1 << 20 } });
  const cuts = rows.filter((row) => row.pieces[0]!.length <= 100 && endsInLine(row)).flatMap((row) => {
    const text = row.pieces[0] as string;
    return Array.from({ length: text.length - 1 }, (_, i) => ({ ...row, pieces: [text.slice(0, i + 1), text.slice(i + 1)] }));
  });
  t.ok(cuts.length >= 5000, `${cuts.length} cuts`);
  t.strictSame(await faults(place, cuts, 60), [], 'the same');
});

t.test('with two megabytes behind that nobody wants', async (t) => {
  const { place } = await serveSite(t);
  const some = rows.filter((_, index) => index % 12 === 0);
  const flood = Buffer.alloc(2 << 20, 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n');
  // The chunked ones end where they are refused; what follows is thrown away like the rest.
  t.strictSame(await faults(place, some.map((row) => ({ ...row, pieces: [Buffer.concat([Buffer.from(row.pieces[0] as string, 'latin1'), flood])] })), 4), [], 'the answer is still read');
});
