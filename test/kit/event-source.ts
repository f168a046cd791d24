import { request, type ClientRequest, type IncomingMessage } from 'node:http';

export interface Block {
  id?: string;
  event?: string;
  data?: string;
  comment?: string;
}

/** A minimal client of server-sent events. */
export interface EventSource {
  status: number;
  headers: IncomingMessage['headers'];
  /** The blocks received so far. */
  readonly blocks: Block[];
  /** The parsed blocks that are events. */
  // oxlint-disable-next-line typescript/no-explicit-any
  events(): any[];
  /** Resolves when the stream ended: by the server, or cut off. */
  ended: Promise<'ended' | 'cut'>;
  /** Stops reading, so that the server's data accumulates on its side. */
  pause(): void;
  resume(): void;
  close(): void;
}

export async function openStream(url: string, headers: Record<string, string>): Promise<EventSource> {
  let sent!: ClientRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent = request(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
  sent.on('error', () => {});
  const blocks: Block[] = [];
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop()!;
    blocks.push(...parts.map(blockOf));
  });
  const ended = new Promise<'ended' | 'cut'>((resolve) => {
    response.once('end', () => resolve('ended'));
    response.once('error', () => resolve('cut'));
    response.once('close', () => resolve('cut'));
  });
  return {
    status: response.statusCode!,
    headers: response.headers,
    blocks,
    events: () => blocks.filter(({ data }) => data !== undefined).map(({ data }) => JSON.parse(data!)),
    ended,
    pause: () => response.pause(),
    resume: () => response.resume(),
    close: () => sent.destroy(),
  };
}

function blockOf(text: string): Block {
  const block: Block = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    const name = line.slice(0, at) || 'comment';
    block[name as keyof Block] = line.slice(at + 2);
  }
  return block;
}
