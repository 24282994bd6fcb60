import t from 'tap';
import { PROBLEMS_MAX, RULES_MAX } from '../../server/rules/lines.ts';
import { parseRedirects, type Match, type RedirectRequest } from '../../server/rules/redirects.ts';
import { documentedCases, edgeCases, hostileCases, type RedirectCase } from './redirect-cases.ts';
import { redirectProblems } from './redirect-problem-cases.ts';

function requestOf(asked: string): RedirectRequest {
  const [, scheme, host, path, query] = /^(?:(https?):\/\/)?([^/?*]+(?=\/))?([^?]*)(\?[^]*)?$/.exec(asked) as string[] as [string, ...(string | undefined)[]];
  return { path: path!, query: query ?? '', host, scheme: scheme as RedirectRequest['scheme'] };
}

function textOf(match: Match | undefined): string | undefined {
  if (!match) return undefined;
  const status = `${match.status}${match.forced ? '!' : ''}`;
  return match.kind === 'redirect' ? `${status} ${match.location}` : `${status} -> ${match.path}`;
}

function outcomeOf([file, asked]: RedirectCase): string | undefined {
  return textOf(parseRedirects(file, '_redirects').rules.match(requestOf(asked)));
}

function nameOf([file, asked]: RedirectCase): string {
  return `${JSON.stringify(asked)} with ${JSON.stringify(file.slice(0, 80))}`;
}

t.test('the examples of the documentation', (t) => {
  for (const example of documentedCases) {
    t.equal(outcomeOf(example), example[2], nameOf(example));
    t.strictSame(parseRedirects(example[0], '_redirects').problems, [], 'no problems');
  }
  t.end();
});

t.test('their edges', (t) => {
  for (const edge of edgeCases) t.equal(outcomeOf(edge), edge[2], nameOf(edge));
  t.end();
});

t.test('hostile requests', (t) => {
  for (const attack of hostileCases) t.equal(outcomeOf(attack), attack[2], nameOf(attack));
  t.end();
});

t.test('a location or a path of a rewrite is one of this site, in visible ASCII', (t) => {
  const { rules } = parseRedirects('/r/* /:splat 302\n/w/* /:splat 200\n/q q=:q /:q?q=:q 302', '_redirects');
  for (let byte = 0; byte < 256; byte++) {
    const odd = String.fromCharCode(byte);
    for (const path of [`/r/${odd}/x`, `/r//${odd}`, `/w/${odd}/x`, `/w/${odd}${odd}`]) {
      const match = rules.match({ path, query: '', host: undefined });
      const target = match?.kind === 'redirect' ? match.location : match?.path;
      t.match(target, /^\/([!-.0-[\]-~][!-~]*)?$/, `0x${byte.toString(16)} in ${JSON.stringify(path)}`);
    }
    if (odd === '&' || odd === '#') continue;
    const match = rules.match({ path: '/q', query: `?q=${odd}/x`, host: undefined });
    t.match(match?.kind === 'redirect' && match.location, /^\/[!-.0-[\]-~][!-~]*$/, `0x${byte.toString(16)} in a query`);
  }
  t.end();
});

t.test('problems have their line, and the other lines count', (t) => {
  for (const [line, message] of redirectProblems) {
    const { rules, problems } = parseRedirects(`# first\n/before /1\n${line}\n/behind /2`, 'public/_redirects');
    t.equal(rules.size, 2, `no rule: ${JSON.stringify(line.slice(0, 80))}`);
    t.equal(textOf(rules.match({ path: '/behind', query: '', host: undefined })), '301 /2');
    t.match(problems, [{ file: 'public/_redirects', line: 3, message }], JSON.stringify(problems));
    t.equal(problems.length, 1);
    t.notMatch(problems[0]?.message, /[\0-\x1f\x7f-\x9f]/, 'a terminal can show it');
    t.ok((problems[0]?.message.length ?? 0) < 300, 'and a line hold it');
  }
  t.end();
});

t.test('a line for the same requests as one before', (t) => {
  const { rules, problems } = parseRedirects('/a /1\n/%61 /2\n/a x=1 /3\n/a x=1 /4\n/a x=:y /5\n/a x=:z /6\nhttps://h/a /7\nhttp://h/a /8\n/a/ /9', 'f');
  t.equal(rules.size, 6);
  t.strictSame(problems.map(({ line, message }) => [line, message]), [
    [2, 'line 1 is for the same path, and the first one counts'],
    [4, 'line 3 is for the same path, and the first one counts'],
    [6, 'line 5 is for the same path, and the first one counts'],
  ]);
  t.end();
});

t.test('whether files can be looked up first, and the line of a match', (t) => {
  t.equal(parseRedirects('/a /b\n/c /d 302', 'f').rules.hasForced, false);
  const { rules } = parseRedirects('\n\n/a /b\n/c /d 302!', 'f');
  t.equal(rules.hasForced, true);
  t.match(rules.match({ path: '/c', query: '', host: undefined }), { kind: 'redirect', line: 4, forced: true });
  t.match(rules.match({ path: '/a', query: '', host: undefined }), { kind: 'redirect', line: 3, forced: false });
  t.end();
});

t.test('bounds: rules and problems', (t) => {
  const many = parseRedirects(Array.from({ length: RULES_MAX + 2 }, (_, i) => `/${i} /x/${i}`).join('\n'), 'f');
  t.equal(many.rules.size, RULES_MAX);
  t.match(many.problems, [{ line: RULES_MAX + 1, message: /more than 100000 rules/ }]);
  t.equal(many.problems.length, 1);
  t.equal(textOf(many.rules.match({ path: `/${RULES_MAX - 1}`, query: '', host: undefined })), `301 /x/${RULES_MAX - 1}`);

  const bad = parseRedirects('bad\n'.repeat(PROBLEMS_MAX + 5), 'f');
  t.equal(bad.problems.length, PROBLEMS_MAX + 1);
  t.match(bad.problems.at(-1), { line: PROBLEMS_MAX + 5, message: /5 more problems/ });

  t.equal(parseRedirects('', 'f').rules.size, 0);
  t.equal(parseRedirects('\n\r\n \t\n#\n\ufeff', 'f').rules.size, 0);
  t.end();
});
