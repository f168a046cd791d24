import { assemble, VERSION } from './app.ts';
import { StartError } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import type { Config } from './config.ts';
import { firstStart, show } from './first-start.ts';
import { openStore } from './store.ts';

/** A server that runs. */
export interface Serving {
  url: string;
  /** Stops taking work, finishes what is in flight, closes everything. Called twice, it is done once. */
  stop(): Promise<void>;
}

/**
 * Runs the product: store, HTTP, delivery.
 * @param say prints a line for people
 */
export async function serve(config: Config, log: Logger, say: (line: string) => void): Promise<Serving> {
  const store = await openStore(config, log, { attach: false });
  const app = assemble({ config, ...store, log });
  try {
    const server = await app.server();
    await listen(server, config);
    const url = config.publicUrl || localUrl(config.host, (server.server.address() as { port: number }).port);
    const first = await firstStart(app, url);
    if (first) say(await show(first, config.dataDir, process.stdout.isTTY));
    app.engine.start({ worker: config.services.includes('worker') });
    log.info({ version: VERSION, url, services: config.services }, 'ready');
    say(`Fairlead is ready at ${url}`);

    let stopping: Promise<void> | undefined;
    const stop = async () => {
      await server.close();
      await app.close();
      await store.close();
    };
    return { url, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await app.close().catch(() => undefined);
    await store.close().catch(() => undefined);
    throw error;
  }
}

async function listen(
  server: { listen(to: { port: number; host: string }): Promise<string> },
  config: Config,
): Promise<void> {
  try {
    await server.listen({ port: config.port, host: config.host });
  } catch (error) {
    const { code } = error as { code?: string };
    const why =
      code === 'EADDRINUSE'
        ? 'something else listens there'
        : code === 'EACCES'
          ? 'it needs more rights'
          : (error as Error).message;
    throw new StartError(`Can not listen on ${config.host}:${config.port}: ${why}. Set PORT or HOST.`);
  }
}

function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
