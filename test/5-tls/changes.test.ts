// Files that change while they are encrypted: no answer is of two versions. What is in memory that nobody can change is not asked for here.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { pause, shortFolder } from '../serving.ts';
import { serveSecure, skip } from './serving.ts';

for (const protect of ['auto', 'verify', 'copy'] as const) {
  t.test(`files that change underneath, ${protect}`, { skip }, async (t) => {
    const root = shortFolder(t);
    const size = 2 << 20;
    const write = (version: number): void => writeFileSync(join(root, 'large.bin'), Buffer.alloc(size, version));
    write(1);
    const { place } = await serveSecure(t, {}, { root, protect, guard: { privateMaxBytes: 256 << 10 }, arena: { fileBytesMax: 1 << 10 } });
    let torn = 0;
    let whole = 0;
    let version = 1;
    const reading = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 8; ++i) {
        const client = await Client.openSecure(place);
        await client.send(requestText('/large.bin'));
        const reply = await client.reply().catch(() => undefined);
        client.destroy();
        if (reply?.status !== 200) continue; // reset, or somebody is writing
        const { body } = reply;
        ++whole;
        if (body.length > 0 && !body.equals(Buffer.alloc(body.length, body[0]))) ++torn;
      }
    });
    const writing = (async (): Promise<void> => {
      for (let i = 0; i < 25; ++i) {
        write((version = (version % 250) + 1));
        await pause(12);
      }
    })();
    await Promise.all([...reading, writing]);
    t.equal(torn, 0, `none of ${whole} is torn`);
    t.ok(whole > 0);
  });
}
