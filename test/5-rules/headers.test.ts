import t from 'tap';
import { encodeHead } from '../../http/response.ts';
import { parseHeaders, type HeaderChange } from '../../server/rules/headers.ts';
import { documentedHeaderCases, headerEdgeCases, headerPathProblems, headerProblems, type HeaderCase } from './header-cases.ts';

function changesOf([file, asked]: HeaderCase): readonly HeaderChange[] {
  const [, host, path] = /^(?:https:\/\/([^/]*))?([^]*)$/.exec(asked)!;
  return parseHeaders(file, '_headers').rules.fieldsFor(path!, host);
}

function textOf(change: HeaderChange): string {
  return 'detach' in change ? `!${change.detach}` : `${change.name}: ${change.value}`;
}

t.test('the examples of the documentation', (t) => {
  for (const example of documentedHeaderCases) {
    t.strictSame(changesOf(example).map(textOf), example[2], JSON.stringify(example.slice(0, 2)));
    t.strictSame(parseHeaders(example[0], '_headers').problems, [], 'no problems');
  }
  t.end();
});

t.test('their edges', (t) => {
  for (const edge of headerEdgeCases) {
    const changes = changesOf(edge);
    t.strictSame(changes.map(textOf), edge[2], JSON.stringify(edge.slice(0, 2)));
    t.ok(encodeHead(200, changes.flatMap((change) => ('detach' in change ? [] : [[change.name, change.value] as const]))), 'fit for a head');
  }
  t.end();
});

t.test('problems have their line, and the other lines count', (t) => {
  for (const [line, message] of headerProblems) {
    const { rules, problems } = parseHeaders(`/a\nX-Before: 1\n  ${line}\nX-Behind: 2`, 'public/_headers');
    t.strictSame(rules.fieldsFor('/a', undefined), [{ name: 'X-Before', value: '1' }, { name: 'X-Behind', value: '2' }], JSON.stringify(line.slice(0, 80)));
    t.match(problems, [{ file: 'public/_headers', line: 3, message }], JSON.stringify(problems));
    t.equal(problems.length, 1);
    t.notMatch(problems[0]?.message, /[\0-\x1f\x7f-\x9f]/, 'a terminal can show it');
  }
  t.end();
});

t.test('a path that is none is reported once, and its fields are nobody else\'s', (t) => {
  for (const [line, message] of headerPathProblems) {
    const { rules, problems } = parseHeaders(`/a\nX-A: 1\n${line}\nX-B: 2\nnonsense\n/c\nX-C: 3`, 'f');
    t.equal(rules.size, 2);
    t.strictSame(rules.fieldsFor('/a', 'example.com'), [{ name: 'X-A', value: '1' }], line);
    t.match(problems, [{ line: 3, message }], JSON.stringify(problems));
    t.equal(problems.length, 1);
  }
  t.end();
});

t.test('fields without a path, and paths without fields', (t) => {
  const { rules, problems } = parseHeaders('X-A: 1\n\n/a\n# nothing\n/b\nX-B: 2\n/c\nbad\n/d', 'f');
  t.equal(rules.size, 1);
  t.strictSame(problems.map(({ line, message }) => [line, message.split(':')[0]]), [
    [1, 'a path such as "/*" must come before the fields for it'],
    [3, 'there are no fields for this path'],
    [8, 'a field is a name, a colon and a value, as in "X-Frame-Options'],
    [9, 'there are no fields for this path'],
  ]);
  t.end();
});
