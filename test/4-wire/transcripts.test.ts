// Every transcript: sent whole, byte by byte, and cut in two at every offset. The answers are the same.
import t, { type Test } from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { pause } from '../serving.ts';
import { serveSite, together } from './site.ts';
import { transcripts, type Answer, type Transcript } from './transcripts.ts';

/** What is wrong with how this transcript was answered, sent in these pieces; '' where nothing is. */
async function fault(place: Place, transcript: Transcript, pieces: readonly string[]): Promise<string> {
  const client = await Client.open(place);
  try {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await pause(1);
      void client.send(piece);
    }
    for (const [index, answer] of transcript.answers.entries()) {
      const wrong = await difference(client, answer);
      if (wrong) return `answer ${index}: ${wrong}`;
    }
    if (transcript.end === 'kept') {
      await client.send(requestText('/b.txt', { fields: { Connection: 'close' } }));
      const last = await client.reply();
      if (last.body.toString() !== 'beta\n') return `not kept in step: ${last.status}`;
    }
    await client.nothingMore();
    return '';
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
  }
}

async function difference(client: Client, { status, method = 'GET', body, fields = {} }: Answer): Promise<string> {
  const reply = await client.reply(method);
  if (reply.status !== status) return `${reply.status} in place of ${status}`;
  if (body !== undefined && reply.body.toString('latin1') !== body) return `body ${JSON.stringify(reply.body.toString('latin1'))}`;
  for (const [name, value] of Object.entries(fields)) {
    if ((reply.fields.get(name) ?? '') !== value) return `${name}: ${String(reply.fields.get(name))}`;
  }
  return '';
}

async function check(t: Test, atOnce: number, cases: readonly { readonly transcript: Transcript; readonly pieces: readonly string[] }[]): Promise<void> {
  const { place, server } = await serveSite(t);
  const faults: string[] = [];
  await together(cases, atOnce, async ({ transcript, pieces }) => {
    const found = await fault(place, transcript, pieces);
    if (found) faults.push(`${transcript.name} (${pieces.length} pieces, the first ${pieces[0]!.length} bytes): ${found}`);
  });
  t.strictSame(faults, [], `${cases.length} were answered as written`);
  const counts = await server.counts();
  t.equal(counts['sendErrors'], 0, 'no send failed');
}

t.test('whole', async (t) => {
  t.ok(transcripts.length >= 55, `${transcripts.length} transcripts`);
  t.equal(new Set(transcripts.map(({ name }) => name)).size, transcripts.length, 'with names of their own');
  await check(t, 1, transcripts.map((transcript) => ({ transcript, pieces: [transcript.bytes] })));
});

t.test('byte by byte', (t) => check(t, 30, transcripts.map((transcript) => ({ transcript, pieces: Array.from(transcript.bytes) }))));

t.test('cut in two at every offset', (t) => {
  const cases = transcripts.flatMap((transcript) =>
    Array.from({ length: transcript.bytes.length - 1 }, (_, i) => ({ transcript, pieces: [transcript.bytes.slice(0, i + 1), transcript.bytes.slice(i + 1)] })));
  t.ok(cases.length > 3000, `${cases.length} cuts`);
  return check(t, 60, cases);
});

t.test('cut in three, the middle one byte', (t) => {
  const cases = transcripts.filter(({ bytes }) => bytes.length < 120).flatMap((transcript) =>
    Array.from({ length: transcript.bytes.length - 2 }, (_, i) => ({ transcript, pieces: [transcript.bytes.slice(0, i + 1), transcript.bytes.slice(i + 1, i + 2), transcript.bytes.slice(i + 2)] })));
  t.ok(cases.length > 1000, `${cases.length} cuts`);
  return check(t, 60, cases);
});
