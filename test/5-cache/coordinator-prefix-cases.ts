// Which of these keys begin with a prefix: asked of startsWith, whatever the prefix is.
const deep = Array.from({ length: 30 }, (_, level) => `s${level}/`).join('');

export const keys: readonly string[] = [
  'http://host/', 'http://host/?a', 'http://host/a', 'http://host/a/', 'http://host/a/b', 'http://host/a/b/', 'http://host/a/b/c?d=/e/f', 'http://host/ab/c', 'http://host/A/b',
  'http://host//a/b', 'http://host/a//b', 'http://host/a/?x=http://other/y/', 'http://host?q=/a/', 'https://host/a/b', 'http://host:80/a/b', 'http://hosting/a/b', 'http://host.example/a/b',
  `http://host/${deep}`, `http://host/${deep}x`, `http://host/${deep.slice(0, -4)}`, `http://other/${deep}x`, 'http://host/a/b\u00ff/c', 'http://host/a/b\u{1f600}/c', 'no-url', 'no/url/at/all', '',
];

export const prefixes: readonly string[] = [
  ...keys, 'http://host', 'http://hos', 'http://', 'http:/', 'http', 'h', 'http://host/a/b/c?', 'http://host/a/b/c?d=/', 'http://host/a/?x=http://other/', 'http://host?q=/', 'http://host/s0/s1/s2/s3/s4/s5/',
  'http://host/s0/s1/s2/s3/s4/s5/s6/', 'http://host/s0/s1/s2/s3/s4/s5/s6/s7/', 'http://host/s0/s1/s2/s3/s4/s5/s6/s7', 'http://host/none/', 'no/', 'no/url/', '/', '://', 'x'.repeat(100_000),
];
