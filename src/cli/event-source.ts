/** What came in a stream of server-sent events: an event, or a block that only moves the place to come back to. */
export interface Sent {
  id: string | null;
  event: string | null;
  data: string | null;
}

/** The server says something every 15 s; after so long without a word, in milliseconds, the connection is dead. */
const SILENCE_MS = 40_000;

/**
 * Reads a stream of server-sent events, as far as our server writes them, until it ends.
 * Throws what `fetch` throws where it breaks off or is still for too long.
 * @param answered gets the answer before its body is read; what it throws, this throws
 */
export async function* eventSource(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  answered: (response: Response) => Promise<void>,
): AsyncGenerator<Sent> {
  const still = new AbortController();
  const timer = setTimeout(() => still.abort(new Error('nothing came for too long')), SILENCE_MS);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, still.signal]) });
    await answered(response);
    const text = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body!) {
      timer.refresh();
      const blocks = (rest + text.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      yield* blocks.map(sent);
      // What is made of a block may take its time.
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

function sent(block: string): Sent {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(': ');
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2));
  }
  return {
    id: fields.get('id') ?? null,
    event: fields.get('event') ?? null,
    data: fields.get('data') ?? null,
  };
}
