import t from 'tap';
import { offloadWarnings, servingInterfaces } from '../../server/doctor/offloads.ts';
import { ethernet, loopback } from './made-up.ts';

const off = { state: 0, fixed: false };
const fixedOff = { state: 0, fixed: true };
const untold = { state: -95, fixed: false };

t.test('warnings', (t) => {
  t.same(offloadWarnings([]), []);
  t.same(offloadWarnings([loopback, ethernet, { ...ethernet, segmentation: off }]), [], 'TSO alone is no warning');
  t.same(offloadWarnings([{ ...ethernet, checksum: off }]), ['eth0: TX checksum offload is off: large answers cost about 3 times the CPU; ethtool -K eth0 tx on']);
  t.same(offloadWarnings([{ ...ethernet, scatterGather: off }]), ['eth0: scatter-gather is off: large answers cost about 3 times the CPU; ethtool -K eth0 sg on']);
  t.same(offloadWarnings([{ ...ethernet, checksum: off, scatterGather: off }, { ...ethernet, name: 'eth1', scatterGather: fixedOff }]), [
    'eth0: TX checksum offload and scatter-gather are off: large answers cost about 3 times the CPU; ethtool -K eth0 tx on sg on',
    'eth1: scatter-gather is off: large answers cost about 3 times the CPU; its driver cannot',
  ]);
  t.same(offloadWarnings([{ ...ethernet, checksum: off, scatterGather: fixedOff }]), [
    'eth0: TX checksum offload and scatter-gather are off: large answers cost about 3 times the CPU; ethtool -K eth0 tx on',
  ]);
  t.same(offloadWarnings([{ ...loopback, checksum: off }, { ...ethernet, addresses: [], checksum: off }, { ...ethernet, checksum: untold }]), []);
  t.end();
});

t.test('which interfaces serve', (t) => {
  const eth1 = { ...ethernet, name: 'eth1', addresses: ['198.51.100.7'] };
  const port = { ...ethernet, name: 'port', addresses: [] };
  const all = [loopback, ethernet, eth1, port];
  const names = (...hosts: string[]): string[] => servingInterfaces(all, hosts).map(({ name }) => name);
  t.same(names('0.0.0.0'), ['eth0', 'eth1']);
  t.same(names('::'), ['eth0', 'eth1']);
  t.same(names('127.0.0.1'), []);
  t.same(names('198.51.100.7', '127.0.0.1'), ['eth1']);
  t.same(names('fd00::2'), ['eth0']);
  t.same(names('/run/pagecast.sock'), []);
  t.end();
});
