// A short storm: files rewritten while they are downloaded. Each row is a test of its own, so that a red one says what tore.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const STORM = fileURLToPath(new URL('../../bench/storm/main.js', import.meta.url));
const DEADLINE_MS = 240_000;
const FILESYSTEMS = ['ext4', 'tmpfs'];
const MEANS = ['pwrite', 'truncate', 'cp', 'rename'];
const ANSWERS = 1500;

t.setTimeout(DEADLINE_MS + 10_000);

const obstacle = spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler (cc) for its writers';

t.test('a short storm tears no answer', { skip: obstacle }, (t) => {
  const document = join(t.testdir({}), 'storm.md');
  // Not SIGKILL: it has folders to remove.
  const { status, stdout, stderr } = spawnSync(process.execPath, [STORM, '--short', '--output', document], { encoding: 'utf8', timeout: DEADLINE_MS });
  t.comment(stdout);
  const section = readFileSync(document, 'utf8');
  t.match(section, /<!-- bench:storm -->[^]*<!-- \/bench:storm -->/, 'the document has its section');
  // The first table of the section; further ones split the same rows.
  const table = /Completed answers[^|]*\n((?:\|.*\n)+)/.exec(section)?.[1] ?? '';
  const rows = table.trimEnd().split('\n').slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  t.equal(rows.length, FILESYSTEMS.length * MEANS.length, 'a row for each filesystem and means');
  for (const row of rows) {
    const [name = '', answers, torn, wrongLength, wrongValidator] = row;
    const verdict = row.at(-1)!;
    t.ok(FILESYSTEMS.some((filesystem) => name.startsWith(filesystem)) && MEANS.includes(name.split(' ').at(-2)!), `${name} is a row of a short storm`);
    t.ok(Number(answers) >= ANSWERS, `${name}: ${answers} answers`);
    t.equal(verdict, 'ok', `${name}: ${torn} torn, ${wrongLength} of a wrong length, ${wrongValidator} under a wrong validator`);
  }
  t.equal(status, 0, `the exit code says so too${status === 0 ? '' : `:\n${stderr}`}`);
  t.end();
});
