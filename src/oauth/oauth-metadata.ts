import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OAUTH_SCOPES, OFFLINE_ACCESS } from './oauth-scope.ts';

export const OAUTH_PATHS = {
  authorize: '/oauth/authorize',
  token: '/oauth/token',
  register: '/oauth/register',
  revoke: '/oauth/revoke',
} as const;

const RESOURCE_PATH = '/mcp';
const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';
const SERVER_METADATA = '/.well-known/oauth-authorization-server';

/** As requests on this machine have it; other hosts are not believed: anyone can point a name at this server. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/** The URLs of this server as an app sees them. */
export interface ServerUrls {
  issuer: string;
  /** What tokens are for (RFC 8707): the MCP endpoint. */
  resource: string;
  resourceMetadata: string;
}

export type UrlsOf = (request: FastifyRequest) => ServerUrls;

/**
 * @param publicUrl the configured public URL, or ''
 * @param baseUrl the public URL, with a default
 */
export function makeUrlsOf({ publicUrl, baseUrl }: { publicUrl: string; baseUrl(): string }): UrlsOf {
  return ({ host, protocol }) => {
    const isLocal = publicUrl === '' && LOOPBACK_HOST.test(host);
    const issuer = isLocal ? `${protocol}://${host}` : baseUrl();
    return {
      issuer,
      resource: issuer + RESOURCE_PATH,
      resourceMetadata: issuer + RESOURCE_METADATA + RESOURCE_PATH,
    };
  };
}

/** Mounts the documents by which apps find the server (RFC 8414) and what it protects (RFC 9728). */
export function mountMetadata(app: FastifyInstance, urlsOf: UrlsOf): void {
  app.get(SERVER_METADATA, (request, reply) => reply.send(serverMetadata(urlsOf(request))));
  for (const path of [RESOURCE_METADATA, RESOURCE_METADATA + RESOURCE_PATH])
    app.get(path, (request, reply) => reply.send(resourceMetadata(urlsOf(request))));
}

function serverMetadata({ issuer, resource }: ServerUrls) {
  return {
    issuer,
    authorization_endpoint: issuer + OAUTH_PATHS.authorize,
    token_endpoint: issuer + OAUTH_PATHS.token,
    registration_endpoint: issuer + OAUTH_PATHS.register,
    revocation_endpoint: issuer + OAUTH_PATHS.revoke,
    scopes_supported: [...OAUTH_SCOPES, OFFLINE_ACCESS],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    protected_resources: [resource],
  };
}

function resourceMetadata({ issuer, resource }: ServerUrls) {
  return {
    resource,
    resource_name: 'Fairlead',
    authorization_servers: [issuer],
    scopes_supported: OAUTH_SCOPES,
    bearer_methods_supported: ['header'],
  };
}

/**
 * `WWW-Authenticate` of a refused request to the MCP endpoint: where an app finds out how to get a token.
 * @param hasToken whether the request had a token, which then is not valid
 */
export function challengeOf({ resourceMetadata: url }: ServerUrls, hasToken: boolean): string {
  const parts = [
    ...(hasToken ? ['error="invalid_token"'] : []),
    `resource_metadata="${url}"`,
    `scope="${OAUTH_SCOPES.join(' ')}"`,
  ];
  return `Bearer ${parts.join(', ')}`;
}
