import type { Callers } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Tokens } from './oauth-token.ts';
import { SECRET_PREFIX } from './oauth-secret.ts';

/**
 * The callers of the endpoint that access tokens are for. Other routes have the callers without this: a token is refused
 * there, and requests with keys are not slower.
 */
export function withAccessTokens(callers: Callers, tokens: Pick<Tokens, 'keyOf'>): Callers {
  return {
    ...callers,
    async authenticate(raw) {
      if (!raw.startsWith(SECRET_PREFIX.access)) return callers.authenticate(raw);
      const found = await tokens.keyOf(raw);
      if (!found) throw invalidToken();
      try {
        return await callers.ofApp(found.workspaceId, found.keyId);
      } catch (error) {
        // The person has left: the app is to ask for a new token, and finds out.
        if (error instanceof ApiError && error.code === 'forbidden') throw invalidToken();
        throw error;
      }
    },
  };
}

function invalidToken(): ApiError {
  return new ApiError('unauthorized', 'The access token is unknown, expired or revoked.');
}
