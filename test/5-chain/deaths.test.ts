// Who dies in a chain, and what the others make of it: no answer is taken for whole that is not, and what is stored does meanwhile.
import t from 'tap';
import { ask, Broken, Client, requestText } from '../client.ts';
import { pause, serve, until } from '../serving.ts';
import { cacheStatuses, urlOf } from './asking.ts';
import { links } from './links.ts';
import { listen } from './origin.ts';
import { without } from './program.ts';
import { resources } from './resources.ts';

t.jobs = 4;

/** What an answer that has begun comes to. */
async function begun(client: Client): Promise<unknown> {
  return client.reply().then(({ status }) => status, (error: unknown) => error);
}

// What stores dies as what does not; with HTTP/1.0 behind it, nginx knows the end of an answer by the end of the connection.
for (const { name, program, start } of links.filter(({ caches }) => !caches)) {
  const options = { skip: without(program), buffered: true };
  t.test(`pagecast dies behind ${name}`, options, async (t) => {
    const origin = await listen(t);
    const { place, server } = await serve(t, { proxy: urlOf(origin.place) });
    const front = await start(t, place);
    const client = await Client.open(front.place);
    await client.send(requestText('/stuck'));
    await client.head();
    await server.close({ force: true });
    const outcome = await begun(client);
    t.ok(outcome instanceof Broken, String(outcome));
    client.destroy();
  });

  t.test(`pagecast is closed behind ${name}, in good order`, options, async (t) => {
    const origin = await listen(t);
    const { place, server } = await serve(t, { proxy: urlOf(origin.place) });
    const front = await start(t, place);
    const answers = Promise.all(['/slow?1', '/slow?2', '/slow?3'].map((path) => ask(front.place, path)));
    await until(() => origin.asked.length === 3, 'three questions');
    await server.close();
    t.strictSame((await answers).map(({ status, body }) => `${status} ${body.toString()}`), ['200 slow', '200 slow', '200 slow']);
  });

  t.test(`${name} dies behind pagecast`, options, async (t) => {
    const origin = await listen(t);
    const link = await start(t, origin.place);
    const { place } = await serve(t, { proxy: { urls: [urlOf(link.place)], retriesMax: 0 } });
    t.equal((await ask(place, '/part.bin')).status, 200);
    t.equal((await ask(place, '/brief')).status, 200);
    const client = await Client.open(place);
    await client.send(requestText('/stuck'));
    await client.head();
    await link.kill();
    const outcome = await begun(client);
    t.ok(outcome instanceof Broken, `an answer under way: ${String(outcome)}`);
    const stored = await ask(place, '/part.bin');
    t.ok(stored.body.equals(resources['/part.bin'].bytes), 'what is fresh');
    let stale = await ask(place, '/brief');
    await until(async () => {
      stale = await ask(place, '/brief');
      await pause(50);
      return /detail=unreachable/.test(stale.fields.get('cache-status') ?? '');
    }, 'it is stale');
    t.strictSame([stale.status, stale.body.toString()], [200, 'brief'], 'what is stale');
    t.match(cacheStatuses(stale).at(-1), /^pagecast;fwd=stale;ttl=-\d+;detail=unreachable$/);
    t.match((await ask(place, '/private')).status, /^50[234]$/, 'what is not stored');
  });

  t.test(`the origin dies behind ${name} behind pagecast`, options, async (t) => {
    const origin = await listen(t);
    const link = await start(t, origin.place);
    const { place } = await serve(t, { proxy: urlOf(link.place) });
    t.equal((await ask(place, '/part.bin')).status, 200);
    await origin.die();
    t.ok((await ask(place, '/part.bin')).body.equals(resources['/part.bin'].bytes), 'what is fresh');
    t.match((await ask(place, '/private')).status, /^50[234]$/, 'what is not stored');
    t.match((await ask(place, '/private', { method: 'HEAD' })).status, /^50[234]$/);
  });
}

for (const program of ['nginx', 'varnishd', 'haproxy'] as const) {
  t.test(`one of two dies: ${program}`, { skip: without(program), buffered: true }, async (t) => {
    const origin = await listen(t);
    const { start } = links.find((link) => link.program === program && !link.caches)!;
    const [one, two] = await Promise.all([start(t, origin.place), start(t, origin.place)]);
    const { place } = await serve(t, { proxy: [urlOf(one.place), urlOf(two.place)] });
    const ten = async (): Promise<string[]> => Promise.all(Array.from({ length: 10 }, async (_, i) => `${(await ask(place, `/private?${i}`)).status}`));
    t.strictSame(new Set(await ten()), new Set(['200']));
    await one.kill();
    t.strictSame(new Set([...(await ten()), ...(await ten())]), new Set(['200']), 'the other one has them all');
  });
}
