// docs/CONFIG.md says what the schema, the types and the command line say.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { configReference } from '../config-reference.ts';

const page = configReference();

t.test('the page is the one that is made', (t) => {
  const file = fileURLToPath(new URL('../../../docs/CONFIG.md', import.meta.url));
  t.equal(readFileSync(file, 'utf8'), page, 'run: node -e "import(\'./dist/test/config-reference.js\').then((page) => page.write())"');
  t.end();
});

t.test('each member is explained', (t) => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  t.ok(rows.length > 150, `${rows.length} rows`);
  for (const row of rows) {
    const [, name, wanted, meaning] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    t.ok(wanted !== '' && meaning !== '', `${name!}: ${row.slice(0, 120)}`);
  }
  t.end();
});
