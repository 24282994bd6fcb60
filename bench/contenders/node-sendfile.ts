/** node:http with sendFile() of pagecast/sendfile. */
import { sendFile } from 'pagecast/sendfile';
import { serveSized } from './sized.ts';

serveSized((response, path) => {
  sendFile(response, path).then(() => response.end(), () => response.destroy());
});
