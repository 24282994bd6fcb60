// Which site a request gets. The sites answer with their name.

export const sites = {
  'example.com': ['example.com', 'www.example.com'],
  'below example.com': ['*.example.com'],
  'below a.example.com': ['*.a.example.com'],
  address: ['192.0.2.1'],
  literal: ['[::1]'],
  bücher: ['bücher.example'],
  others: [],
} as const;

export interface HostCase {
  readonly name: string;
  /** Everything of the head before the empty line. */
  readonly head: string;
  readonly site: string;
}

const host = (value: string, site: string, name = value): HostCase => ({ name, head: `GET / HTTP/1.1\r\nHost: ${value}`, site });
const target = (value: string, site: string): HostCase => ({ name: `${value} beside another Host`, head: `GET ${value} HTTP/1.1\r\nHost: other.example`, site });

export const hostCases: readonly HostCase[] = [
  host('example.com', 'example.com'),
  host('www.example.com', 'example.com', 'a name of its own comes before the names below'),
  host('EXAMPLE.Com', 'example.com'),
  host('example.com.', 'example.com'),
  host('Example.COM.:8080', 'example.com'),
  host('example.com:80', 'example.com'),
  host('example.com:', 'example.com', 'an empty port'),
  host('example.com:65535', 'example.com'),
  host('a.example.com', 'below example.com'),
  host('b.c.example.com', 'below example.com', 'at any depth'),
  host('A.EXAMPLE.COM:443', 'below example.com'),
  host('b.a.example.com', 'below a.example.com', 'the longest'),
  host('c.b.a.example.com.', 'below a.example.com'),
  host('xexample.com', 'others', 'a name that ends alike'),
  host('example.com.evil.example', 'others', 'a name that begins alike'),
  host('example.comx', 'others'),
  host('com', 'others'),
  host('192.0.2.1', 'address'),
  host('192.0.2.1:8080', 'address'),
  host('192.0.2.2', 'others'),
  host('1.192.0.2.1', 'others', 'an address is not a name below'),
  host('[::1]', 'literal'),
  host('[::1]:8080', 'literal'),
  host('[::2]', 'others'),
  host('xn--bcher-kva.example', 'bücher'),
  host('XN--BCHER-KVA.example:1', 'bücher'),
  host('__proto__', 'others', 'a name of every object'),
  host('constructor', 'others'),
  host(`${'b.'.repeat(120)}example.com`, 'below example.com', 'many labels'),
  host(`${'a.'.repeat(400)}example.com`, 'others', 'no name of a host: too long'),
  target('http://example.com/', 'example.com'),
  target('http://EXAMPLE.com:8080/', 'example.com'),
  target('http://a.example.com', 'below example.com'),
  target('http://example.com?q', 'example.com'),
  target('http://nobody.example/', 'others'),
  { name: 'HTTP/1.0 without Host', head: 'GET / HTTP/1.0', site: 'others' },
  { name: 'HTTP/1.0 with Host', head: 'GET / HTTP/1.0\r\nHost: example.com', site: 'example.com' },
  { name: 'another method', head: 'POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0', site: 'below example.com' },
];
