import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';

// The signer is Twilio's own, and the rest of its library is not needed.
const { getExpectedTwilioSignature } = createRequire(import.meta.url)('twilio/lib/webhooks/webhooks.js') as {
  getExpectedTwilioSignature(token: string, url: string, params: object): string;
};

/** A message or a call that somebody asked for, by its fields. */
export type Form = Record<string, string>;

export interface FakeTwilio {
  url: string;
  /** Requests to send a message, in order; those that were refused too. */
  readonly sent: Form[];
  /** Calls that were asked for. */
  readonly calls: Form[];
  /** How the next requests are answered; the last answer stays. */
  script(...answers: TwilioAnswer[]): void;
  /** Posts a form to an inbound URL, signed by Twilio's own library. */
  post(url: string, fields: Record<string, string | string[]>, token?: string): Promise<TwilioReply>;
  stop(): Promise<void>;
}

export interface TwilioReply {
  status: number;
  type: string | null;
  text: string;
}

/** `accept`: 201. `lost`: it is accepted, and the connection breaks. `drop`: it breaks before. A number: that error code. */
export type TwilioAnswer = 'accept' | 'lost' | 'drop' | number;

export const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
export const AUTH_TOKEN = 'twilio-auth-token-of-the-test';
/** What the fake has as files. */
export const RECORDING = Buffer.from('ID3 an mp3');
export const PICTURE = Buffer.from(
  '89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100' +
    '18dd8db00000000049454e44ae426082',
  'hex',
);

/** Twilio's REST API on 127.0.0.1: messages, calls, and files behind the password. */
export async function startFakeTwilio(): Promise<FakeTwilio> {
  const sent: Form[] = [];
  const calls: Form[] = [];
  const accepted: Record<string, unknown>[] = [];
  let answers: TwilioAnswer[] = ['accept'];
  let count = 0;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const { pathname, searchParams } = new URL(request.url!, 'http://fake');
    const password = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`;
    const json = (status: number, body: object) => {
      const pause = status === 429 && { 'retry-after': '1' };
      response.writeHead(status, { 'content-type': 'application/json', ...pause });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== password)
      return json(401, { code: 20003, message: 'Authenticate' });
    if (pathname.endsWith('.mp3'))
      return void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(RECORDING);
    if (pathname.includes('/Media/'))
      return void response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE);
    const isCall = pathname.endsWith('/Calls.json');
    if (request.method === 'GET' && pathname.endsWith('/Messages.json'))
      return json(200, { messages: accepted.filter(({ to }) => to === searchParams.get('To')).toReversed() });
    if (request.method === 'GET' && pathname.endsWith(`${ACCOUNT_SID}.json`))
      return json(200, { status: 'active' });
    if (request.method === 'GET') return json(404, { code: 20404 });

    (isCall ? calls : sent).push(form);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer === 'drop') return void request.socket.destroy();
    if (typeof answer === 'number')
      return json(answer === 20429 ? 429 : 400, {
        code: answer,
        message: 'Refused by the test',
        status: 400,
      });
    count += 1;
    const sid = `${isCall ? 'CA' : 'SM'}${String(count).padStart(32, '0')}`;
    const resource = {
      sid,
      status: 'queued',
      to: form['To'],
      from: form['From'],
      body: form['Body'],
      direction: 'outbound-api',
      date_created: new Date().toUTCString(),
      error_code: null,
    };
    if (!isCall) accepted.push(resource);
    if (answer === 'lost') return void request.socket.destroy();
    return json(201, resource);
  }

  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    calls,
    script(...next) {
      answers = next;
    },
    post,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function post(
  url: string,
  fields: Record<string, string | string[]>,
  token = AUTH_TOKEN,
): Promise<TwilioReply> {
  const body = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().map((item): [string, string] => [name, item]),
    ),
  );
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': getExpectedTwilioSignature(token, url, fields),
    },
    body: body.toString(),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}
