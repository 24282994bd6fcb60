/** node:http with what everybody writes: a stream of the file into the response. */
import { createReadStream } from 'node:fs';
import { serveSized } from './sized.ts';

serveSized((response, path) => {
  createReadStream(path).once('error', () => response.destroy()).pipe(response);
});
