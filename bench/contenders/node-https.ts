/** node:https with the file in a Buffer. */
import { createServer } from 'node:https';
import { answering } from './buffers.ts';
import { readArguments, readCertificate } from './files.ts';

const { host, port, root } = readArguments();
createServer(readCertificate(), answering(root)).listen(port, host);
