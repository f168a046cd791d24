import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { expect } from 'vitest';
import { assemble, type App } from '../../src/app.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { freshDatabase, silent, type TestDatabase } from './database.ts';

/** A person with an API key. */
export interface Person {
  workspaceId: string;
  keyId: string;
  key: string;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // Tests read responses of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
}

export interface Ask {
  as?: Person | string | null;
  body?: unknown;
  /** Sent unchanged, in place of `body`. */
  raw?: string | Uint8Array;
  headers?: Record<string, string>;
}

/** The whole product on a new database, over HTTP, with its people. */
export interface Scenario extends TestDatabase {
  app: App;
  server: FastifyInstance;
  url: string;
  /** The data directory; the database is elsewhere. */
  dataDir: string;
  /** Owns the workspace Acme; her key has all scopes. */
  alice: Person;
  /** Alice's teammate, whose key can only read contacts. */
  bob: Person;
  /** Belongs to another workspace. */
  charlie: Person;
  ask(method: string, path: string, ask?: Ask): Promise<Reply>;
  /** Creates a further key in Acme. */
  person(scopes: readonly string[], style?: string): Promise<Person>;
  /** The types of the events since the last call, in the feed's order, over all workspaces. */
  newEvents(): Promise<string[]>;
  stop(): Promise<void>;
}

/** @param env settings in addition to the defaults; by default webhooks may reach loopback */
export async function startScenario(env: Record<string, string> = {}): Promise<Scenario> {
  const database = await freshDatabase();
  const dataDir = joinPath(tmpdir(), `fairlead-scenario-${randomUUID()}`);
  const config = readConfig({
    FAIRLEAD_EGRESS_ALLOW: '127.0.0.0/8',
    FAIRLEAD_DATA_DIR: dataDir,
    ...env,
  });
  const app = assemble({ config, db: database.db, sealer: makeSealer(Buffer.alloc(32, 7)), log: silent });
  const server = await app.server();
  await server.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;

  const acme = await app.workspaces.create({ name: 'Acme', isDefault: true });
  const elsewhere = await app.workspaces.create({ name: 'Elsewhere' });
  const join = async (workspaceId: string, name: string, scopes: readonly string[], style = 'fairlead') => {
    const { id, raw } = await app.keys.create({ workspaceId, name, style, scopes, createdBy: 'test' });
    return { workspaceId, keyId: id, key: raw };
  };
  const alice = await join(acme.id, 'Alice', ['*']);
  const bob = await join(acme.id, 'Bob', ['contacts:read']);
  const charlie = await join(elsewhere.id, 'Charlie', ['*']);
  app.start();

  let seen = new Set<string>();
  return {
    ...database,
    app,
    server,
    url,
    dataDir: config.dataDir,
    alice,
    bob,
    charlie,
    ask: (method, path, input = {}) => ask(url, method, path, { as: alice, ...input }),
    person: (scopes, style) => join(acme.id, 'somebody', scopes, style),
    async newEvents() {
      const { rows } = await database.db.pool.query<{ id: string; type: string }>(
        'select id, type from event where seq is not null order by workspace_id, seq',
      );
      const fresh = rows.filter((row) => !seen.has(row.id));
      seen = new Set(rows.map((row) => row.id));
      return fresh.map((row) => row.type);
    },
    async stop() {
      await server.close();
      await app.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A second process's server on the same database; it delivers nothing. */
export async function secondServer(
  { connection }: TestDatabase,
  env: Record<string, string> = {},
): Promise<{ url: string; app: App; stop(): Promise<void> }> {
  const db = openDatabase(connection, { max: 8, log: silent });
  const config = readConfig({ FAIRLEAD_SERVICES: 'api', ...env });
  const app = assemble({ config, db, sealer: makeSealer(Buffer.alloc(32, 7)), log: silent });
  const server = await app.server();
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    app,
    async stop() {
      await server.close();
      await app.close();
      await db.close();
    },
  };
}

/** Sends a request to a server at `url`; `as` is a person, a raw key, or null for none. */
export async function ask(
  url: string,
  method: string,
  path: string,
  { as, body, raw, headers }: Ask,
): Promise<Reply> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const key = typeof as === 'string' ? as : as?.key;
  const response = await fetch(path.startsWith('http') ? path : url + path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload !== undefined && { body: payload as string }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** One case of an API test: the request, the response, and the expected events. */
export interface ApiCase extends Ask {
  name: string;
  method: string;
  path: string;
  status: number;
  /** The error code, for an error. */
  code?: string;
  /** Fields that the error names. */
  fields?: string[];
  /** The error format: the API's, or that of RemixCRM's Lead API, whose errors have no code. */
  refusedAs?: 'remixcrm';
  /** Expected events; any other event fails the test. Default: none. */
  events?: string[];
  check?(reply: Reply): void | Promise<void>;
}

function expectRefusal({ code, fields }: ApiCase, { status, json }: Reply): void {
  if (code !== undefined) expect(json.error.code).toBe(code);
  if (fields) {
    const named = (json.error.fields as { field: string }[]).map(({ field }) => field);
    expect(named).toEqual(fields);
  }
  if (status >= 400 && json) expect(json.error.message).toBeTypeOf('string');
}

/** `{"error":"text","fields"?:[names],"request_id"}` (RX6). */
function expectRemixRefusal({ fields }: ApiCase, { status, json }: Reply): void {
  if (fields) expect(json.fields).toEqual(fields);
  if (status >= 400) {
    expect(json.error).toBeTypeOf('string');
    expect(json.request_id).toBeTypeOf('string');
  }
}

/** Runs one case. */
export async function runCase(scenario: Scenario, item: ApiCase): Promise<void> {
  await scenario.newEvents();
  const reply = await scenario.ask(item.method, item.path, {
    ...(item.as !== undefined && { as: item.as }),
    ...(item.body !== undefined && { body: item.body }),
    ...(item.raw !== undefined && { raw: item.raw }),
    ...(item.headers && { headers: item.headers }),
  });
  expect(reply.status, reply.text).toBe(item.status);
  if (item.refusedAs === 'remixcrm') expectRemixRefusal(item, reply);
  else expectRefusal(item, reply);
  await item.check?.(reply);
  expect(await scenario.newEvents()).toEqual(item.events ?? []);
}
