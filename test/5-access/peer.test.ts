import fc from 'fast-check';
import t from 'tap';
import { isLocal, PeerNetwork } from '../../server/access/peer.ts';

function networkOf(address: string): string {
  const network = new PeerNetwork();
  network.read('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'); // nothing of the one before may be left
  network.read(address);
  return `${(network.high >>> 0).toString(16)}:${(network.low >>> 0).toString(16)}`;
}

t.test('networks', (t) => {
  const rows: readonly (readonly [address: string, network: string])[] = [
    ['0.0.0.0', 'ffff:0'],
    ['1.2.3.4', 'ffff:1020304'],
    ['255.255.255.255', 'ffff:ffffffff'],
    ['::ffff:1.2.3.4', 'ffff:1020304'],
    ['::FFFF:102:304', 'ffff:1020304'],
    ['0:0:0:0:0:ffff:1.2.3.4', 'ffff:1020304'],
    ['::', '0:0'],
    ['::1', '0:0'],
    ['::1.2.3.4', '0:0'],
    ['::ffff:0:1.2.3.4', '0:0'],
    ['1::ffff:1.2.3.4', '10000:0'],
    ['2001:db8::', '20010db8:0'],
    ['2001:db8::1', '20010db8:0'],
    ['2001:db8:0:0:1::', '20010db8:0'],
    ['2001:db8:1:2:3:4:5:6', '20010db8:10002'],
    ['2001:db8:1:2::', '20010db8:10002'],
    ['2001:DB8:1:2::FFFF', '20010db8:10002'],
    ['2001:0db8:0001:0002::', '20010db8:10002'],
    ['2001:db8:1:3::', '20010db8:10003'],
    ['::3:4:5:6:7:8', '0:30004'],
    ['::2:3:4:5:6:7:8', '2:30004'],
    ['1:2:3:4:5:6:7::', '10002:30004'],
    ['1::4:5:6:7:8', '10000:4'],
    ['fe80::1%eth0', 'fe800000:0'],
    ['fe80::1%1:2.3', 'fe800000:0'],
    ['1::%1:2:3:4:5:6:7', '10000:0'],
    ['64:ff9b::1.2.3.4', '64ff9b:0'],
  ];
  for (const [address, network] of rows) t.equal(networkOf(address), network, address);
  t.end();
});

t.test('what is no address has some network, however long it is', (t) => {
  for (const text of ['', ':', '::::', '.', '1.2.3.4.5', '1:2:3:4:5:6:7:8:9:a', '::1:2:3:4:5:6:7:8:9', 'no address', '\uffff', ':'.repeat(1e6), '1.'.repeat(1e6), 'f'.repeat(1e6)]) {
    t.match(networkOf(text), /^[\da-f]{1,8}:[\da-f]{1,8}$/, text.slice(0, 40));
  }
  t.end();
});

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));

t.test('however an IPv6 address is written', (t) => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 8 }), fc.nat(8), fc.boolean(), fc.boolean(), (drawn, start, length, isDotted, isLong) => {
      const end = Math.min(start + length, isDotted ? 6 : 8);
      const groups = drawn.map((one, k) => (k >= start && k < end ? 0 : one));
      if (groups.slice(0, 5).every((one) => one === 0)) groups[0] = 1; // IPv4-mapped is another matter
      const hex = (one: number): string => (isLong ? one.toString(16).padStart(4, '0').toUpperCase() : one.toString(16));
      const [sixth, seventh] = [groups[6]!, groups[7]!];
      const dotted = [sixth >> 8, sixth & 255, seventh >> 8, seventh & 255].join('.');
      const parts = isDotted ? [...groups.slice(0, 6).map(hex), dotted] : groups.map(hex);
      const text = end > start ? `${parts.slice(0, start).join(':')}::${parts.slice(end).join(':')}` : parts.join(':');
      const word = (k: number): string => (groups[k]! * 65_536 + groups[k + 1]!).toString(16);
      return networkOf(text) === `${word(0)}:${word(2)}`;
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('peers without an address', (t) => {
  for (const address of ['', 'unix']) t.equal(isLocal(address), true);
  for (const address of ['127.0.0.1', '::1', 'UNIX', 'unix:', ' ']) t.equal(isLocal(address), false, address);
  t.end();
});
