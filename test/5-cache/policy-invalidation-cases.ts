// RFC 9111 §4.4: what a request to http://example.com/a/b?q invalidates besides its target.

export const TARGET = 'http://example.com/a/b?q';

/** Fields of the response, and what they add. */
export const referenceCases: readonly (readonly [name: string, response: readonly string[], others: readonly string[]])[] = [
  ['nothing', [], []],
  ['Location', ['Location: http://example.com/c'], ['http://example.com/c']],
  ['Content-Location', ['Content-Location: http://example.com/c'], ['http://example.com/c']],
  ['both', ['Location: /c', 'Content-Location: /d'], ['http://example.com/c', 'http://example.com/d']],
  ['both the same', ['Location: /c', 'Content-Location: /c'], ['http://example.com/c']],
  ['the target again', ['Location: /a/b?q', 'Content-Location: b?q#x'], []],
  ['names in any case', ['LOCATION: /c', 'content-location: /d'], ['http://example.com/c', 'http://example.com/d']],
  ['the first of two lines', ['Location: /c', 'Location: /d'], ['http://example.com/c']],

  // RFC 3986 §5.2, as the URL standard has it
  ['a path', ['Location: /c/d?e'], ['http://example.com/c/d?e']],
  ['a relative path', ['Location: c'], ['http://example.com/a/c']],
  ['dots', ['Location: ../x/./y/..'], ['http://example.com/x/']],
  ['a query', ['Location: ?r'], ['http://example.com/a/b?r']],
  ['the target without its query', ['Location: /a/b'], ['http://example.com/a/b']],
  ['empty', ['Location:'], []],
  ['a fragment', ['Location: /c#d'], ['http://example.com/c']],
  ['a scheme-relative one', ['Location: //example.com/c'], ['http://example.com/c']],
  ['a host in capitals', ['Location: HTTP://EXAMPLE.com/c'], ['http://example.com/c']],
  ['the default port', ['Location: http://example.com:80/c'], ['http://example.com/c']],
  ['a user', ['Location: http://u:p@example.com/c'], ['http://example.com/c']],
  ['bytes as they are', ['Location: /\xc3\xa9?\xe9'], ['http://example.com/%C3%A9?%E9']],
  ['a space', ['Location: /c d'], ['http://example.com/c%20d']],

  // "MUST NOT trigger an invalidation … if the origin of the URI to be invalidated differs from that of the target URI"
  ['another host', ['Location: http://example.org/c', 'Content-Location: //example.org/c'], []],
  ['a host below', ['Location: http://www.example.com/c'], []],
  ['another port', ['Location: http://example.com:8080/c'], []],
  ['another scheme', ['Location: https://example.com/c'], []],
  ['a host behind a user', ['Location: http://example.com@example.org/c'], []],
  ['backslashes', ['Location: \\\\example.org\\c', 'Content-Location: /\\example.org/c'], []],
  ['no http', ['Location: ftp://example.com/c', 'Content-Location: data:,c'], []],
  ['a blob of this origin', ['Location: blob:http://example.com/c', 'Content-Location: javascript:0'], []],

  ['malformed', ['Location: http://', 'Content-Location: http://[::1/c'], []],
  ['a malformed host', ['Location: http://exa mple.com/c'], []],
  ['a malformed port', ['Location: http://example.com:99999/c'], []],
  ['endless', [`Location: /${'c'.repeat(10_000)}`], []],
];
