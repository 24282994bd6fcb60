// Asks for this page twice more and shows what the answers said: a validation, and a range.
const rows = [];
const say = (name, value) => rows.push([name, value]);

const plain = await fetch(location.pathname, { cache: 'no-store' });
const etag = plain.headers.get('etag');
say('Version', `${etag}, ${plain.headers.get('content-length')} bytes`);
say('Changed', plain.headers.get('last-modified'));

const started = performance.now();
const validated = await fetch(location.pathname, { cache: 'no-store', headers: { 'If-None-Match': etag } });
say('Still the same?', `${validated.status} ${validated.status === 304 ? 'yes, and no body was sent' : ''} (${(performance.now() - started).toFixed(1)} ms)`);

const range = await fetch(location.pathname, { cache: 'no-store', headers: { Range: 'bytes=0-14', 'If-Range': etag } });
say('First 15 bytes', `${range.status} ${range.headers.get('content-range') ?? ''}: ${(await range.text()).slice(0, 15)}`);

const timing = performance.getEntriesByType('navigation')[0];
if (timing) say('Protocol', timing.nextHopProtocol);

document.getElementById('facts').replaceChildren(...rows.map(([name, value]) => {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  const cell = document.createElement('td');
  cell.textContent = value ?? '';
  row.append(head, cell);
  return row;
}));
