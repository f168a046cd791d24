import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { SignedIn } from './member.ts';
import { ask, type Reply } from './scenario.ts';

export const REDIRECT = 'https://app.example/callback';

/** The parameters of an authorization request. */
export type Parameters = Record<string, string>;

/** Sends a form, as an app does. */
export function sendForm(url: string, path: string, fields: Parameters, headers = {}): Promise<Reply> {
  return ask(url, 'POST', path, {
    as: null,
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

/** An app that registered itself at a server. */
export async function registerApp(url: string, metadata: object = {}): Promise<string> {
  const body = { client_name: 'Assistant', redirect_uris: [REDIRECT], ...metadata };
  const reply = await ask(url, 'POST', '/oauth/register', { as: null, body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.client_id;
}

export function makeVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export function requestOf(
  url: string,
  clientId: string,
  challenge: string,
  more: Parameters = {},
): Parameters {
  return {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a b&c',
    scope: 'read write send delete',
    resource: `${url}/mcp`,
    ...more,
  };
}

/** A page as a browser gets it; redirects are not followed. */
export async function openPage(target: string, cookie?: string) {
  const response = await fetch(target, { redirect: 'manual', headers: { ...(cookie && { cookie }) } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The fields of the form of a page, as a browser sends them if the person changes nothing. */
export function fieldsOf(page: string): [string, string][] {
  const attribute = (tag: string, name: string) =>
    new RegExp(`\\b${name}="([^"]*)"`)
      .exec(tag)?.[1]
      ?.replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
  const inputs = [...page.matchAll(/<input\b[^>]*>/g)].flatMap(([tag]): [string, string][] => {
    const name = attribute(tag, 'name');
    const isOff = attribute(tag, 'type') === 'checkbox' && !/\bchecked\b/.test(tag);
    return name === undefined || isOff ? [] : [[name, attribute(tag, 'value') ?? 'on']];
  });
  const selects = [...page.matchAll(/<select\b[^>]*name="([^"]+)"[^>]*>(.*?)<\/select>/gs)].map(
    ([, name, options]): [string, string] => [
      name!,
      /value="([^"]*)"\s+selected/.exec(options!)?.[1] ?? /value="([^"]*)"/.exec(options!)![1]!,
    ],
  );
  return [...inputs, ...selects];
}

/** What a person changes on the page: a list replaces all values of a name. */
export type Changes = Record<string, string | string[]>;

/** Sends the form of a page as a browser. @returns where the person is sent */
export async function submitPage(
  url: string,
  page: string,
  {
    cookie,
    changes = {},
    headers = {},
  }: { cookie: string; changes?: Changes; headers?: Record<string, string> },
) {
  const fields = fieldsOf(page).filter(([name]) => !(name in changes));
  for (const [name, value] of Object.entries({ decision: 'allow', ...changes }))
    for (const item of [value].flat()) fields.push([name, item]);
  const response = await fetch(`${url}/oauth/authorize`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie, origin: url, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

/** A signed-in person opens the page of a request and allows it. @returns the parameters of the redirect */
export async function consent(
  url: string,
  person: Pick<SignedIn, 'cookie'>,
  request: Parameters,
  changes: Changes = {},
): Promise<URLSearchParams> {
  const page = await openPage(
    `${url}/oauth/authorize?${new URLSearchParams(request).toString()}`,
    person.cookie,
  );
  expect(page.status, page.text).toBe(200);
  const { status, location, text } = await submitPage(url, page.text, { cookie: person.cookie, changes });
  expect(status, text).toBe(303);
  return new URL(location!).searchParams;
}

export interface AppTokens {
  access_token: string;
  refresh_token: string;
  scope: string;
  expires_in: number;
}

/** An app that a person has allowed, with its tokens. */
export async function connectApp(url: string, person: Pick<SignedIn, 'cookie'>, changes: Changes = {}) {
  const clientId = await registerApp(url);
  const { verifier, challenge } = makeVerifier();
  const code = (await consent(url, person, requestOf(url, clientId, challenge), changes)).get('code')!;
  const exchange: Parameters = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
    resource: `${url}/mcp`,
  };
  const reply = await sendForm(url, '/oauth/token', exchange);
  expect(reply.status, reply.text).toBe(200);
  return { clientId, exchange, tokens: reply.json as AppTokens };
}
