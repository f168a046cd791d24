import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, type Connection, type Submittable } from 'pg';
import { assemble } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openStore } from '../../src/store.ts';
import { blankDatabase, silent } from './database.ts';
import { PROJECT } from './process.ts';
import { ask, type Ask, type Reply } from './scenario.ts';

/** What the fixture's script recorded with the store: raw keys, secrets, passwords, positions. */
export interface Manifest {
  version: string;
  made_at: string;
  secret_key: string;
  public_url: string;
  /** Origin of the receiver that the webhooks were created for; loading replaces it. */
  receiver: string;
  migrations: string[];
  partitions: { name: string; parent: string; bound: string }[];
  /** Rows by table. */
  counts: Record<string, number>;
  /** Columns that loading shifts with the clock, by table. */
  moves: Record<string, string[]>;
  workspaces: Record<'main' | 'branch' | 'free', string>;
  /** A key with all scopes for each workspace. */
  everything: Record<'main' | 'branch' | 'free', string>;
  people: {
    id: string;
    role: string | null;
    name: string;
    email: string;
    password: string;
    cookie: string;
    signs_in: Refusable;
  }[];
  links: Record<'invitation' | 'password_reset', { email: string; token: string }>;
  keys: { name: string; key: string; scopes?: string[]; answers: Record<string, Refusable> }[];
  inbound: Record<'crm' | 'typeform' | 'google' | 'branch', string>;
  webhooks: Webhook[];
  inbox: { id: string; path: string };
  idempotent: {
    as: string | { cookie: string };
    path: string;
    body: string;
    key: string;
    status: number;
    answer: string;
  }[];
  feed: Position & { after: string };
  pages: (Position & { path: string; cursor: string })[];
  sameEmail: string[];
  unusual: { path: string; why: string }[];
  form: string;
  deep: { lead: string; events: string[] };
}

interface Refusable {
  status: number;
  code: string | null;
}

/** What a reader has seen, and what comes next, in order. */
interface Position {
  before: string[];
  rest: string[];
}

export interface Webhook {
  slug: string;
  id: string;
  secret: string | null;
  old_secret?: string;
  headers: Record<string, string>;
}

/** Responses of the release for its store. */
export interface Answers {
  lists: Record<string, Record<string, unknown>[]>;
  ids: Record<string, string[]>;
  reads: Record<string, Record<string, unknown>>;
  notices: Record<string, unknown>[];
}

const fileOf = (version: string, name: string) =>
  readFileSync(path.join(PROJECT, 'test', 'fixtures', version, name), 'utf8');

export function readFixture(version: string): { manifest: Manifest; answers: Answers } {
  return {
    manifest: JSON.parse(fileOf(version, 'manifest.json')) as Manifest,
    answers: JSON.parse(fileOf(version, 'answers.json')) as Answers,
  };
}

/** A database as a release left it. */
export interface LoadedStore {
  /** The DATABASE_URL for a program that uses it. */
  url: string;
  /** A superuser connection to it. */
  client: Client;
  drop(): Promise<void>;
}

/**
 * Loads the store of a release into a new database: only the release's migrations, then its rows.
 * @param receiver the origin that its webhooks send to, in place of the original one
 */
export async function loadFixture(version: string, receiver: string): Promise<LoadedStore> {
  const { manifest } = readFixture(version);
  const { url, drop } = await blankDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  const migrations = path.join(PROJECT, 'src', 'db', 'migrations');
  for (const name of manifest.migrations) {
    await client.query(readFileSync(path.join(migrations, name), 'utf8'));
  }
  // The program creates this table itself, before its first migration.
  await client.query(
    'create table migration (name text primary key, checksum text not null, applied_at timestamptz(3) not null default clock_timestamp())',
  );
  for (const { name, parent, bound } of manifest.partitions) {
    await client.query(`create table ${name} partition of ${parent} ${bound}`);
  }
  for (const { statement, rows } of copies(fileOf(version, 'store.sql'))) {
    await copyIn(client, statement, rows);
  }
  await client.query(
    `select setval(pg_get_serial_sequence('workspace', 'client_number'), max(client_number)) from workspace`,
  );
  await client.query('update endpoint set url = replace(url, $1, $2)', [manifest.receiver, receiver]);
  await moveAlong(client, manifest);
  return {
    url,
    client,
    async drop() {
      await client.end();
      await drop();
    },
  };
}

/** Creating the store took some minutes: its due times are within this time. */
const MADE_WITHIN_MS = 15 * 60_000;

/**
 * Shifts by whole hours, because some columns hold hours: the store then seems to be between 15 and 75 minutes
 * old.
 */
async function moveAlong(client: Client, { made_at: madeAt, moves }: Manifest): Promise<void> {
  const hours = Math.max(0, Math.floor((Date.now() - Date.parse(madeAt) - MADE_WITHIN_MS) / 3_600_000));
  for (const [table, columns] of Object.entries(moves)) {
    for (const column of columns) {
      await client.query(
        `update ${table} set ${column} = ${column} + make_interval(hours => $1)
         where ${column} between '2000-01-01' and '9000-01-01'`,
        [hours],
      );
    }
  }
}

/** The sections of a file of COPY text, in psql's format. */
function* copies(text: string): Generator<{ statement: string; rows: string }> {
  let statement: string | null = null;
  let rows: string[] = [];
  for (const line of text.split('\n')) {
    if (statement === null) {
      if (line.startsWith('COPY ')) statement = line.replace(/;$/, '');
    } else if (line === '\\.') {
      yield { statement, rows: rows.map((row) => `${row}\n`).join('') };
      statement = null;
      rows = [];
    } else {
      rows.push(line);
    }
  }
}

async function copyIn(client: Client, statement: string, rows: string): Promise<void> {
  const query = new CopyIn(statement, rows);
  client.query(query);
  await query.done;
}

/** The part of pg's connection that feeds a COPY; its types omit it. */
type CopyConnection = Connection & {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

/** `COPY … FROM stdin` as a custom query of pg's client. */
class CopyIn implements Submittable {
  readonly done: Promise<void>;
  private readonly statement: string;
  private readonly rows: string;
  private settle!: { resolve: () => void; reject: (error: Error) => void };

  constructor(statement: string, rows: string) {
    this.statement = statement;
    this.rows = rows;
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }
  submit(connection: Connection): void {
    (connection as CopyConnection).query(this.statement);
  }
  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.rows));
    connection.endCopyFrom();
  }
  handleCommandComplete(): void {}
  handleError(error: Error): void {
    this.settle.reject(error);
  }
  handleReadyForQuery(): void {
    this.settle.resolve();
  }
}

/** The current program on a store, in this process. */
export interface Upgraded {
  url: string;
  ask(as: string | { cookie: string } | null, method: string, path: string, input?: Ask): Promise<Reply>;
  /** All items of a list, over all its pages. */
  all(as: string | { cookie: string }, path: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/**
 * Migrates a loaded store and serves it, as `main.ts` does.
 * @param services such as `api,worker`
 * @param settings further settings
 */
export async function startUpgraded(
  { url: databaseUrl }: LoadedStore,
  { secret_key: secretKey, public_url: publicUrl }: Manifest,
  services: string,
  settings: Record<string, string> = {},
): Promise<Upgraded> {
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    FAIRLEAD_SECRET_KEY: secretKey,
    FAIRLEAD_PUBLIC_URL: publicUrl,
    FAIRLEAD_SERVICES: services,
    FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8',
    // Event ids contain their time: the fixture must not expire.
    FAIRLEAD_RETENTION_DAYS: '3650',
    ...settings,
  });
  const store = await openStore(config, silent, { attach: false });
  const app = assemble({ config, ...store, log: silent });
  const server = await app.server();
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  app.start();

  const requested: Upgraded['ask'] = (as, method, to, input = {}) => {
    const session =
      as !== null && typeof as === 'object' ? { cookie: as.cookie, origin: publicUrl } : undefined;
    return ask(url, method, to, {
      ...input,
      ...(typeof as === 'string' && { as }),
      headers: { ...session, ...input.headers },
    });
  };
  return {
    url,
    ask: requested,
    async all(as, to) {
      const items = [];
      for (let next: string | null = to; next !== null;) {
        const { status, json, text }: Reply = await requested(as, 'GET', next);
        if (status !== 200) throw new Error(`GET ${next} answered ${status}: ${text}`);
        items.push(...(json.data as Record<string, unknown>[]));
        const more: URL | null = json.has_more ? new URL(json.next_url as string, url) : null;
        next = more && more.pathname + more.search;
      }
      return items;
    },
    async stop() {
      await server.close();
      await app.close();
      await store.close();
    },
  };
}
