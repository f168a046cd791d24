import { systemClock, type Clock } from './base/clock.ts';
import { idMaker, prefixed, type Uuid } from './base/id.ts';
import type { Logger } from './base/log.ts';
import type { Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import type { Database } from './db/pool.ts';
import type { Listener } from './net/egress-guard.ts';

/** What the program is started with. */
export interface FoundationInput {
  config: Config;
  db: Database;
  sealer: Sealer;
  log: Logger;
}

/** What every part is made with. */
export interface Foundation extends FoundationInput {
  clock: Clock;
  newId: () => Uuid;
  /** Random numbers from 0 up to 1, for jitter. */
  random: () => number;
  /** The server's own addresses, which webhooks must not reach. */
  listeners: Listener[];
  /** The public URL of this installation. */
  baseUrl(): string;
  /** The page of a webhook. */
  webhookUrl(id: Uuid): string;
}

export function makeFoundation(input: FoundationInput): Foundation {
  const { publicUrl, host, port } = input.config;
  const clock = systemClock;
  const listeners: Listener[] = [];
  const baseUrl = () => publicUrl || localUrl(host, listeners[0]?.port ?? port);
  return {
    ...input,
    clock,
    newId: idMaker(clock.now),
    random: Math.random,
    listeners,
    baseUrl,
    webhookUrl: (id) => `${baseUrl()}/settings/webhooks/${prefixed('wh', id)}`,
  };
}

/** The URL of a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
