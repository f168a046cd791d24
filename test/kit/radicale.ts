import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Why tests with Radicale cannot run here; null if they can, and in CI, where it has to be installed (.ci/run). */
export const radicaleMissing =
  process.env['CI'] === 'true' || spawnSync('radicale', ['--version']).status === 0
    ? null
    : 'the package radicale is not installed';

/** A real CalDAV server with one account: `anna` with the password `app password`. */
export interface Radicale {
  url: string;
  /** Creates a calendar of the account. */
  addCalendar(name: string): Promise<void>;
  /** Stores an event, as a calendar program does. @param text iCalendar */
  putEvent(calendar: string, name: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

const AUTHORIZATION = `Basic ${Buffer.from('anna:app password').toString('base64')}`;

export async function startRadicale(): Promise<Radicale> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fairlead-radicale-'));
  const file = path.join(dir, 'config');
  await writeFile(path.join(dir, 'users'), 'anna:app password\n');
  await writeFile(
    file,
    `
[server]
hosts = 127.0.0.1:0
[auth]
type = htpasswd
htpasswd_filename = ${dir}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = ${dir}/collections
[logging]
level = info
`,
  );
  const server = spawn('radicale', ['--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => void server.on('close', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    let log = '';
    const onText = (text: string) => {
      log += text;
      const [, found] = /Listening on '\[?127\.0\.0\.1\]?:(\d+)'/.exec(log) ?? [];
      if (found !== undefined) resolve(found);
    };
    server.stdout.setEncoding('utf8').on('data', onText);
    server.stderr.setEncoding('utf8').on('data', onText);
    server.on('error', reject);
    server.on('exit', () => reject(new Error(`Radicale did not start: ${log}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  const send = async (method: string, where: string, type: string, body: string) => {
    const headers = { authorization: AUTHORIZATION, 'content-type': type };
    const reply = await fetch(`${url}/anna/${where}`, { method, headers, body });
    if (!reply.ok) throw new Error(`Radicale: ${method} ${where} answers ${reply.status}`);
  };
  return {
    url,
    addCalendar: (name) =>
      send(
        'MKCALENDAR',
        `${name}/`,
        'application/xml',
        `<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
         <D:displayname>${name}</D:displayname></D:prop></D:set></C:mkcalendar>`,
      ),
    putEvent: (calendar, name, text) => send('PUT', `${calendar}/${name}.ics`, 'text/calendar', text),
    async stop() {
      server.kill();
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
