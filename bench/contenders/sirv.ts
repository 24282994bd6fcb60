/** sirv on node:http in its production mode: the tree is read once, at start. ETags on, as the others send them. */
import { createServer } from 'node:http';
import sirv from 'sirv';
import { readArguments } from './files.ts';

const { host, port, root } = readArguments();
createServer(sirv(root, { etag: true })).listen(port, host);
