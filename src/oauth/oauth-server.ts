import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiKeys } from '../account/api-key.ts';
import type { Audit } from '../account/audit.ts';
import type { Authorities } from '../account/authority.ts';
import type { Callers } from '../account/caller.ts';
import type { Scopes } from '../account/scope.ts';
import type { Sessions } from '../account/session.ts';
import type { Users } from '../account/user.ts';
import type { Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import { makeTokenSigner } from '../http/public/signed-token.ts';
import { makeVisitorLimit } from '../http/public/visitor-limit.ts';
import type { HttpClient } from '../net/http-client.ts';
import { withAccessTokens } from './access-token.ts';
import { makeAuthorizationCodes } from './authorization-code.ts';
import { makeClientDocuments } from './client-document.ts';
import { makeRegisteredClients } from './client-store.ts';
import { mountConsentSite } from './consent-site.ts';
import { mountOAuthEndpoints } from './oauth-endpoints.ts';
import { challengeOf, makeUrlsOf, mountMetadata } from './oauth-metadata.ts';
import { makeTokens } from './oauth-token.ts';

export interface OAuthParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  sealer: Sealer;
  audit: Audit;
  authorities: Authorities;
  keys: ApiKeys;
  scopes: Scopes;
  sessions: Sessions;
  users: Users;
  callers: Callers;
  /** Guarded requests, for metadata documents. */
  http: HttpClient;
  /** The configured public URL, or ''. */
  publicUrl: string;
  baseUrl(): string;
}

/** What the endpoint that tokens are for needs. */
export interface ResourceAccess {
  /** Also of access tokens. */
  callers: Callers;
  /** `WWW-Authenticate` of a refused request. @param hasToken whether it had a token */
  challenge(request: FastifyRequest, hasToken: boolean): string;
}

/** Rows of `oauth_visitor` have these in place of a workspace. */
const REGISTRATION = '00000000-0000-0000-0000-000000000001';
const DOCUMENT = '00000000-0000-0000-0000-000000000002';

/** Mounts the authorization server for MCP clients (decisions/0054). */
export function mountOAuth(app: FastifyInstance, parts: OAuthParts): ResourceAccess {
  const { db, clock, newId, sealer } = parts;
  const urlsOf = makeUrlsOf(parts);
  const registered = makeRegisteredClients(db, clock, newId);
  const tokens = makeTokens({ ...parts, registered });
  const codes = makeAuthorizationCodes({ ...parts, tokens });
  const limit = makeVisitorLimit({ table: 'oauth_visitor', pageColumn: 'endpoint_id', kind: 'oauth' }, parts);
  const count = (id: string) => (address: string) => limit.count(id, id, address);
  mountMetadata(app, urlsOf);
  mountConsentSite(app, {
    ...parts,
    urlsOf,
    registered,
    codes,
    documents: makeClientDocuments(parts),
    signer: makeTokenSigner(sealer.derive('oauth consent')),
    countFetch: count(DOCUMENT),
  });
  mountOAuthEndpoints(app, { registered, codes, tokens, urlsOf, countRegistration: count(REGISTRATION) });
  return {
    callers: withAccessTokens(parts.callers, tokens),
    challenge: (request, hasToken) => challengeOf(urlsOf(request), hasToken),
  };
}
