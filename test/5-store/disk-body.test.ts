// A body that arrives faster than the disk writes: the origin waits, and no more is held than is said. The disk is one of ours, which
// writes when it is told.
import t from 'tap';
import type { Fault } from '../../cache/store/disk/faults.ts';
import { DiskBody, type WrittenFile } from '../../server/proxy/disk-body.ts';

const MIB = 1 << 20;
const PIECE = Buffer.alloc(64 << 10);

class SlowFile {
  readonly writes: { readonly bytes: number; readonly done: (fault: Fault | undefined) => void }[] = [];
  abandoned = 0;
  finished = 0;
  refusal: Fault | undefined;
  descriptor = 7;

  append(bytes: Uint8Array): Promise<Fault | undefined> {
    return new Promise((done) => this.writes.push({ bytes: bytes.length, done }));
  }

  reserve(): Promise<Fault | undefined> {
    return Promise.resolve(this.refusal);
  }

  toRead(): Promise<number> {
    return Promise.resolve(this.descriptor);
  }

  finish(): Promise<Awaited<ReturnType<WrittenFile['finish']>>> {
    this.finished += 1;
    return Promise.resolve(this.refusal ?? { id: 'the id', bytes: 0, fileBytes: 0 });
  }

  abandon(): Promise<void> {
    this.abandoned += 1;
    return Promise.resolve();
  }

  /** The oldest writes are done. */
  async write(count: number, fault?: Fault): Promise<void> {
    for (const { done } of this.writes.splice(0, count)) done(fault);
    await new Promise(setImmediate);
  }
}

class Watched {
  readonly file = new SlowFile();
  readonly told: string[] = [];
  risen = 0;
  begun = 0;
  number = 3;
  readonly engine = {
    begin: () => {
      this.begun += 1;
      return this.number;
    },
    rise: (_: number, bytes: number) => void (this.risen += bytes),
    end: (_: number, whole: boolean) => void this.told.push(whole ? 'whole' : 'broken'),
  };
  readonly flow = { pause: () => void this.told.push('pause'), resume: () => void this.told.push('resume') };

  begin(bytes = 1000 * MIB): Promise<DiskBody | Fault> {
    return DiskBody.begin(this.engine, { begin: () => Promise.resolve(this.file) }, 'key', bytes);
  }

  async driven(): Promise<DiskBody> {
    const body = await this.begin();
    if (typeof body === 'string') throw new Error(body);
    body.drive(this.flow, (fault) => {
      this.told.push(fault);
    });
    return body;
  }
}

t.test('an origin that is faster than the disk', async (t) => {
  const watched = new Watched();
  const body = await watched.driven();
  let sent = 0;
  let most = 0;
  // Like a socket: what is on its way when it is paused comes all the same.
  for (let round = 0; round < 50; ++round) {
    for (let extra = 2; extra > 0;) {
      if (watched.told.at(-1) === 'pause') extra -= 1;
      body.append(PIECE);
      sent += PIECE.length;
    }
    most = Math.max(most, sent - watched.risen);
    while (watched.told.at(-1) === 'pause') await watched.file.write(1);
  }
  t.ok(most <= 4 * MIB + 4 * PIECE.length, `${most} bytes were held`);
  t.ok(most > 3 * MIB, 'it was not slower than it had to be');
  t.ok(watched.told.filter((one) => one === 'resume').length >= 49);
  t.strictSame(new Set(watched.told), new Set(['pause', 'resume']));
  const finishing = body.finish();
  while (watched.file.writes.length > 0) await watched.file.write(1);
  t.equal(await finishing, 'the id');
  t.equal(watched.risen, sent, 'followers are sent what is written, and all of it');
  t.equal(watched.told.at(-1), 'whole');
});

t.test('a disk that is full in the midst of it', async (t) => {
  const watched = new Watched();
  const body = await watched.driven();
  for (let i = 0; i < 10; ++i) body.append(PIECE);
  await watched.file.write(4);
  const finishing = body.finish();
  await watched.file.write(1, 'ENOSPC');
  t.strictSame(watched.told, ['ENOSPC']);
  body.breakOff();
  await watched.file.write(5, 'ENOSPC');
  t.strictSame(watched.told, ['ENOSPC', 'broken'], 'told once');
  t.equal(await finishing, undefined);
  t.equal(watched.risen, 4 * PIECE.length);
  t.match(watched.file, { abandoned: 1, finished: 0 });
});

t.test('refused at the end: whoever follows it has it all', async (t) => {
  const watched = new Watched();
  const body = await watched.driven();
  body.append(PIECE);
  await watched.file.write(1);
  watched.file.refusal = 'EDQUOT';
  t.equal(await body.finish(), 'EDQUOT');
  t.strictSame(watched.told, ['whole']);
  body.breakOff();
  t.strictSame(watched.told, ['whole'], 'it is over');
});

t.test('broken off', async (t) => {
  const watched = new Watched();
  const body = await watched.driven();
  for (let i = 0; i < 100; ++i) body.append(PIECE);
  body.breakOff();
  body.breakOff();
  await watched.file.write(100);
  t.equal(watched.risen, 0);
  t.strictSame(watched.told, ['pause', 'broken'], 'the origin is not heard any more');
  t.match(watched.file, { abandoned: 1, finished: 0 });
});

t.test('there is no beginning', async (t) => {
  t.equal(await DiskBody.begin(new Watched().engine, { begin: () => Promise.resolve('EROFS') }, 'key', 5), 'EROFS');
  const full = new Watched();
  full.file.refusal = 'ENOSPC';
  t.equal(await full.begin(), 'ENOSPC');
  t.match(full, { begun: 0, file: { abandoned: 1 } });
  t.notSame(await full.begin(-1), 'ENOSPC', 'where it is not known how much it will be');
  const few = new Watched();
  few.file.descriptor = -24;
  t.equal(await few.begin(), 'EMFILE');
  t.match(few, { begun: 0, file: { abandoned: 1 } });
  const many = new Watched();
  many.number = -23;
  t.equal(await many.begin(), 'ENFILE');
  t.match(many, { begun: 1, file: { abandoned: 1 } });
});
