// Words after `pagecast explain`, and what comes of them. DIR stands for a folder with pages, rules and hooks.

export interface ExplainCase {
  readonly args: readonly string[];
  /** Matched against the JSON. */
  readonly explained: object;
}

const PROXY = ['--proxy', 'http://origin:1'];
const HOOKS = [...PROXY, '--hooks', 'DIR/hooks.mjs'];
const SITE = ['--root', 'DIR'];

export const explainCases: readonly ExplainCase[] = [
  { args: ['http://h:80/p?b=1#f', ...PROXY], explained: { request: { route: 'proxy', method: 'GET', origins: ['http://origin:1'] }, cache: { key: 'http://h/p?b=1', fromCache: /^yes/, intoCache: /^yes/ } } },
  { args: ['/p', ...PROXY], explained: { cache: { key: 'http://localhost/p' } } },
  { args: ['https://H', ...PROXY], explained: { cache: { key: 'http://h/' } } },
  { args: ['/p', ...PROXY, '-H', 'Host: other'], explained: { cache: { key: 'http://other/p' } } },
  { args: ['/p', ...PROXY, '-HCache-Control: no-cache'], explained: { cache: { requestDirectives: ['no-cache'], fromCache: /request-no-cache \(/ } } },
  { args: ['/p', ...PROXY, '--request', 'Pragma: no-cache'], explained: { cache: { fromCache: /pragma \(/ } } },
  { args: ['/p', ...PROXY, '-H', 'Cache-Control: max-age=0, only-if-cached'], explained: { cache: { requestDirectives: ['max-age=0', 'only-if-cached'], fromCache: /request-max-age/, onlyIfCached: /504/ } } },
  { args: ['/p', ...PROXY, '-H', 'Cache-Control: no-store'], explained: { cache: { intoCache: /^no: request-no-store/ } } },
  { args: ['/p', ...PROXY, '-H', 'Authorization: Basic eA=='], explained: { cache: { intoCache: /^no: authorization/ } } },
  { args: ['/p', ...PROXY, '-H', 'If-Match: "a"'], explained: { cache: { fromCache: /^no: If-Match is for the origin/ } } },
  { args: ['/p', ...PROXY, '--method', 'POST'], explained: { cache: { fromCache: /^no: POST/, intoCache: /^no: method/ } } },
  { args: ['/p', ...PROXY, '--method', 'HEAD'], explained: { cache: { fromCache: /^yes/, intoCache: /^no: method/ } } },
  { args: ['/p', ...PROXY, '--method', 'PURGE'], explained: { cache: { key: 'http://localhost/p', purge: /this key/ } } },
  { args: ['/p', ...PROXY, '--response', 'Cache-Control: max-age=60, stale-while-revalidate=5'], explained: { response: { status: 200, stored: /^yes: explicit/, freshForS: 60, freshnessFrom: 'max-age', staleWhileRevalidateS: 5, nextRequest: /^fresh/ } } },
  { args: ['/p', ...PROXY, '--response', 'Cache-Control: no-store'], explained: { response: { stored: /^no: no-store \(the origin forbids it\)/ } } },
  { args: ['/p', ...PROXY, '--response', 'Cache-Control: private'], explained: { response: { stored: /^no: private/ } } },
  { args: ['/p', ...PROXY, '--response', 'Cache-Control: max-age=60', '--response', 'Age: 59'], explained: { response: { ageS: 59, nextRequest: /^fresh/ } } },
  { args: ['/p', ...PROXY, '--response', 'ETag: "a"', '--response', 'Cache-Control: no-cache'], explained: { response: { stored: /^yes: validation/, mustRevalidate: true, nextRequest: /^validate: no-cache/ } } },
  { args: ['/p', ...PROXY, '--status', '404'], explained: { response: { status: 404, stored: /^no: no-freshness/ } } },
  { args: ['/p', ...PROXY, '--status', '429', '--response', 'Cache-Control: max-age=9'], explained: { response: { stored: /^no: status/ } } },
  { args: ['/p', ...PROXY, '-H', 'accept-language: DE', '--response', 'Vary: Accept-Language', '--response', 'Cache-Control: max-age=9'], explained: { response: { selectedBy: [/^accept-language: de$/i] } } },
  { args: ['/p?a=1&u=2', ...PROXY, '--response', 'Cache-Control: max-age=9', '--response', 'No-Vary-Search: params=("u")'], explained: { response: { key: 'http://localhost/p?a=1', noVarySearch: 'params=("u")' } } },
  { args: ['/a?q', ...HOOKS], explained: { hooks: { rewritten: '/b?q', origin: 'http://origin:1' }, cache: { key: 'http://localhost/b?q' } } },
  { args: ['/answered', ...HOOKS], explained: { hooks: { answer: /^403/ } } },
  { args: ['/broken', ...HOOKS], explained: { hooks: { answer: /^500/, failed: ['the hook request() failed: no way'] } } },
  { args: ['/bypassed', ...HOOKS, '--response', 'Cache-Control: max-age=9'], explained: { cache: { fromCache: /^no: bypassed/, intoCache: /^no: bypassed/ }, response: { stored: /^no: bypassed/ } } },
  { args: ['/keyed', ...HOOKS], explained: { hooks: { key: 'my key' }, cache: { key: 'my key' } } },
  { args: ['/ttl', ...HOOKS, '--status', '200'], explained: { response: { stored: /^yes/, freshForS: 7 } } },
  { args: ['/a', ...PROXY, '--basic-auth', 'ann:secret', '-H', 'Authorization: Basic YW5uOnNlY3JldA=='], explained: { cache: { intoCache: /^yes/ } } },
  { args: ['/a', ...PROXY, '--basic-auth', 'ann:secret', '-H', 'Authorization: Bearer x'], explained: { cache: { intoCache: /^no: authorization/ } } },
  { args: ['/healthz', ...PROXY, '--health', '/healthz'], explained: { health: { answer: /^200, by the server itself/ } } },
  { args: ['/', ...SITE, ...PROXY], explained: { request: { route: 'static', root: /./, origins: /^not asked/ }, answer: { status: 200, file: 'index.html' } } },
  { args: ['/about', ...SITE, ...PROXY], explained: { request: { route: 'static' }, answer: { file: 'about.html' } } },
  { args: ['/old', ...SITE, ...PROXY], explained: { request: { route: 'static' }, rules: { redirect: '_redirects:2: /old /new 301' } } },
  { args: ['/none?q', ...SITE, ...PROXY], explained: { request: { route: 'proxy', folder: / has nothing for it$/, origins: ['http://origin:1'] }, cache: { key: 'http://localhost/none?q' } } },
  { args: ['/empty', ...SITE, ...PROXY], explained: { request: { route: 'proxy' } } },
  { args: ['/', ...SITE, ...PROXY, '--method', 'POST'], explained: { request: { route: 'proxy', folder: / is not looked into for it$/ }, cache: { fromCache: /^no: POST/ } } },
  { args: ['/a', ...SITE, ...HOOKS], explained: { request: { route: 'proxy' }, hooks: { rewritten: '/b' } } },
  { args: ['/', ...SITE], explained: { request: { route: 'static' }, answer: { status: 200, file: 'index.html', bytes: 6, protection: /./ }, rules: { redirect: null, headers: ['_headers:1: /*  X-All: 1'] } } },
  { args: ['/about', ...SITE], explained: { answer: { status: 200, file: 'about.html' } } },
  { args: ['/about', ...SITE, '--clean-urls', 'off'], explained: { answer: { status: 404, file: null } } },
  { args: ['/assets/a%20b.css', ...SITE], explained: { answer: { status: 200, file: 'assets/a b.css', bytes: 3 }, rules: { redirect: '_redirects:3: /assets/* /elsewhere 302 (gives way to a file)', headers: [/^_headers:1/, '_headers:4: /assets/*  ! X-All; X-Assets: 2'] } } },
  { args: ['/assets/none.css', ...SITE], explained: { answer: { status: 302 }, rules: { redirect: '_redirects:3: /assets/* /elsewhere 302' } } },
  { args: ['/old', ...SITE], explained: { answer: { status: 301, file: null, fields: /Location: \/new/ }, rules: { redirect: '_redirects:2: /old /new 301' } } },
  { args: ['/app/x', ...SITE], explained: { answer: { status: 200, file: 'index.html' }, rules: { redirect: '_redirects:5: /app/* /index.html 200' } } },
  { args: ['/forced/x', ...SITE], explained: { answer: { status: 200, file: 'index.html' }, rules: { redirect: '_redirects:4: /forced/* /index.html 200!' } } },
  { args: ['/nope.css', ...SITE], explained: { answer: { status: 404, file: null } } },
  { args: ['/', ...SITE, '--method', 'HEAD'], explained: { answer: { status: 200, file: 'index.html' } } },
  { args: ['/', ...SITE, '--method', 'POST'], explained: { answer: { status: 405 } } },
  { args: ['/', ...SITE, '-H', 'If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT'], explained: { answer: { status: 304, file: 'index.html' } } },
  { args: ['/%2e%2e/etc/passwd', ...SITE], explained: { answer: { status: 404, file: null } } },
];

export interface RefusedCase {
  readonly args: readonly string[];
  readonly says: RegExp;
}

export const refusedCases: readonly RefusedCase[] = [
  { args: ['explain'], says: /explain needs a URL/ },
  { args: ['explain', 'ftp://h/'], says: /"ftp:\/\/h\/" is no URL/ },
  { args: ['explain', 'localhost/x'], says: /is no URL/ },
  { args: ['explain', ''], says: /is no URL/ },
  { args: ['explain', '/ä'], says: /must be percent-encoded/ },
  { args: ['explain', '/a b'], says: /must be percent-encoded/ },
  { args: ['explain', '/', '/b'], says: /one URL is explained at a time/ },
  { args: ['explain', 'http://a@b/'], says: /Host is not a host/ },
  { args: ['explain', '/', '-H', 'nonsense'], says: /-H must be a name, a colon and a value/ },
  { args: ['explain', '/', '-H', 'a b: c'], says: /-H must be a name/ },
  { args: ['explain', '/', '-H', 'a: b\r\nc: d'], says: /control character/ },
  { args: ['explain', '/', '-H'], says: /needs a value/ },
  { args: ['explain', '/', '--method', 'G T'], says: /a server would refuse/ },
  { args: ['explain', '/', '--status', '99', '--proxy', 'http://h'], says: /--status must be a whole number from 200 to 599/ },
  { args: ['explain', '/', '--response', 'nonsense', '--proxy', 'http://h'], says: /--response must be a name/ },
  { args: ['explain', '/', '--status', '200', '--root', 'DIR'], says: /--proxy is missing/ },
  { args: ['explain', '/', '--nonsense'], says: /unknown flag --nonsense/ },
  { args: ['explain', '/', '--metod', 'GET'], says: /did you mean --method\?/ },
  { args: ['explain', '/', '--root', 'DIR/none'], says: /does not exist/ },
  { args: ['explain', '/', '--proxy', 'nonsense'], says: /^pagecast: --proxy: "nonsense": it is not http/ },
  { args: ['explain', '/', '--proxy', 'http://h', '--hooks', 'DIR/none.mjs'], says: /there is no file/ },
  { args: ['DIR', '--request', 'a: b'], says: /--request is a flag of `pagecast explain`/ },
  { args: ['DIR', '--json'], says: /--json is a flag of/ },
];
