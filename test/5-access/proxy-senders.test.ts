import t from 'tap';
import { ProxySenders } from '../../server/access/proxy-senders.ts';

t.test('who must say for whom it connects', (t) => {
  for (const [listed, senders, others] of [
    [['192.0.2.0/24', '2001:db8::1'], ['192.0.2.1', '::ffff:192.0.2.9', '2001:db8::1'], ['198.51.100.1', '2001:db8::2', '::1', 'unix', '', 'unknown']],
    [['unix'], ['unix'], ['127.0.0.1', '::1', '']],
    [['unix', '::/0'], ['unix', '::1', '2001:db8::1'], ['127.0.0.1', '']],
    [[], [], ['127.0.0.1', 'unix', '']],
  ] as const) {
    const proxies = new ProxySenders(listed);
    for (const address of senders) t.equal(proxies.has(address), true, `${listed.join()}: ${address}`);
    for (const address of others) t.equal(proxies.has(address), false, `${listed.join()}: not ${address}`);
  }
  t.throws(() => new ProxySenders(['balancer']), /neither an address nor a network/);
  t.end();
});
