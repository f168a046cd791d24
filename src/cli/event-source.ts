/** A block of a stream of server-sent events: an event, or a block with only an id to resume from. */
export interface StreamBlock {
  id: string | null;
  event: string | null;
  data: string | null;
}

/** Milliseconds without data after which the connection is dead; the server sends something every 15 s. */
const SILENCE_MS = 40_000;

/**
 * Reads a stream of server-sent events, in the subset that Fairlead writes, until it ends. Throws the error of
 * `fetch` if it breaks off or is silent for too long.
 * @param answered gets the response before its body is read; its errors are rethrown
 */
export async function* eventSource(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  answered: (response: Response) => Promise<void>,
): AsyncGenerator<StreamBlock> {
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(new Error('no data for too long')), SILENCE_MS);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, idle.signal]) });
    await answered(response);
    const text = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body!) {
      timer.refresh();
      const blocks = (rest + text.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      yield* blocks.map(sent);
      // Processing a block may take any time.
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
  }
}

function sent(block: string): StreamBlock {
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
