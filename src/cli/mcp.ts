import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import type { Options } from './arguments.ts';
import { authorization, reason, shown, sourceOf, type Source } from './server-source.ts';

export const MCP_OPTIONS = ['url', 'key', 'key-file'] as const;

/** Codes of JSON-RPC: not JSON, and an error of ours. */
const PARSE_ERROR = -32_700;
const FAILED = -32_000;

interface Message {
  id?: string | number | null;
  method?: string;
  params?: { name?: string; uri?: string; requestId?: string | number; ['_meta']?: Record<string, unknown> };
  result?: { protocolVersion?: string };
  error?: object;
}

/** The program that talks to the bridge, over its standard input and output. */
interface StdioClient {
  input: Readable;
  /** Writes a line to standard output, which has nothing else. */
  write: (line: string) => void;
  warn: (line: string) => void;
}

/**
 * The Model Context Protocol over standard input and output, for clients that start a program: each message is sent to
 * `/mcp` of the server, which keeps no sessions, and its answers are written as they come.
 * @returns the exit code, once the input ends or `signal` aborts
 */
export async function bridgeMcp(
  config: Config,
  options: Options,
  { input, write, warn }: StdioClient,
  signal: AbortSignal,
): Promise<number> {
  const source = await sourceOf(config, options, '--name assistant --agent 100');
  warn(`MCP of the server at ${shown(source.url)}`);
  const bridge = new Bridge(source, (message) => write(JSON.stringify(message)), signal);
  const lines = createInterface({ input, crlfDelay: Infinity });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) if (line.trim() !== '') bridge.take(line);
  await bridge.finished();
  return 0;
}

class Bridge {
  readonly #source: Source;
  readonly #write: (message: object) => void;
  readonly #signal: AbortSignal;
  /** Requests without an answer, by id. */
  readonly #open = new Map<string | number, AbortController>();
  readonly #running = new Set<Promise<void>>();
  /** The version that `initialize` agreed on; clients of 2026 name theirs in each request. */
  #version: string | undefined;
  /** Messages after `initialize` wait for its answer, since they need the version. */
  #ready: Promise<void> = Promise.resolve();

  constructor(source: Source, write: (message: object) => void, signal: AbortSignal) {
    this.#source = source;
    this.#write = write;
    this.#signal = signal;
  }

  /** Takes a line of the client; never throws. */
  take(line: string): void {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      this.#write(failure(null, PARSE_ERROR, 'This line is not JSON.'));
      return;
    }
    if (message.method === 'notifications/cancelled') {
      this.#open.get(message.params?.requestId ?? '')?.abort();
      return;
    }
    const work = this.#ready.then(() => this.#send(message, line));
    if (message.method === 'initialize') this.#ready = work;
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async finished(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #send(message: Message, body: string): Promise<void> {
    const { id } = message;
    const canceled = new AbortController();
    if (id !== undefined && id !== null) this.#open.set(id, canceled);
    try {
      const response = await fetch(`${this.#source.url}/mcp`, {
        method: 'POST',
        headers: { ...authorization(this.#source), ...this.#headersOf(message) },
        body,
        signal: AbortSignal.any([this.#signal, canceled.signal]),
      });
      for await (const answer of answersOf(response)) this.#take(message, answer);
    } catch (error) {
      if (canceled.signal.aborted || this.#signal.aborted || id === undefined) return;
      const text = `No Fairlead server at ${shown(this.#source.url)} (${reason(error as Error)}).`;
      this.#write(failure(id, FAILED, text));
    } finally {
      if (id !== undefined && id !== null) this.#open.delete(id);
    }
  }

  /** Writes an answer; an error from before the request was read has no id. */
  #take({ id, method }: Message, answer: Message): void {
    if (method === 'initialize') this.#version = answer.result?.protocolVersion;
    const isRefusal = answer.error !== undefined && (answer.id === null || answer.id === undefined);
    // A notification has no answer.
    if (isRefusal && id === undefined) return;
    this.#write(isRefusal ? { ...answer, id } : answer);
  }

  #headersOf({ method, params }: Message): Record<string, string> {
    const own = params?.['_meta']?.['io.modelcontextprotocol/protocolVersion'];
    const version = typeof own === 'string' ? own : this.#version;
    const name = params?.name ?? params?.uri;
    return {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(version !== undefined && { 'mcp-protocol-version': headerValue(version) }),
      ...(typeof own === 'string' && method !== undefined && { 'mcp-method': headerValue(method) }),
      ...(typeof own === 'string' && name !== undefined && { 'mcp-name': headerValue(name) }),
    };
  }
}

/** Text beyond ASCII is encoded as the protocol says: `=?base64?…?=`. */
function headerValue(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** The messages of a response: JSON, a stream of events, or an error of something else than Fairlead. */
async function* answersOf(response: Response): AsyncGenerator<Message> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    const text = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body!) {
      const blocks = (rest + text.decode(chunk as Uint8Array, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block)?.[1];
        if (data !== undefined && data !== '') yield JSON.parse(data) as Message;
      }
    }
    return;
  }
  const text = await response.text();
  if (text === '') return;
  if (!type.startsWith('application/json'))
    throw new Error(`answer ${response.status}, which is not of Fairlead`);
  yield JSON.parse(text) as Message;
}

function failure(id: string | number | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
