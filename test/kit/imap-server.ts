import { spawn, spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImapFlow } from 'imapflow';

const PROGRAM = '/usr/sbin/dovecot';
const PASSWORD = 'app-password';

/** Why tests with a mailbox cannot run here; null if they can. */
export const imapMissing =
  process.getuid?.() !== 0
    ? 'Dovecot needs root'
    : spawnSync(PROGRAM, ['--version']).status === 0
      ? null
      : 'the package dovecot-imapd is not installed';

/** A real IMAP server: every user name is a mailbox with the same password. */
export interface ImapServer {
  port: number;
  password: string;
  /** A connection of a user, to be closed by the caller. */
  connect(user: string): Promise<ImapFlow>;
  stop(): Promise<void>;
}

/** Of Debian's user `mail`, since Dovecot opens no mailbox of root. */
const MAIL_USER = 8;

export async function startImapServer(): Promise<ImapServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fairlead-imap-'));
  const mails = path.join(dir, 'mails');
  await mkdir(mails);
  await chown(mails, MAIL_USER, MAIL_USER);
  // Dovecot's processes have users of their own.
  await chmod(dir, 0o755);
  const port = await freePort();
  const file = path.join(dir, 'dovecot.conf');
  await writeFile(
    file,
    `
protocols = imap
base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:${mails}/%u
first_valid_uid = ${MAIL_USER}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${MAIL_USER} gid=${MAIL_USER} home=${mails}/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Junk {
    special_use = \\Junk
    auto = create
  }
  mailbox Trash {
    special_use = \\Trash
    auto = create
  }
  mailbox Sent {
    special_use = \\Sent
    auto = create
  }
}
`,
  );
  const server = spawn(PROGRAM, ['-F', '-c', file], { stdio: 'ignore' });
  const connect = async (user: string) => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port,
      secure: false,
      doSTARTTLS: false,
      auth: { user, pass: PASSWORD },
      logger: false,
      disableAutoIdle: true,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  await whenReady(connect);
  return {
    port,
    password: PASSWORD,
    connect,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function whenReady(connect: (user: string) => Promise<ImapFlow>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await (await connect('ready')).logout();
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
