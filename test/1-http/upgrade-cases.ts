/** Lines of a request besides Host, and what is asked for where `websocket` and `x-own` may be; undefined: Upgrade is ignored. */
export interface UpgradeCase {
  readonly why: string;
  readonly first?: string;
  readonly lines: readonly string[];
  readonly asked: string | undefined;
}

export const upgradeCases: readonly UpgradeCase[] = [
  { why: 'the request of RFC 6455', lines: ['Upgrade: websocket', 'Connection: Upgrade'], asked: 'websocket' },
  { why: 'names are compared in any case, and passed on as they came', lines: ['Upgrade: WebSocket', 'Connection: uPGRADE'], asked: 'WebSocket' },
  { why: 'one option among others, in one line or two', lines: ['Connection: keep-alive', 'Upgrade: websocket', 'Connection: x, Upgrade'], asked: 'websocket' },
  { why: 'with a version', lines: ['Upgrade: websocket/13', 'Connection: upgrade'], asked: 'websocket/13' },
  { why: 'h2c is not for us to pass on (RFC 9113 §3.1)', lines: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', 'Connection: Upgrade, HTTP2-Settings'], asked: undefined },
  { why: 'what may be is taken out of what may not', lines: ['Upgrade: h2c, websocket, TLS/1.0, x-own/2', 'Connection: upgrade'], asked: 'websocket, x-own/2' },
  { why: 'of several lines', lines: ['Upgrade: h2c', 'Upgrade: websocket', 'Connection: upgrade'], asked: 'websocket' },
  { why: 'another HTTP', lines: ['Upgrade: HTTP/2.0', 'Connection: upgrade'], asked: undefined },
  { why: 'without the option it is somebody else\'s', lines: ['Upgrade: websocket', 'Connection: keep-alive'], asked: undefined },
  { why: 'without Connection', lines: ['Upgrade: websocket'], asked: undefined },
  { why: 'an option that only begins like it', lines: ['Upgrade: websocket', 'Connection: upgrade-insecure-requests'], asked: undefined },
  { why: 'without Upgrade', lines: ['Connection: Upgrade'], asked: undefined },
  { why: 'an empty list', lines: ['Upgrade: , ,', 'Connection: upgrade'], asked: undefined },
  { why: 'a name that only begins like it', lines: ['Upgrade: websockets, websocket-2', 'Connection: upgrade'], asked: undefined },
  { why: 'no protocol', lines: ['Upgrade: websocket/1/2, /websocket, websocket/, web socket, "websocket"', 'Connection: upgrade'], asked: undefined },
  { why: 'HTTP/1.0 has none', first: 'GET / HTTP/1.0', lines: ['Upgrade: websocket', 'Connection: Upgrade'], asked: undefined },
  { why: 'HEAD is no handshake', first: 'HEAD / HTTP/1.1', lines: ['Upgrade: websocket', 'Connection: Upgrade'], asked: undefined },
  { why: 'nor is POST', first: 'POST / HTTP/1.1', lines: ['Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 0'], asked: undefined },
  { why: 'content would be in the way', lines: ['Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 1'], asked: undefined },
  { why: 'chunks too', lines: ['Upgrade: websocket', 'Connection: Upgrade', 'Transfer-Encoding: chunked'], asked: undefined },
  { why: 'no content, and saying so', lines: ['Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 0'], asked: 'websocket' },
];
