import type { FastifyInstance } from 'fastify';
import { assemble } from './app.ts';
import { VERSION } from './version.ts';
import { StartError } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import type { Config } from './config.ts';
import { firstStart, show } from './first-start.ts';
import type { Store } from './store.ts';

/** A running server. */
export interface Serving {
  url: string;
  /** Stops accepting work, finishes running work, closes everything. Repeated calls have no further effect. */
  stop(): Promise<void>;
}

/** Output for the person who started the server. */
export interface Screen {
  isTerminal: boolean;
  /** Prints a line. */
  say(line: string): void;
  /** A line about the data directory, printed with the ready line; null if there is none. */
  note: string | null;
}

export interface ServeParts {
  config: Config;
  log: Logger;
  screen: Screen;
}

/** Runs the product on an open store, which it closes at the end: HTTP, delivery. */
export async function serve(store: Store, { config, log, screen }: ServeParts): Promise<Serving> {
  const { isTerminal, say, note } = screen;
  const app = assemble({ config, ...store, log });
  try {
    const server = await app.server();
    const drain = drainable(server);
    await listen(server, config);
    await app.receiveMail();
    const url = app.baseUrl();
    const first = await firstStart(app);
    if (first) say(await show(first, config.dataDir, isTerminal));
    app.start();
    log.info({ version: VERSION, url, services: config.services }, 'ready');
    if (note !== null) say(note);
    say(`Fairlead is ready at ${url}`);
    if (isTerminal) say(nextStep(first !== null, config));

    let stopping: Promise<void> | undefined;
    const stop = async () => {
      try {
        await Promise.all([drain(), app.drain()]);
        await app.close();
      } finally {
        await store.close();
      }
    };
    return { url, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await app.close().catch(() => undefined);
    await store.close().catch(() => undefined);
    throw error;
  }
}

/** The next step for the user. */
function nextStep(isFirst: boolean, { services }: Config): string {
  const next = isFirst
    ? "Open the link above to make the owner's account."
    : services.includes('web')
      ? 'Open it in a browser and sign in.'
      : '';
  return `${next} Ctrl-C stops it.`.trim();
}

/**
 * Makes a server closable: it accepts nothing new, running requests finish, and idle connections are closed. Node
 * alone waits for connections that never sent a byte (browsers open them in advance) and, after a response during
 * the close, for the keep-alive timeout.
 */
function drainable(app: FastifyInstance): () => Promise<void> {
  const { server } = app;
  let draining = false;
  let underWay = 0;
  const closeIdle = () => {
    if (draining && underWay === 0) server.closeAllConnections();
  };
  server.on('connection', (socket) => {
    if (draining) socket.destroy();
  });
  server.on('request', (_request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      closeIdle();
    });
  });
  return async () => {
    draining = true;
    const closed = app.close();
    closeIdle();
    await closed;
  };
}

async function listen(server: FastifyInstance, config: Config): Promise<void> {
  try {
    await server.listen({ port: config.port, host: config.host });
  } catch (error) {
    const { code } = error as { code?: string };
    const why =
      code === 'EADDRINUSE'
        ? 'the port is in use'
        : code === 'EACCES'
          ? 'it requires more permissions'
          : (error as Error).message;
    throw new StartError(`Cannot listen on ${config.host}:${config.port}: ${why}. Set PORT or HOST.`);
  }
}
