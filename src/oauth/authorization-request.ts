import type { ClientDocuments } from './client-document.ts';
import { isDocumentUrl } from './client-document.ts';
import type { RegisteredClients } from './client-store.ts';
import type { OAuthClient } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';
import { readScope, type OAuthScope } from './oauth-scope.ts';
import { isChallenge } from './pkce.ts';
import { isOwnRedirect, withParameters } from './redirect-uri.ts';

/** What an app asks a person for, checked. */
export interface AuthorizationRequest {
  client: OAuthClient;
  redirectUri: string;
  challenge: string;
  scope: OAuthScope[];
  /** The parameters as sent, for the form of the page. */
  sent: Readonly<Record<string, string>>;
}

/** The parameters that are read (RFC 6749, 7636, 8707); others are ignored. */
const PARAMETERS = [
  'response_type',
  'client_id',
  'redirect_uri',
  'code_challenge',
  'code_challenge_method',
  'scope',
  'state',
  'resource',
  'prompt',
] as const;

type SentParameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

/**
 * A request that is refused although its app and its redirect URI are right: `back` leads to the app, with the error. The page
 * shows it as a link. Anyone can register an app, so a redirect without a click would make this server one for phishing.
 */
export class RefusedRequest extends OAuthError {
  readonly back: string;

  constructor(error: OAuthError, back: string) {
    super(error.code, error.message);
    this.back = back;
  }
}

export interface RequestReaderParts {
  documents: ClientDocuments;
  registered: RegisteredClients;
}

/**
 * Reads an authorization request.
 * @param sent the query, or the fields of the form
 * @param onFetch called before a metadata document is fetched
 * @throws OAuthError without `back` if the app or its redirect URI is wrong, else `RefusedRequest`
 */
export async function readRequest(
  { documents, registered }: RequestReaderParts,
  sent: Readonly<Record<string, unknown>>,
  { issuer, resource, onFetch }: { issuer: string; resource: string; onFetch: () => Promise<void> },
): Promise<AuthorizationRequest> {
  const parameters = sentParameters(sent);
  const { client_id: clientId = '', redirect_uri: sentUri, state } = parameters;
  const client = isDocumentUrl(clientId)
    ? await documents.load(clientId, onFetch)
    : await registered.find(clientId);
  if (!client)
    throw new OAuthError('invalid_client', 'No app has this client_id. Remove the app and connect it again.');
  // It may be left out if there is only one (RFC 6749, section 3.1.2.3).
  const redirectUri = sentUri ?? (client.redirectUris.length === 1 ? client.redirectUris[0]! : '');
  if (!isOwnRedirect(client.redirectUris, redirectUri))
    throw new OAuthError(
      'invalid_redirect_uri',
      'The redirect_uri is not one that the app has named as its own.',
    );
  try {
    return {
      client,
      redirectUri,
      ...checkedRest(parameters, resource),
      sent: { ...parameters, redirect_uri: redirectUri },
    };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new RefusedRequest(error, refusalUri(redirectUri, error, { state, issuer }));
  }
}

function checkedRest(
  {
    response_type: type,
    code_challenge: challenge = '',
    code_challenge_method: method,
    scope,
    resource,
    prompt,
  }: SentParameters,
  ownResource: string,
): Pick<AuthorizationRequest, 'challenge' | 'scope'> {
  if (type !== 'code') throw new OAuthError('unsupported_response_type', 'response_type must be code.');
  // Left out, the method would be plain (RFC 7636, section 4.3).
  if (method !== 'S256') throw new OAuthError('invalid_request', 'code_challenge_method must be S256.');
  if (!isChallenge(challenge))
    throw new OAuthError(
      'invalid_request',
      'code_challenge must be the SHA-256 of the code_verifier, in base64url.',
    );
  checkResource(resource, ownResource);
  if (prompt === 'none') throw new OAuthError('access_denied', 'A person has to consent, each time.');
  return { challenge, scope: readScope(scope) };
}

/** Throws `invalid_target` for another resource than this server's (RFC 8707). Left out, it is this one. */
export function checkResource(sent: string | undefined, own: string): void {
  if (sent === undefined || normal(sent) === normal(own)) return;
  throw new OAuthError('invalid_target', `The resource must be ${own}.`);
}

/** Scheme and host in any case, and a final slash, do not matter. */
function normal(text: string): string {
  return URL.canParse(text) ? new URL(text).href.replace(/\/$/, '') : text;
}

/** Where an app gets an error, with its `state` and the issuer (RFC 9207). */
export function refusalUri(
  redirectUri: string,
  error: OAuthError,
  { state, issuer }: { state: string | undefined; issuer: string },
): string {
  return withParameters(redirectUri, {
    error: error.code,
    error_description: error.message,
    ...(state !== undefined && { state }),
    iss: issuer,
  });
}

/** The texts of the parameters that are read. Throws `invalid_request` for one that is sent twice (RFC 6749, section 3.1). */
export function sentParameters(sent: Readonly<Record<string, unknown>>): SentParameters {
  const texts: SentParameters = {};
  for (const name of PARAMETERS) {
    const value = sent[name];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') throw new OAuthError('invalid_request', `${name} must be sent once.`);
    texts[name] = value;
  }
  return texts;
}
