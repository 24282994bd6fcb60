/** One row: from spawn to the first complete answer, with a large tree. No scan at start means the size must not matter. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing, startPagecast, untilAnswering, type Site } from './servers.ts';

const FOLDERS = 100;
const FILES_PER_FOLDER = 1000;
/** In the middle of the tree: neither the first nor the last that a scan would meet. */
const ASKED = '/folder-50/file-500.txt';

/** 100,000 small files under `root`. */
export function writeLargeTree(root: string): void {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const path = join(root, `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file += 1) writeFileSync(join(path, `file-${file}.txt`), `${folder}/${file}\n`);
  }
}

/** Seconds; `site.root` holds the large tree. */
export async function measureStart(site: Site): Promise<number> {
  const before = performance.now();
  const server = await startPagecast(site);
  if (isMissing(server)) throw new Error(server.reason);
  try {
    await untilAnswering(server, ASKED);
    return (performance.now() - before) / 1000;
  } finally {
    await server.process.stop();
  }
}
