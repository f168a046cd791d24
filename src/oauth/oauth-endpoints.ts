import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkResource } from './authorization-request.ts';
import type { AuthorizationCodes } from './authorization-code.ts';
import { isDocumentUrl } from './client-document.ts';
import type { RegisteredClients } from './client-store.ts';
import { readMetadata } from './oauth-client.ts';
import { OAUTH_ERRORS, OAuthError, oauthErrorBody } from './oauth-error.ts';
import { OAUTH_PATHS, type UrlsOf } from './oauth-metadata.ts';
import { readScope } from './oauth-scope.ts';
import type { Tokens } from './oauth-token.ts';

export interface EndpointParts {
  registered: RegisteredClients;
  codes: AuthorizationCodes;
  tokens: Tokens;
  urlsOf: UrlsOf;
  /** Counts the registrations of a network. Throws `rate_limited`. */
  countRegistration(address: string): Promise<unknown>;
}

type Sent = Readonly<Record<string, string | readonly string[] | undefined>>;
type Answer = { status: number; body: object | null };

const MAX_FIELDS = 50;

/** Mounts the endpoints that apps call: for tokens (RFC 6749), to end access (RFC 7009), to register (RFC 7591). */
export function mountOAuthEndpoints(app: FastifyInstance, parts: EndpointParts): void {
  const config = { errors: OAUTH_ERRORS, maxFields: MAX_FIELDS };
  const forms = { config: { ...config, takesForms: true } };
  app.post(OAUTH_PATHS.token, forms, (request, reply) =>
    send(request, reply, () => takeTokenRequest(parts, request)),
  );
  app.post(OAUTH_PATHS.revoke, forms, (request, reply) => send(request, reply, () => revoke(parts, request)));
  app.post(OAUTH_PATHS.register, { config }, (request, reply) =>
    send(request, reply, () => register(parts, request)),
  );
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: () => Promise<Answer>,
): Promise<FastifyReply> {
  void reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  try {
    const { status, body } = await answer();
    return body ? reply.code(status).send(body) : reply.code(status).send();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const text = oauthErrorBody(error.code, error.message);
    return reply.code(error.status).header('content-type', 'application/json; charset=utf-8').send(text);
  }
}

async function takeTokenRequest(
  { registered, codes, tokens, urlsOf }: EndpointParts,
  request: FastifyRequest,
): Promise<Answer> {
  const sent = formOf(request);
  const grant = required(sent, 'grant_type');
  if (grant !== 'authorization_code' && grant !== 'refresh_token')
    throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.');
  const clientId = await clientOf(registered, sent);
  checkResource(optional(sent, 'resource'), urlsOf(request).resource);
  if (grant === 'authorization_code') {
    const body = await codes.exchange({
      clientId,
      code: required(sent, 'code'),
      redirectUri: optional(sent, 'redirect_uri'),
      verifier: required(sent, 'code_verifier'),
    });
    return { status: 200, body };
  }
  const raw = required(sent, 'refresh_token');
  // It may ask for less, and gets what the person allowed (RFC 6749, section 3.3).
  readScope(optional(sent, 'scope'));
  return { status: 200, body: await tokens.refresh(raw, clientId) };
}

/** An unknown token is none any more: also 200. */
async function revoke({ registered, tokens }: EndpointParts, request: FastifyRequest): Promise<Answer> {
  const sent = formOf(request);
  await tokens.revoke(required(sent, 'token'), await clientOf(registered, sent));
  return { status: 200, body: null };
}

async function register(
  { registered, countRegistration }: EndpointParts,
  { ip, body }: FastifyRequest,
): Promise<Answer> {
  const metadata = readMetadata(body);
  await countRegistration(ip);
  const { client, createdAt } = await registered.register(metadata);
  return {
    status: 201,
    body: {
      client_id: client.id,
      client_id_issued_at: Math.floor(Date.parse(createdAt) / 1000),
      client_name: client.name,
      redirect_uris: client.redirectUris,
      // The app may have asked for others; there are no secrets.
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  };
}

function formOf({ form }: FastifyRequest): Sent {
  if (form === null)
    throw new OAuthError('invalid_request', 'Send a form (application/x-www-form-urlencoded).');
  return form;
}

/** The id of the app. Throws `invalid_client` for one that is not registered any more, so that it registers again. */
async function clientOf(registered: RegisteredClients, sent: Sent): Promise<string> {
  const clientId = required(sent, 'client_id');
  if (!isDocumentUrl(clientId) && !(await registered.find(clientId)))
    throw new OAuthError('invalid_client', 'No app has this client_id.');
  return clientId;
}

function optional(sent: Sent, name: string): string | undefined {
  const value = sent[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new OAuthError('invalid_request', `${name} must be sent once.`);
  return value;
}

function required(sent: Sent, name: string): string {
  const value = optional(sent, name);
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is required.`);
  return value;
}
