import fc from 'fast-check';
import t from 'tap';
import { AddressRules } from '../../server/access/addresses.ts';
import { noAddresses, noRules, ruleCases } from './address-cases.ts';

t.test('rules and peers', (t) => {
  for (const [allow, deny, permitted, refused] of ruleCases) {
    const rules = new AddressRules(allow, deny);
    for (const address of permitted) t.equal(rules.permits(address), true, `allow ${allow.join()} deny ${deny.join()}: ${address} may`);
    for (const address of refused) t.equal(rules.permits(address), false, `allow ${allow.join()} deny ${deny.join()}: ${address} may not`);
    for (const address of permitted) t.equal(rules.permits(address), true, `${address} still may`);
    for (const address of refused) t.equal(rules.permits(address), false, `${address} still may not`);
  }
  t.end();
});

t.test('what is no address may not, where there is a rule', (t) => {
  const allowing = new AddressRules(['0.0.0.0/0', '::/0'], []);
  const denying = new AddressRules([], ['203.0.113.1']);
  for (const address of noAddresses) {
    t.equal(allowing.permits(address), false, `allowed: ${address.slice(0, 40)}`);
    t.equal(denying.permits(address), false, `not denied: ${address.slice(0, 40)}`);
  }
  t.end();
});

t.test('what is no rule is named', (t) => {
  for (const entry of noRules) {
    const message = `${JSON.stringify(entry)} is neither an address nor a network such as 192.0.2.0/24 or 2001:db8::/32`;
    t.throws(() => new AddressRules(['10.0.0.0/8', entry], []), { message }, `allow ${entry.slice(0, 40)}`);
    t.throws(() => new AddressRules([], [entry]), { message }, `deny ${entry.slice(0, 40)}`);
  }
  t.end();
});

/** 128 bits as an address; those of ::ffff:0:0/96 are IPv4. */
function textOf(bits: bigint): string {
  if (bits >> 32n === 0xffffn) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  return Array.from({ length: 8 }, (_, k) => ((bits >> BigInt(112 - 16 * k)) & 0xffffn).toString(16)).join(':');
}

// Few bits differ, so that networks are met.
const ipv4 = fc
  .tuple(fc.constantFrom(0n, 0xc0000200n, 0xffffffffn), fc.bigInt(0n, 0xffffffffn), fc.integer({ min: 0, max: 32 }))
  .map(([base, noise, kept]) => (0xffffn << 32n) | (base ^ (noise >> BigInt(kept))));
const ipv6 = fc
  .tuple(fc.constantFrom(0n, 0x20010db8n << 96n, 0xfe80n << 112n), fc.bigInt(0n, (1n << 128n) - 1n), fc.integer({ min: 0, max: 128 }))
  .map(([base, noise, kept]) => base ^ (noise >> BigInt(kept)));
const bits = fc.oneof(ipv4, ipv6);
const network = fc
  .tuple(bits, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([of, share]) => ({ of, length: isIPv4(of) ? 96 + Math.round(32 * share) : Math.round(128 * share) }));
type Network = { readonly of: bigint; readonly length: number };

function isIPv4(of: bigint): boolean {
  return of >> 32n === 0xffffn;
}

function entryOf({ of, length }: Network): string {
  return `${textOf(of)}/${isIPv4(of) ? length - 96 : length}`;
}

function includes({ of, length }: Network, address: bigint): boolean {
  const behind = BigInt(128 - length);
  return isIPv4(of) === isIPv4(address) && of >> behind === address >> behind;
}

t.test('any rules, any peer: as arithmetic says', (t) => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 4 }), fc.array(network, { maxLength: 4 }), fc.array(bits, { minLength: 1, maxLength: 8 }), (allow, deny, peers) => {
      const rules = new AddressRules(allow.map(entryOf), deny.map(entryOf));
      return peers.every((peer) => {
        const expected = !deny.some((one) => includes(one, peer)) && (allow.length === 0 || allow.some((one) => includes(one, peer)));
        const mapped = isIPv4(peer) ? `::ffff:${textOf(peer)}` : textOf(peer);
        return rules.permits(textOf(peer)) === expected && rules.permits(textOf(peer)) === expected && rules.permits(mapped) === expected;
      });
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('more peers than decisions are remembered', (t) => {
  const rules = new AddressRules(['10.0.0.0/17'], ['10.0.0.0/24']);
  let permitted = 0;
  for (let round = 0; round < 2; round++) {
    for (let k = 0; k < 10_000; k++) if (rules.permits(`10.0.${k >> 8}.${k & 255}`)) permitted += 1;
  }
  t.equal(permitted, 2 * (10_000 - 256));
  t.end();
});
