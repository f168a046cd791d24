import { spawnSync } from 'node:child_process';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAIN, startProgram } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

test.for(['legacy', { pin: '2026-07-28' }] as const)(
  'fairlead mcp serves a client of the protocol that starts it (%o)',
  async (mode) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'mcp', '--url', s.url],
      env: { FAIRLEAD_API_KEY: s.alice.key, PATH: process.env['PATH']! },
      stderr: 'pipe',
    });
    await client.connect(transport);
    const values = { name: 'Harbour – Zürich' };
    const made = await client.callTool({ name: 'create', arguments: { type: 'company', values } });
    expect(made.structuredContent).toMatchObject({ results: [{ record: values }] });
    expect((await client.listTools()).tools).toHaveLength(12);
    await client.close();
  },
);

test('without a server, a request gets an error; without a key, the command says how to make one', async () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, 'mcp', '--url', 'http://127.0.0.1:9'], {
    env: { FAIRLEAD_API_KEY: 'fl_live_x' },
    input: '{"jsonrpc":"2.0","id":7,"method":"ping"}\nnot json\n',
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers).toContainEqual(
    expect.objectContaining({
      id: 7,
      error: { code: -32_000, message: expect.stringContaining('No Fairlead server') },
    }),
  );
  expect(answers).toContainEqual(
    expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32_700 }) }),
  );
  const keyless = await startProgram(process.execPath, [MAIN, 'mcp', '--url', 'https://crm.example.com'], {})
    .exited;
  expect(keyless.code).toBe(2);
  expect(keyless.stderr).toContain('fairlead key create --name assistant --agent 100');
});
