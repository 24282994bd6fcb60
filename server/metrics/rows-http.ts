// Of answers, connections and bytes.
import { cacheResults } from './cache-results.ts';
import { counter, family, gauge, openFamily, type HistogramSample, type Row, type Sample } from './row.ts';
import { answerBuckets, answersIn, durationsIn, incompleteIn, incompletes, STATUSES } from './sheet.ts';

const CACHE = cacheResults.map(({ name }) => `\`${name}\``).join(', ');

function answers(sheet: Float64Array): Sample[] {
  const samples: Sample[] = [];
  answersIn(sheet).forEach((value, index) => {
    if (value === 0) return;
    const status = index % STATUSES;
    samples.push({ labels: { status: status === 0 ? 'other' : String(status), cache: cacheResults[Math.floor(index / STATUSES)]!.name }, value });
  });
  return samples;
}

function durations(sheet: Float64Array): HistogramSample[] {
  return cacheResults
    .map(({ name }, result) => ({ labels: { cache: name }, words: durationsIn(sheet, result) }))
    .filter(({ words }) => words.some((word) => word > 0));
}

export const httpRows: readonly Row[] = [
  {
    type: 'counter', name: 'pagecast_answers_total', samples: ({ sheet }) => answers(sheet),
    labels: { status: '`100` to `599`, or `other`', cache: CACHE },
    help: 'Answers that were decided on, by status and by what the cache had to do with them: one for each line of an access log. The share of hits is that of cache=hit among all but none.',
  },
  {
    type: 'histogram', name: 'pagecast_answer_duration_seconds', buckets: answerBuckets, samples: ({ sheet }) => durations(sheet), labels: { cache: CACHE },
    help: 'From a complete request (from its head, where its content is passed on) until the kernel had the last byte of the answer. Includes what the client is slow to take; where hits are slow, look at the lag of loops.',
  },
  {
    type: 'counter', name: 'pagecast_answers_incomplete_total', labels: { reason: incompletes.map((name) => `\`${name}\``).join(', ') },
    samples: ({ sheet }) => [...incompleteIn(sheet)].map((value, index) => ({ labels: { reason: incompletes[index]! }, value })),
    help: 'Answers that did not end as planned. aborted: the client went, or the origin broke off; stalled: the client took nothing for limits.sendTimeoutMs; fileShortened, fileChanged: a file changed under way, and nobody got two versions in one; bodyBroken: a body that others followed broke off.',
  },
  counter('pagecast_requests_total', 'loop.requests', 'Requests whose head was accepted. Those that were refused before are in pagecast_requests_refused_total.'),
  openFamily('pagecast_requests_refused_total', 'reason', 'refused.', 'reasons of http/refusal.ts', 'Request heads and contents that were refused for what they are; the connection is closed. Single ones are scanners; many of one reason are a client, or a proxy before us, that is broken.'),
  gauge('pagecast_connections', 'engine.connections', 'Connections of clients that are open now. The bound is limits.connectionsMax for each worker.'),
  counter('pagecast_connections_accepted_total', 'engine.accepted', 'Connections accepted. Where it grows as fast as requests do, connections are not kept alive.'),
  counter('pagecast_connections_aborted_total', 'engine.acceptAborted', 'Connections that were gone before they were accepted.'),
  counter('pagecast_connections_refused_total', 'engine.acceptRefused', 'Times that a connection could not be accepted for want of descriptors, memory or slots: raise the limit of open files, or limits.connectionsMax.'),
  counter('pagecast_multiplexed_connections_total', 'loop.http2Connections', 'Connections that speak HTTP/2. Each has many requests: pagecast_requests_total has those of all.'),
  counter('pagecast_connections_shed_total', 'loop.connectionsShed', 'Idle connections that were closed to make room for new ones: see pagecast_connections_refused_total.'),
  counter('pagecast_sends_stalled_total', 'loop.sendsStalled', 'Connections that were reset because their peer took nothing for limits.sendTimeoutMs.'),
  counter('pagecast_sends_blocked_total', 'engine.sendsBlocked', 'Sends that went on later, because the socket took no more: clients slower than we are.'),
  counter('pagecast_send_quanta_used_up_total', 'engine.quantaUsedUp', 'Times that a connection made way for the others in the middle of its answer.'),
  counter('pagecast_send_errors_total', 'engine.sendErrors', 'Connections that ended with an error of the kernel: clients that went in mid-answer.'),
  counter('pagecast_resets_total', 'engine.resets', 'Connections that were reset by us.'),
  counter('pagecast_received_bytes_total', 'engine.bytesReceived', 'Bytes received from clients.'),
  family('pagecast_sent_bytes_total', 'how', { memory: 'engine.bytesMemory', arena: 'engine.bytesArena', sendfile: 'engine.bytesSendfile', copied: 'engine.bytesCopied' }, 'Bytes sent to clients. memory: heads and what is made here; arena: small files, sent with their head; sendfile: without a copy; copied: of large files, to peers on this host, or to be encrypted. Much that is copied without TLS: clients are proxies beside us.'),
  family('pagecast_sent_protected_bytes_total', 'how', { private: 'engine.bytesPrivate', leased: 'engine.bytesLeased' }, 'Of the bytes sent by sendfile or copied: those from sealed memory, and those from a leased file itself. The others are checked at their end, or are stored bodies of their own.'),
  family('pagecast_engine_calls_total', 'call', { receive: 'engine.receiveCalls', send: 'engine.sendCalls', sendfile: 'engine.sendfileCalls' }, 'System calls that moved bytes.'),
  counter('pagecast_tls_handshakes_total', 'engine.handshakes', 'Handshakes of TLS that came about.'),
  counter('pagecast_tls_handshakes_resumed_total', 'engine.handshakesResumed', 'Of these, those of clients that went on with a session: they cost no signature.'),
  counter('pagecast_tls_handshakes_failed_total', 'engine.handshakesFailed', 'Handshakes that failed, or that the client left. Single ones are scanners; many after a change of certificates are clients that do not trust the new one.'),
  counter('pagecast_tls_plaintext_total', 'engine.plaintextRefused', 'Connections that spoke plain HTTP where TLS is spoken, and were told so.'),
  counter('pagecast_tls_encrypted_bytes_total', 'engine.bytesEncrypted', 'Bytes sent by TLS, before they were encrypted.'),
  gauge('pagecast_tunnels', 'loop.tunnels', 'Connections that have changed their protocol (WebSocket) and are open now.'),
  counter('pagecast_tunnels_opened_total', 'loop.tunnelsOpened', 'Connections that have changed their protocol.'),
  family('pagecast_tunnel_bytes_total', 'direction', { received: 'loop.tunnelBytesReceived', sent: 'loop.tunnelBytesSent' }, 'Bytes of tunnels on the side of the clients.'),
];
