/** node:http with the file in a Buffer. It copies: the offload table's other side. */
import { createServer } from 'node:http';
import { answering } from './buffers.ts';
import { readArguments } from './files.ts';

const { host, port, root } = readArguments();
createServer(answering(root)).listen(port, host);
