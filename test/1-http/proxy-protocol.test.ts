// The PROXY protocol, whole and byte by byte; addresses as text and as bytes; CRC32c.
import t from 'tap';
import { crc32c } from '../../http/crc32c.ts';
import { canonicalIpv6, ipv6At, isIpv4 } from '../../http/ip-address.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { parseProxyHeader } from '../../http/proxy-protocol.ts';
import { binaries, lines, others } from './proxy-protocol-cases.ts';

const BEHIND = 'GET / HTTP/1.1\r\n';

for (const { name, header, address } of [...lines, ...binaries, ...others]) {
  t.test(name, (t) => {
    const bytes = latin1Bytes(`..${header}${BEHIND}`);
    const expected = address === null ? 'malformed' : { end: 2 + header.length, address };
    t.strictSame(parseProxyHeader(bytes, 2, bytes.length), expected);
    if (address !== null) t.strictSame(parseProxyHeader(bytes, 2, 2 + header.length), expected, 'and nothing behind it');
    // What a prefix is judged by are its bytes alone, and the judgement stays.
    let refusedAt = -1;
    for (let end = 2; end < 2 + header.length; end++) {
      const found = parseProxyHeader(bytes, 2, end);
      if (refusedAt < 0 && found === 'malformed') refusedAt = end;
      if (refusedAt < 0 ? found !== 'incomplete' : found !== 'malformed') t.fail(`after ${end - 2} bytes: ${JSON.stringify(found)}`);
    }
    t.ok(address === null || refusedAt < 0, 'nothing of a good one is refused');
    t.end();
  });
}

t.test('enough of them', (t) => {
  t.ok(lines.length + binaries.length > 85);
  t.end();
});

t.test('what nobody is waited for', (t) => {
  for (const { header, name } of others) t.equal(parseProxyHeader(latin1Bytes(header), 0, Math.min(header.length, 5)), 'malformed', name);
  t.equal(parseProxyHeader(latin1Bytes(`PROXY ${'x'.repeat(101)}`), 0, 107), 'malformed', 'a line cannot end any more');
  t.equal(parseProxyHeader(latin1Bytes(`PROXY ${'x'.repeat(100)}\r`), 0, 106), 'incomplete');
  t.end();
});

t.test('addresses are those of inet_pton and inet_ntop', (t) => {
  for (const [text, canonical] of [
    ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['0:0:0:0:0:0:0:0', '::'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'], ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'], ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['ABCD:0::', 'abcd::'], ['::ffff:1.2.3.4', '::ffff:1.2.3.4'], ['::ffff:102:304', '::ffff:1.2.3.4'], ['64:ff9b::1.2.3.4', '64:ff9b::102:304'], ['0:0:0:0:0:ffff:0.0.0.0', '::ffff:0.0.0.0'],
    ['', undefined], [':', undefined], ['1', undefined], ['1:', undefined], [':1', undefined], ['1:2:3:4:5:6:7:', undefined], ['::1::', undefined], [':::1', undefined], ['::1:', undefined],
    ['::01.2.3.4', undefined], ['::1.2.3.4:5', undefined], ['::1.2.3', undefined], ['00001::', undefined], ['::%1', undefined], ['1:2:3:4:5:6:7:8::', undefined], ['::1:2:3:4:5:6:7:8', undefined],
    [`${'0'.repeat(46)}::`, undefined], ['::1\0', undefined], ['1.2.3.4', undefined],
  ] as const) t.equal(canonicalIpv6(text), canonical, text);
  for (let i = 0; i < 2000; i++) {
    const bytes = Uint8Array.from({ length: 16 }, () => (Math.random() < 0.6 ? 0 : Math.floor(Math.random() * 256)));
    const text = ipv6At(bytes, 0);
    if (canonicalIpv6(text) !== text) t.fail(`${text} is another one: ${String(canonicalIpv6(text))}`);
    if (canonicalIpv6(new URL(`http://[${text}]/`).hostname.slice(1, -1)) !== text) t.fail(`${text} is another one to a URL`);
  }
  for (const [text, is] of [['0.0.0.0', true], ['255.255.255.255', true], ['1.2.3', false], ['1.2.3.4.', false], ['1.2.3.4.5', false], ['1.2.3.256', false], ['1.2.3.00', false], ['1..2.3', false], ['', false], ['a.b.c.d', false]] as const) t.equal(isIpv4(text), is, text);
  t.end();
});

t.test('CRC32c', (t) => {
  t.equal(crc32c(latin1Bytes('')), 0);
  t.equal(crc32c(latin1Bytes('123456789')), 0xe3069283);
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa, 'RFC 3720 B.4');
  t.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43, 'RFC 3720 B.4');
  t.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e, 'RFC 3720 B.4');
  t.end();
});
