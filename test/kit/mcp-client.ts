import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect } from 'vitest';
import type { Person, Scenario } from './scenario.ts';

/** The protocol's own client: with the handshake of 2025, or the stateless requests of 2026. */
export type Era = '2025' | '2026';

/** A connected client of a server's /mcp; `call` returns the structured content of a tool's result. */
export async function mcpClient(s: Pick<Scenario, 'url'>, as: Person | string, era: Era = '2026') {
  const key = typeof as === 'string' ? as : as.key;
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: era === '2025' ? 'legacy' : { pin: '2026-07-28' } } },
  );
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${s.url}/mcp`), { requestInit }));
  const run = (name: string, args: object = {}) =>
    client.callTool({ name, arguments: args as Record<string, unknown> });
  return {
    client,
    close: () => client.close(),
    run,
    // Tests read results of every shape.
    // oxlint-disable-next-line typescript/no-explicit-any
    async call(name: string, args: object = {}): Promise<any> {
      const result = await run(name, args);
      expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
      return result.structuredContent;
    },
    /** The error of a refused call. */
    // oxlint-disable-next-line typescript/no-explicit-any
    async refusal(name: string, args: object = {}): Promise<any> {
      const result = await run(name, args);
      expect(result.isError, JSON.stringify(result.content)).toBe(true);
      return JSON.parse((result.content as { text: string }[])[0]!.text);
    },
    tools: async () => (await client.listTools()).tools,
  };
}
