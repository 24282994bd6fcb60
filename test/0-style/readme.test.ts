// The README's flags are those of the command line, and what it links to is there.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { flagTable } from '../../server/cli/flags.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

t.test('the table of flags is the one the command line has', (t) => {
  const shown = /<!-- flags[^\n]*-->\n([^]*?)\n<!-- \/flags -->/.exec(readFileSync(`${ROOT}README.md`, 'utf8'));
  t.equal(shown?.[1], flagTable(), 'run: node -e "import(\'./dist/server/cli/flags.js\').then((f) => console.log(f.flagTable()))"');
  t.end();
});

t.test('links lead somewhere', (t) => {
  let seen = 0;
  for (const page of ['README.md', 'docs/ARCHITECTURE.md', 'docs/HTTP.md']) {
    for (const [, target] of readFileSync(`${ROOT}${page}`, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      ++seen;
      const base = page.startsWith('docs/') ? 'docs/' : '';
      t.ok(existsSync(`${ROOT}${base}${target!}`), `${page} links to ${target!}`);
    }
  }
  t.ok(seen > 5, `${seen} links were followed`);
  t.end();
});
