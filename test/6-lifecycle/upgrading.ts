// A command that is replaced while it serves: the processes that come after it are nobody's children, and end with the test.
import { once } from 'node:events';
import { join } from 'node:path';
import type { Test } from 'tap';
import { running, type CommandOptions, type Running } from '../command.ts';
import { put, type Answer } from '../6-control/controlling.ts';
import { Client, requestText, type Place } from '../client.ts';
import { shortFolder, until } from '../serving.ts';

export interface Upgradable {
  readonly server: Running;
  readonly control: Place;
  /** The process that answers on the control plane now. */
  readonly pid: () => Promise<number>;
  /** Over the control plane. */
  readonly upgrade: () => Promise<Answer>;
}

export async function upgradable(t: Test, args: readonly string[], options: CommandOptions = {}): Promise<Upgradable> {
  const control = { host: join(shortFolder(t), 'control'), port: -1 };
  const pids = new Set<number>();
  const server = await running(t, [...args, '--control', `unix:${control.host}`], options);
  const pid = async (): Promise<number> => Number((await put(control, '/api/v1/status')).json['pid']);
  const upgrade = async (): Promise<Answer> => {
    const answer = await put(control, '/api/v1/upgrade', { method: 'POST', content: {} });
    if (answer.status === 200) pids.add(Number(answer.json['pid']));
    return answer;
  };
  t.teardown(async () => {
    for (const one of [...pids, await pid().catch(() => server.pid)]) ended(one, 'SIGKILL');
    await until(() => server.child.exitCode !== null || server.child.signalCode !== null || ended(server.pid, 'SIGKILL'), 'the end');
  });
  return { server, control, pid, upgrade };
}

/** Whether there is no such process any more. */
export function ended(pid: number, signal: NodeJS.Signals | 0 = 0): boolean {
  try {
    process.kill(pid, signal);
    return false;
  } catch {
    return true;
  }
}

export async function exited({ child }: Running): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Asks for /a.txt again and again until told to stop: each time on a new connection, or always on one as long as it lasts. @returns what went wrong, and how often it went well. */
export function load(place: Place, kept: boolean): { stop(): Promise<{ readonly failed: readonly string[]; readonly done: number }> } {
  const state = { stopping: false, done: 0 };
  const failed: string[] = [];
  const one = async (): Promise<void> => {
    const client = await Client.open(place);
    try {
      do {
        await client.send(requestText('/a.txt'));
        const { status, body, fields } = await client.reply();
        if (status !== 200 || body.toString() !== 'a') failed.push(`${status} ${body.toString()}`);
        state.done += 1;
        if (fields.get('connection')?.toLowerCase() === 'close') return;
      } while (kept && !state.stopping);
    } finally {
      client.destroy();
    }
  };
  const all = Promise.all(Array.from({ length: 2 }, async () => {
    while (!state.stopping) await one().catch((error: unknown) => failed.push(String(error)));
  }));
  return {
    stop: async () => {
      state.stopping = true;
      await all;
      return { failed, done: state.done };
    },
  };
}
