// Header rules as data: a file, what is asked for, and the fields that come of it, in order; "!Name" is a field taken away.
// The files are the examples of Netlify's ("Custom headers") and Cloudflare's ("Headers") documentation, and their edges.

/** [https://host]path. */
export type HeaderCase = readonly [file: string, asked: string, fields: readonly string[]];

const netlify = `# a path:
/templates/index.html
  # headers for that path:
  X-Frame-Options: DENY
  X-XSS-Protection: 1; mode=block
# another path:
/templates/index2.html
  # headers for that path:
  X-Frame-Options: SAMEORIGIN`;

const netlifyMany = `/*
  cache-control: max-age=0
  cache-control: no-cache
  cache-control: no-store
  cache-control: must-revalidate`;

const cloudflare = `# This is a comment
/secure/page
  X-Frame-Options: DENY
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer

/static/*
  Access-Control-Allow-Origin: *
  X-Robots-Tag: nosnippet

https://myproject.pages.dev/*
  X-Robots-Tag: noindex`;

const cloudflareDetach = `/*
  Content-Security-Policy: default-src 'self';

/*.jpg
  ! Content-Security-Policy`;

const cloudflareHosts = `https://:project.pages.dev/*
  X-Robots-Tag: noindex

https://:version.:project.pages.dev/*
  X-Robots-Tag: noindex`;

const cloudflareApp = `/app/*
  X-Frame-Options: DENY
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Permissions-Policy: document-domain=()
  Content-Security-Policy: script-src 'self'; frame-ancestors 'none';`;

const secure = ['X-Frame-Options: DENY', 'X-Content-Type-Options: nosniff', 'Referrer-Policy: no-referrer'];

export const documentedHeaderCases: readonly HeaderCase[] = [
  [netlify, '/templates/index.html', ['X-Frame-Options: DENY', 'X-XSS-Protection: 1; mode=block']],
  [netlify, '/templates/index2.html', ['X-Frame-Options: SAMEORIGIN']],
  [netlify, '/templates/', []],
  [netlifyMany, '/', ['cache-control: max-age=0, no-cache, no-store, must-revalidate']],
  [netlifyMany, '/any/where', ['cache-control: max-age=0, no-cache, no-store, must-revalidate']],
  [cloudflare, 'https://custom.domain/secure/page', secure],
  [cloudflare, 'https://custom.domain/static/image.jpg', ['Access-Control-Allow-Origin: *', 'X-Robots-Tag: nosnippet']],
  [cloudflare, 'https://myproject.pages.dev/home', ['X-Robots-Tag: noindex']],
  [cloudflare, 'https://myproject.pages.dev/secure/page', [...secure, 'X-Robots-Tag: noindex']],
  [cloudflare, 'https://myproject.pages.dev/static/styles.css', ['Access-Control-Allow-Origin: *', 'X-Robots-Tag: nosnippet, noindex']],
  ['https://example.com/path\n  X-A: 1', 'https://example.com:1234/path', ['X-A: 1']],
  [cloudflareDetach, '/index.html', ["Content-Security-Policy: default-src 'self';"]],
  [cloudflareDetach, '/a/b.jpg', ['!Content-Security-Policy']],
  ['/movies/:title\n  x-movie-name: You are watching ":title"', '/movies/alien', ['x-movie-name: You are watching "alien"']],
  ['/*\n  Access-Control-Allow-Origin: *', '/any', ['Access-Control-Allow-Origin: *']],
  [
    'https://:project.pages.dev/*\n  Access-Control-Allow-Origin: https://staging.:project.pages.dev/',
    'https://shop.pages.dev/any',
    ['Access-Control-Allow-Origin: https://staging.shop.pages.dev/'],
  ],
  [cloudflareHosts, 'https://shop.pages.dev/', ['X-Robots-Tag: noindex']],
  [cloudflareHosts, 'https://abc123.shop.pages.dev/', ['X-Robots-Tag: noindex']],
  [cloudflareHosts, 'https://shop.example/', []],
  ['/about/faq/*\n  Link: </about/faqs>; rel="canonical"', '/about/faq/1', ['Link: </about/faqs>; rel="canonical"']],
  ['/static/*\n\tCache-Control: public, max-age=31556952, immutable', '/static/a.js', ['Cache-Control: public, max-age=31556952, immutable']],
  [cloudflareApp, '/app/x', [
    ...secure, 'Permissions-Policy: document-domain=()', "Content-Security-Policy: script-src 'self'; frame-ancestors 'none';",
  ]],
];

export const headerEdgeCases: readonly HeaderCase[] = [
  // All blocks that match, in the order of the file, whatever their patterns are.
  ['/*\nX-A: 1\n/a/:x\nX-A: 2\n/a/b\nX-A: 3\n/*b\nx-a: 4', '/a/b', ['X-A: 1, 2, 3, 4']],
  ['/a/b\nX-A: 3\n/*\nX-A: 1', '/a/b', ['X-A: 3, 1']],
  ['https://h/*\nX-A: 1\n/*\nX-A: 2\nhttps://:x/*\nX-A: 3', 'https://h/', ['X-A: 1, 2, 3']],
  ['/a\nX-A: 1\n/a\nX-B: 2', '/a', ['X-A: 1', 'X-B: 2']],
  // Cookies are not joined.
  ['/*\nSet-Cookie: a=1\nset-cookie: b=2\nX-A: 1', '/', ['X-A: 1', 'Set-Cookie: a=1', 'set-cookie: b=2']],
  ['/*\nSet-Cookie: a=1\n/b\n! Set-Cookie\nSet-Cookie: c=3', '/b', ['!Set-Cookie', 'Set-Cookie: c=3']],
  // Taken away: before the same block sets anything, and only until a later one does.
  ['/*\nX-A: 1\n/b\n! X-A\nX-A: 2', '/b', ['X-A: 2']],
  ['/*\nX-A: 1\n/b\nX-A: 2\n! X-A', '/b', ['X-A: 2']],
  ['/*\nX-A: 1\n/b\n!x-a\n/*b\nX-A: 3', '/b', ['X-A: 3']],
  ['/*\n! ETag\n! Last-Modified\n! Accept-Ranges\n! X-Content-Type-Options', '/b', ['!ETag', '!Last-Modified', '!Accept-Ranges', '!X-Content-Type-Options']],
  // What the server can be told, although it has an opinion.
  ['/*\nContent-Type: text/x\nServer: s\nAlt-Svc: h3=":443"\nVary: X', '/', ['Content-Type: text/x', 'Server: s', 'Alt-Svc: h3=":443"', 'Vary: X']],
  // Spelling of paths, as for redirects.
  ['/a\nX-A: 1', '/a/', ['X-A: 1']],
  ['/a/\nX-A: 1', '/a', ['X-A: 1']],
  ['/a/*\nX-A: :splat', '/a', ['X-A: ']],
  ['/app/*\nX-Frame-Options: DENY', '/%61pp/x', ['X-Frame-Options: DENY']],
  ['/app/*\nX-Frame-Options: DENY', '//app//x', ['X-Frame-Options: DENY']],
  ['/A\nX-A: 1', '/a', []],
  ['/caf\u00e9\nX-A: 1', '/caf%c3%a9', ['X-A: 1']],
  ['/a # comment\nX-A: 1', '/a', ['X-A: 1']],
  // Values.
  ['/*\nX-A:1', '/', ['X-A: 1']],
  ['/*\nX-A:\t 1\t2 \t', '/', ['X-A: 1\t2']],
  ['/*\nX-A: a # b', '/', ['X-A: a # b']],
  ['/*\nX-A: :splat :name https:', '/b', ['X-A: b :name https:']],
  ['/*\nX-A: \u00e9\u20ac', '/', ['X-A: \xc3\xa9\xe2\x82\xac']],
  ['\ufeff/*\r\n  X-A: 1\r\n', '/', ['X-A: 1']],
  // What a request brings cannot leave its place.
  ['/l/*\nLink: </:splat>; rel=canonical', '/l/>;rel=preload,<x', ['Link: </%3E;rel=preload,%3Cx>; rel=canonical']],
  ['/l/*\nX-A: ":splat"', '/l/"\\', ['X-A: "%22%5C"']],
  ['/l/*\nX-A: :splat', '/l/\r\nX-B: 1\0', ['X-A: %0D%0AX-B:%201%00']],
  ['/l/*\nX-A: :splat', '/l/%0d%0a', ['X-A: %0d%0a']],
  ['/l/*\nX-A: :splat', '/l/\xff', ['X-A: %FF']],
  ['/*\nX-A: 1', '*', []],
  ['', '/', []],
];

/** Lines that are reported, by what the message must say. */
export const headerProblems: readonly (readonly [line: string, message: RegExp])[] = [
  ['X-A', /a name, a colon and a value.*"X-A"/],
  ['X A: 1', /not a field name: "X A"/],
  [': 1', /not a field name: ""/],
  ['X-\u00e9: 1', /not a field name/],
  ['!', /not a field name/],
  ['! X-A: 1', /not a field name: "X-A: 1"/],
  ['X-A:', /there is no value for X-A/],
  ['X-A: \x01', /control character.*0x01/],
  ['X-A: a\rX-B: b', /control character.*0x0d/],
  ['X-A: \0', /control character.*0x00/],
  ['X-A: \ufffd', /not UTF-8/],
  [`X-A: ${'a'.repeat(16_384)}`, /longer than 16384/],
  ...[
    'Accept-Ranges', 'Age', 'Allow', 'Connection', 'Content-Encoding', 'Content-Length', 'Content-Range', 'Date', 'Location', 'Trailer',
    'Transfer-Encoding', 'Upgrade', 'Keep-Alive', 'Proxy-Connection', 'TE', 'ETag', 'Last-Modified', 'Basic-Auth',
    'content-length', 'CONTENT-LENGTH',
  ].map((name) => [`${name}: x`, new RegExp(`^${name} cannot be set: `)] as const),
  ['! Content-Length', /Content-Length cannot be taken away/],
  ['!date', /date cannot be taken away/],
];

/** Paths that are reported, and their fields with them. */
export const headerPathProblems: readonly (readonly [line: string, message: RegExp])[] = [
  ['/a b', /no spaces/],
  ['/*/*', /only one "\*"/],
  ['/a?b', /only a path is matched/],
  ['http://example.com/*', /begins with "https:\/\/"/],
  ['ftp://example.com/*', /begins with "https:\/\/"/],
  ['https://example.com:8080/*', /a port cannot be matched/],
  ['https://*.example.com/', /a "\*" cannot be in the host/],
  ['https:///x', /not a host name/],
  ['/:a/:a', /is there twice/],
];
