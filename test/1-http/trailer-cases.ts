// TE (RFC 9110 §10.1.4), and names of trailer fields (§6.5.1) with what their definitions say of trailers.

/** The field's lines, joined, and whether its sender takes trailers. */
export const teCases: readonly (readonly [te: string | undefined, accepts: boolean])[] = [
  [undefined, false],
  ['', false],
  [' , ,', false],
  ['trailers', true],
  ['Trailers', true],
  ['TRAILERS', true],
  ['gzip, trailers', true],
  ['trailers,gzip;q=0.5', true],
  ['\t trailers \t', true],
  [',trailers', true],
  ['gzip;x="a, b", trailers', true],
  ['gzip;x="trailers"', false],
  ['gzip;x=", trailers, "', false],
  ['trailer', false],
  ['xtrailers', false],
  ['trailers2', false],
  ['trailers;q=1', false],
  ['trailers;q=0', false],
  ['trailers gzip', false],
  ['deflate;q=0.5', false],
  ['chunked', false],
  ['gzip;x="unended, trailers', false],
  ['trailers, gzip;x="unended', false],
];

export const forwardedNames: readonly string[] = [
  // By their definitions: RFC 9110 §8.8.3, §14.3, §11.6.3; RFC 9530 §2, §3; RFC 9209 §2; W3C Server Timing.
  'ETag', 'Accept-Ranges', 'Authentication-Info', 'Content-Digest', 'Repr-Digest', 'Proxy-Status', 'Server-Timing',
  // Known to their senders alone.
  'X-Checksum', 'Grpc-Status', 'Grpc-Message', 'X', '__proto__', 'constructor', 'Cache-Control-X', 'X-Content-Length', 'Signature',
];

export const droppedNames: readonly string[] = [
  // Framing, and one connection.
  'Content-Length', 'Transfer-Encoding', 'Trailer', 'TE', 'Connection', 'Keep-Alive', 'Proxy-Connection', 'Upgrade', 'HTTP2-Settings',
  // Routing.
  'Host', 'Via', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Alt-Svc',
  // Request modifiers.
  'Cache-Control', 'Expect', 'Max-Forwards', 'Pragma', 'Range', 'If-Match', 'If-Modified-Since', 'If-None-Match', 'If-Range', 'If-Unmodified-Since',
  'Accept', 'Accept-Charset', 'Accept-Encoding', 'Accept-Language', 'From', 'Origin', 'Referer', 'User-Agent', 'Early-Data',
  // Authentication.
  'Authorization', 'Proxy-Authorization', 'Proxy-Authenticate', 'Proxy-Authentication-Info', 'WWW-Authenticate', 'Cookie', 'Set-Cookie',
  // Response controls.
  'Age', 'Expires', 'Date', 'Location', 'Retry-After', 'Vary', 'Warning', 'Allow', 'Server', 'Cache-Status', 'CDN-Cache-Control', 'Pagecast-Cache-Control',
  'No-Vary-Search', 'Surrogate-Key', 'Cache-Tag', 'Clear-Site-Data', 'Strict-Transport-Security', 'Content-Security-Policy', 'Access-Control-Allow-Origin',
  'Cross-Origin-Opener-Policy', 'Link', 'Refresh', 'Sec-WebSocket-Accept', 'X-Accel-Redirect', 'X-Sendfile',
  // Content.
  'Content-Type', 'Content-Encoding', 'Content-Language', 'Content-Location', 'Content-Range', 'Content-Disposition', 'Last-Modified',
];
