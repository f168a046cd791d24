// npm run dev: the dashboard from Vite's dev server, with hot reload, and the server behind it on the same URL. A
// change in src/ restarts the server; a change in web/ does not.
import { spawn } from 'node:child_process';
import { cpSync, watch } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyTo } from './dev-proxy.mjs';
import { bin, fail, forgetBuild, hashOfProgram, mustHavePlace, root, setup } from './setup.mjs';

const host = process.env.HOST || '127.0.0.1';
const port = await freePort(Number(process.env.PORT || 3000), host);
const serverPort = await freePort(0, '127.0.0.1');
mustHavePlace();
setup();

const children = new Set();
let ending = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(0));
endWithParent();

const server = makeServer();
const vite = await startVite();
start(bin('vite'), ['build', '--config', 'vite.public.config.ts', '--watch', '--logLevel', 'warn']);
watchProgram();
server.start();

/** The port, or a free one for 0; ends with a message if it is in use. */
function freePort(wanted, address) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', ({ code }) =>
      fail(
        `Cannot listen on ${address}:${wanted}: ${code === 'EADDRINUSE' ? 'the port is in use' : code}. Set PORT or HOST.`,
      ),
    );
    probe.listen(wanted, address, () => {
      const { port: found } = probe.address();
      probe.close(() => resolve(found));
    });
  });
}

function start(file, args, { env = process.env, stdio = 'inherit' } = {}) {
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio, env });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The program that ships, restarted on demand. */
function makeServer() {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(serverPort),
    // Its links lead to the port that the browser uses.
    FAIRLEAD_PUBLIC_URL: process.env.FAIRLEAD_PUBLIC_URL || `http://${shown}:${port}`,
  };
  let child = null;
  let wasReady = false;
  let ready = Promise.resolve();

  function launch() {
    const launched = start('dist/main.js', [], { env });
    child = launched;
    launched.once('exit', (code) => {
      if (child !== launched || ending) return;
      child = null;
      // A first start that fails, such as one without a database, does not get better by editing.
      if (!wasReady) void end(code ?? 1);
      else console.error('dev: the server has ended; it starts again after the next change in src/');
    });
    return untilReady(launched);
  }

  async function relaunch(earlier, old) {
    child = null;
    if (old !== null && old.exitCode === null) {
      const exit = new Promise((resolve) => old.once('exit', resolve));
      old.kill('SIGTERM');
      await exit;
    }
    // Two changes in a row: the first restart has not launched yet.
    await earlier;
    if (!ending && child === null) await launch();
  }

  async function untilReady(launched) {
    const response = await fetch(`http://127.0.0.1:${serverPort}/healthz`).catch(() => null);
    if (response?.ok) {
      wasReady = true;
    } else if (child === launched) {
      await sleep(50);
      await untilReady(launched);
    }
  }

  return {
    /** Resolves once the server can answer, or has ended. */
    ready: () => ready,
    start() {
      ready = launch();
    },
    restart() {
      ready = relaunch(ready, child);
    },
  };
}

async function startVite() {
  const { createServer } = await import('vite');
  const made = await createServer({
    configFile: path.join(root, 'vite.config.ts'),
    clearScreen: false,
    // The server's line names the URL.
    logLevel: 'warn',
    // The server answers for every path that is not a file of web/, with its own CORS headers.
    appType: 'custom',
    server: { host, port, strictPort: true, cors: false },
    plugins: [
      {
        name: 'fairlead-server',
        configureServer(dev) {
          dev.middlewares.use(proxyTo({ port: serverPort, ready: server.ready, vite: dev, root }));
        },
      },
    ],
  });
  await made.listen();
  return made;
}

/** Compiles src/, and restarts the server after each compilation that changed what it runs. */
function watchProgram() {
  const source = path.join(root, 'src');
  const built = path.join(root, 'dist');
  let running = null;
  const restartIfChanged = () => {
    const hash = hashOfProgram();
    if (hash === running || ending) return;
    // The first compilation is of what runs already, bundled.
    const isFirst = running === null;
    running = hash;
    // After this, dist/ is no longer what the set-up built.
    forgetBuild();
    if (!isFirst) server.restart();
  };
  const args = ['-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'];
  const compiler = start(bin('typescript'), args, { stdio: ['inherit', 'pipe', 'inherit'] });
  compiler.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    // The compiler says so once it has written all files.
    if (text.includes('Watching for file changes')) restartIfChanged();
  });
  watch(source, { recursive: true }, (_event, name) => {
    if (!name?.endsWith('.sql')) return;
    // The compiler does not copy migrations.
    cpSync(path.join(source, name), path.join(built, name));
    restartIfChanged();
  });
}

/** Stops everything: the server first finishes what it is doing. */
async function end(code) {
  if (ending) return;
  ending = true;
  await vite?.close();
  const exits = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(exits);
  process.exit(code);
}

/** SIGTERM to npm ends its shell, and does not arrive here. */
function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void end(0);
  }, 250).unref();
}
