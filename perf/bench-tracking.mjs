import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { call } from './api.mjs';
import { withCpu } from './cpu.mjs';
import { burstFigure } from './figure.mjs';
import { startHelper } from './helper.mjs';
import { scratch } from './scratch.mjs';
import { startServer } from './server.mjs';
import { eachRound } from './turns.mjs';

const ROUNDS = 3;
const SECONDS = 3;
const WARM_UP = 3;
const CONNECTIONS = 64;
const EMAILS = 200;

/** Opens and clicks of tracked mails that were really sent: answered, judged and written. */
export async function tracking() {
  const { sink, mails } = await startSink();
  const dataDir = await scratch();
  const server = await startServer({ dataDir, env: { FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8' } });
  const load = startHelper('load.mjs');
  const { opens, clicks } = await sendMails(server, sink, mails);
  const burst = (
    /** @type {string[]} */ paths,
    /** @type {number} */ status,
    /** @type {number} */ seconds,
  ) =>
    withCpu({ node: server.pid, load: load.pid, dataDir }, () =>
      load.ask('readBurst', { port: server.port, paths, status, connections: CONNECTIONS, seconds, key: '' }),
    );
  const opened = [];
  const clicked = [];
  await eachRound(ROUNDS, async (round) => {
    if (round < 0) {
      await burst(opens, 200, WARM_UP);
      return;
    }
    opened.push(await burst(opens, 200, SECONDS));
    clicked.push(await burst(clicks, 302, SECONDS));
  });
  await load.end();
  await server.stop();
  sink.close();
  return [
    burstFigure('tracking: opens/s over 64 connections', { value: opened, aim: ['value', '≥', 3000] }),
    burstFigure('tracking: clicks/s over 64 connections', { value: clicked, aim: ['value', '≥', 3000] }),
  ];
}

/** A mail server that keeps what it gets. */
async function startSink() {
  /** @type {string[]} */
  const mails = [];
  const sink = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      /** @type {Buffer[]} */
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString());
        done();
      });
    },
  });
  sink.listen(0, '127.0.0.1');
  await once(sink.server, 'listening');
  return { sink, mails };
}

/** @returns the paths of pixels and links in the mails as they arrived */
async function sendMails(
  /** @type {import('./server.mjs').Server} */ server,
  /** @type {SMTPServer} */ sink,
  /** @type {string[]} */ mails,
) {
  const { port } = /** @type {import('node:net').AddressInfo} */ (sink.server.address());
  const settings = { host: '127.0.0.1', port, tls: 'none', from_email: 'sam@acme.example' };
  const connection = await call(server, 'POST', '/connections', {
    kind: 'smtp',
    name: 'sink',
    settings,
    secrets: {},
  });
  for (let n = 0; n < EMAILS; n++)
    await call(server, 'POST', '/emails', {
      connection_id: connection.id,
      to: `reader${n}@example.com`,
      subject: 'Offer',
      html: '<p><a href="https://www.example.com/offer">Offer</a></p>',
      track_opens: true,
      track_clicks: true,
    });
  while (mails.length < EMAILS) await sleep(100);
  const paths = (/** @type {RegExp} */ pattern) =>
    mails.map((mail) => /** @type {RegExpExecArray} */ (pattern.exec(mail.replaceAll('=\r\n', '')))[0]);
  return { opens: paths(/\/o\/[\w-]{38}\.gif/), clicks: paths(/\/l\/[\w-]{38}/) };
}
