// What `import { … } from 'pagecast'` gives in a config, and in what it imports: what they are written with, and no server.
export { defineConfig } from './config.ts';
export { defineHooks, Query } from '../proxy/hook-api.ts';
