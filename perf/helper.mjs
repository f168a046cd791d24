import { fork } from 'node:child_process';

/** The running child processes, so that none outlives the program. */
const running = new Set();

/**
 * A child process next to the server: load, receiver, baseline. Calls are by name and return when done.
 * @typedef {{ pid: number, ask(name: string, ...args: unknown[]): Promise<any>, end(): Promise<void> }} Helper
 */

/**
 * Starts a child process: a file of this folder that calls `answer`.
 * @param {string} file
 * @returns {Helper}
 */
export function startHelper(file) {
  const child = fork(new URL(file, import.meta.url), { stdio: 'inherit', execArgv: [] });
  running.add(child);
  const waiting = new Map();
  let requested = 0;
  let ending = false;

  child.on('message', (/** @type {any} */ { id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${file}: ${error}`));
  });
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      const why = new Error(`${file} ended (${signal ?? code})`);
      for (const { reject } of waiting.values()) reject(why);
      waiting.clear();
      if (!ending) console.error(why.message);
      resolve(undefined);
    });
  });

  return {
    pid: /** @type {number} */ (child.pid),
    ask: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${file} has ended`));
        const id = requested++;
        waiting.set(id, { resolve, reject });
        child.send({ id, name, args });
      }),
    async end() {
      ending = true;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** In the child process: registers its handlers. */
export function answer(/** @type {Record<string, (...args: any[]) => unknown>} */ handlers) {
  process.on('message', (/** @type {any} */ { id, name, args }) => {
    Promise.resolve()
      .then(() => handlers[name](...args))
      .then(
        (value) => process.send?.({ id, value }),
        (error) => process.send?.({ id, error: error.stack ?? String(error) }),
      );
  });
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole process group; the parent ends this process after its cleanup.
  process.on('SIGINT', () => {});
}

/** Ends all remaining child processes. */
export function endHelpers() {
  for (const child of running) child.kill('SIGKILL');
}
