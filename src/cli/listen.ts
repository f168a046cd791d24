import { setTimeout as sleep } from 'node:timers/promises';
import { CATALOGUE, FORMATS } from '../catalogue.ts';
import { EXIT, StartError } from '../base/errors.ts';
import { unprefixed, type Uuid } from '../base/id.ts';
import type { Config } from '../config.ts';
import { USER_AGENT } from '../delivery/worker/deliver.ts';
import type { Format } from '../delivery/endpoint/webhook-format.ts';
import type { EventView } from '../events/feed.ts';
import { countedNumbers } from '../events/integer-ids.ts';
import { render, type Addressee } from '../delivery/sender/render.ts';
import { eventSource } from './event-source.ts';
import { usage, type Options } from './arguments.ts';
import {
  authorization,
  isPlainUrl,
  reason,
  shown,
  sourceOf,
  unreachable,
  type Source,
} from './server-source.ts';

export const LISTEN_OPTIONS = ['forward-to', 'events', 'format', 'url', 'key', 'key-file', 'secret'] as const;

const FORWARD_MS = 30_000;
const MAX_PAUSE_MS = 10_000;
const MAX_TYPES = 100;
/**
 * Forwards the events of a workspace to a local program, as a webhook of the format would: the same body and
 * headers, signed. It is a client of the API. The receiver's address is not restricted as for webhooks: the user
 * of the command names it, and it is called from their own machine.
 * @param say prints a line for people; `warn` prints a warning
 * @returns the exit code, once `signal` aborts
 */
export async function listen(
  config: Config,
  options: Options,
  signal: AbortSignal,
  say: (line: string) => void,
  warn: (line: string) => void,
): Promise<number> {
  const forwardTo = receiver(options['forward-to']);
  const format = formatOf(options['format']);
  const types = typesOf(format, options['events']);
  const secret = secretOf(format, options['secret']);
  const source = await sourceOf(config, options, '--name listen --scopes events:read');
  const workspace = await workspaceOf(source, signal);
  const addressee: Addressee = {
    workspaceId: workspace.id,
    clientNumber: workspace.number,
    // A placeholder id for formats whose body contains the webhook's id.
    id: workspace.id,
    format: format.name,
    payload: format.defaults.payload,
    contentType: 'application/json',
    secrets: [secret],
    events: [],
  };
  say(
    `Events of ${workspace.name} at ${shown(source.url)} go to ${shown(forwardTo)}, in the format ${format.name}.`,
  );
  if (options['secret'] === undefined) say(`They are signed with the secret ${secret}`);

  for await (const event of followed(source, types, signal, warn, () => say('Listening.'))) {
    say(`${event.type} ${event.id} ${await forward(forwardTo, addressee, event, signal)}`);
    if (signal.aborted) break;
  }
  return 0;
}

/** All events from now on, over connections that may break: each resumes after the last event. */
async function* followed(
  source: Source,
  types: string[] | null,
  signal: AbortSignal,
  warn: (line: string) => void,
  ready: () => void,
): AsyncGenerator<EventView> {
  const query = new URLSearchParams({ after: 'latest', ...(types && { types: types.join(',') }) });
  const url = `${source.url}/api/v1/events/stream?${query.toString()}`;
  let last: string | null = null;
  let pause = 0;
  for (;;) {
    const headers: Record<string, string> = {
      ...authorization(source),
      ...(last !== null && { 'last-event-id': last }),
    };
    try {
      for await (const { id, event, data } of eventSource(url, headers, signal, checked)) {
        if (last === null) ready();
        pause = 0;
        if (event === 'gone')
          throw new StartError('Some events are no longer kept and were missed.', { exit: EXIT.notFound });
        // The position advances only after the consumer has asked for the next event.
        if (data !== null) yield JSON.parse(data) as EventView;
        last = id ?? last;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof StartError) throw error;
      if (last === null) throw unreachable(source, error as Error);
      if (pause === 0) warn(`Connection lost (${reason(error as Error)}); retrying.`);
    }
    if (signal.aborted) return;
    pause = Math.min(Math.max(250, pause * 2), MAX_PAUSE_MS);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Integer ids of this run: the real ones are in the installation's database. */
const numbers = countedNumbers();

/** Generates the message of a webhook and sends it. @returns a short description of the result */
async function forward(
  url: string,
  addressee: Addressee,
  event: EventView,
  signal: AbortSignal,
): Promise<string> {
  const began = performance.now();
  const { headers, body } = render(
    { formats: FORMATS, catalogue: CATALOGUE },
    addressee,
    {
      id: unprefixed('evt', event.id)!,
      type: event.type,
      objectType: event.object_type,
      objectId: event.object_id,
      occurredAt: event.occurred_at,
      data: JSON.stringify(event.data),
      context: event.context && JSON.stringify(event.context),
      ...(FORMATS.get(addressee.format)?.ownNames && { numbers }),
    },
    Math.floor(Date.now() / 1000),
  );
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': addressee.contentType, 'user-agent': USER_AGENT },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(FORWARD_MS)]),
    });
    await response.arrayBuffer();
    return `${response.status} in ${Math.round(performance.now() - began)} ms`;
  } catch (error) {
    return signal.aborted ? 'stopped' : `failed: ${reason(error as Error)}`;
  }
}

async function workspaceOf(source: Source, signal: AbortSignal) {
  try {
    const response = await fetch(`${source.url}/api/v1/me`, { headers: authorization(source), signal });
    await checked(response);
    const { workspace } = (await response.json()) as {
      workspace: { id: Uuid; name: string; number: number };
    };
    return workspace;
  } catch (error) {
    throw error instanceof StartError ? error : unreachable(source, error as Error);
  }
}

/** Throws `StartError` for an error that a retry would not change, another error for one that it may. */
async function checked(response: Response): Promise<void> {
  if (response.ok) return;
  const text = await response.text();
  // A response of another server may contain the URL or the key.
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const said = message === undefined ? '' : `: ${onOneLine(message)}`;
  if (response.status === 429 || response.status >= 500) throw new Error(`${response.status}${said}`);
  throw new StartError(
    `The server answers ${response.status}${said || ', which is not a Fairlead response.'}`,
    {
      exit: EXIT_BY_STATUS[response.status] ?? EXIT.failed,
    },
  );
}

const EXIT_BY_STATUS: Record<number, number> = {
  400: EXIT.usage,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  410: EXIT.notFound,
};

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function receiver(input: string | undefined): string {
  if (input === undefined) throw usage('--forward-to is required: http://localhost:4000/hook');
  if (!isPlainUrl(input))
    throw usage('--forward-to must be a URL without a password, such as http://localhost:4000/hook.');
  return input;
}

function formatOf(name?: string): Format {
  const [defaultFormat] = FORMATS.values();
  const format = name === undefined ? defaultFormat : FORMATS.get(name);
  if (!format) throw usage(`--format must be one of ${[...FORMATS.keys()].join(', ')}.`);
  return format;
}

/**
 * Fairlead's names of the requested events; by default those of `*` in the format, or all if `*` has no meaning
 * there.
 */
function typesOf(format: Format, events: string | undefined): string[] | null {
  if (events !== undefined) {
    const names = events.split(',').map((name) => name.trim());
    if (names.length > MAX_TYPES || names.some((name) => !/^[\w.*-]{1,100}$/.test(name)))
      throw usage('--events must be event names separated by commas: contact.created,deal.won.');
    return [...new Set(names.flatMap((name) => format.typesOf(name)))];
  }
  const documented = CATALOGUE.types.map(({ name }) => name).filter((name) => format.documents(name));
  return documented.length === 0 || documented.length === CATALOGUE.types.length ? null : documented;
}

function secretOf(format: Format, input: string | undefined): string {
  const problem = input === undefined ? null : format.secretProblem(input);
  if (problem !== null) throw usage(`--secret ${problem}.`);
  return input ?? format.makeSecret();
}
