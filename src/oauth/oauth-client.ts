import { z } from 'zod';
import { storageProblem } from '../base/values/text.ts';
import { OAuthError } from './oauth-error.ts';
import { redirectUriProblem } from './redirect-uri.ts';

/** An app that asks for access. It has no secret: PKCE and its redirect URIs are what binds a code to it. */
export interface OAuthClient {
  id: string;
  /** As it names itself: anyone can choose any name. */
  name: string;
  redirectUris: string[];
  /** The host of its metadata document, which nobody else can publish there; null: it registered itself. */
  documentHost: string | null;
}

/** What an app says about itself (RFC 7591); the rest of it is ignored. */
export interface ClientMetadata {
  name: string;
  redirectUris: string[];
}

const MAX_NAME = 100;
const MAX_REDIRECT_URIS = 10;

const shape = z.looseObject({
  redirect_uris: z.array(z.string()).min(1).max(MAX_REDIRECT_URIS),
  client_name: z.string().optional(),
  grant_types: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
});

/** Reads the metadata of an app. Throws `invalid_redirect_uri` or `invalid_client_metadata`. */
export function readMetadata(sent: unknown): ClientMetadata {
  const parsed = shape.safeParse(sent);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const field = path.join('.') || 'The metadata';
    throw new OAuthError(
      path[0] === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata',
      `${field}: ${message}`,
    );
  }
  const {
    redirect_uris: redirectUris,
    client_name: name = '',
    grant_types: grants,
    response_types: types,
  } = parsed.data;
  for (const uri of redirectUris) {
    const problem = redirectUriProblem(uri);
    if (problem !== null) throw new OAuthError('invalid_redirect_uri', `A redirect URI ${problem}.`);
  }
  if (grants && !grants.includes('authorization_code'))
    throw new OAuthError('invalid_client_metadata', 'grant_types must contain authorization_code.');
  if (types && !types.includes('code'))
    throw new OAuthError('invalid_client_metadata', 'response_types must contain code.');
  return { name: shownName(name) || new URL(redirectUris[0]!).host, redirectUris };
}

/** A name without characters that are invisible or turn the direction of the text around it. */
function shownName(sent: string): string {
  const name = sent
    .slice(0, 10 * MAX_NAME)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const characters = Array.from(name).slice(0, MAX_NAME).join('');
  return storageProblem(characters) === null ? characters : '';
}
