import { describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/catalogue.ts';
import { readMetadata } from '../../src/oauth/oauth-client.ts';
import { OAuthError } from '../../src/oauth/oauth-error.ts';
import { keyScopes, readScope } from '../../src/oauth/oauth-scope.ts';
import { isVerifierOf } from '../../src/oauth/pkce.ts';
import {
  isOwnRedirect,
  policySource,
  redirectUriProblem,
  withParameters,
} from '../../src/oauth/redirect-uri.ts';

describe('a redirect URI', () => {
  test.each([
    'https://claude.ai/api/mcp/auth_callback',
    'https://app.example:8443/back?a=1',
    'http://127.0.0.1:4711/callback',
    'http://[::1]/callback',
    'http://localhost/callback',
  ])('can be %s', (uri) => {
    expect(redirectUriProblem(uri)).toBeNull();
  });

  test.each([
    ['http://app.example/back', 'https://'],
    ['http://127.0.0.1.evil.example/back', 'https://'],
    ['http://localhost.evil.example/back', 'https://'],
    ['javascript:alert(1)', 'exact host'],
    ['data:text/html,x', 'exact host'],
    ['cursor://callback', 'https://'],
    ['https://user:secret@app.example/', 'credentials'],
    ['https://*/back', 'exact host'],
    ['https://app.example;evil/back', 'exact host'],
    ['https://app.example/back#part', 'fragment'],
    ['https://app.example/back\n', 'exact host'],
    ['/callback', 'exact host'],
    [`https://app.example/${'a'.repeat(1000)}`, 'characters'],
  ])('cannot be %s', (uri, problem) => {
    expect(redirectUriProblem(uri)).toContain(problem);
  });

  const own = ['https://app.example/back', 'http://127.0.0.1:3000/callback', 'http://localhost/callback'];
  test.each([
    ['https://app.example/back', true],
    ['https://app.example/back/', false],
    ['https://app.example/back?next=/', false],
    ['https://APP.example/back', false],
    ['https://app.example:444/back', false],
    ['https://app.example.evil.example/back', false],
    ['http://127.0.0.1:61234/callback', true],
    ['http://localhost:61234/callback', true],
    ['http://localhost:61234/other', false],
    ['http://[::1]:61234/callback', false],
    ['https://localhost:61234/callback', false],
    ['', false],
  ])('%s is one of the app: %s', (requested, expected) => {
    expect(isOwnRedirect(own, requested)).toBe(expected);
  });

  test('keeps what it has, and its source in a policy has a host', () => {
    expect(withParameters('https://a.example/?x=%20y', { code: 'a b', iss: 'https://c' })).toBe(
      'https://a.example/?x=%20y&code=a+b&iss=https%3A%2F%2Fc',
    );
    expect(policySource('https://a.example:8443/back')).toBe('https://a.example:8443');
    expect(policySource('http://[::1]:80/back')).toBe('http:');
  });
});

describe('PKCE', () => {
  // RFC 7636, appendix B.
  const [verifier, challenge] = [
    'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  ];
  test.each([
    [verifier, challenge, true],
    [`${verifier}a`, challenge, false],
    [challenge, challenge, false],
    ['short', challenge, false],
    ['', challenge, false],
  ])('%s of %s: %s', (sent, stored, expected) => {
    expect(isVerifierOf(stored, sent)).toBe(expected);
  });
});

describe('scopes', () => {
  test.each([
    [undefined, 'read write'],
    ['', 'read write'],
    ['read offline_access', 'read'],
    ['write', 'read write'],
    ['delete', 'read write delete'],
    ['delete send read read', 'read write send delete'],
  ])('%s means %s', (sent, expected) => {
    expect(readScope(sent).join(' ')).toBe(expected);
  });

  test.each(['*', 'keys:manage', 'contacts:read', 'read admin', 'READ'])('%s does not exist', (sent) => {
    expect(() => readScope(sent)).toThrow(OAuthError);
  });

  test('a key has what the app asked for, nothing of administrators, and never more than the person', () => {
    const scopesFor = (role: 'owner' | 'member', ...granted: Parameters<typeof keyScopes>[1]) =>
      keyScopes(SCOPES, granted, (scope) => SCOPES.allows(SCOPES.ofRole(role), scope));
    const everything = scopesFor('owner', 'read', 'write', 'send', 'delete');
    expect(everything).toEqual(
      expect.arrayContaining(['contacts:write', 'emails:send', 'events:read', 'leads:create']),
    );
    expect(everything.filter((name) => /manage|rotate|\*/.test(name))).toEqual([]);
    expect(scopesFor('owner', 'read').filter((name) => !name.endsWith(':read'))).toEqual([]);
    expect(scopesFor('owner', 'read', 'write').filter((name) => name.endsWith(':send'))).toEqual([]);
    const member = scopesFor('member', 'read', 'write', 'send');
    expect(member).toContain('contacts:write');
    expect(member.filter((name) => !SCOPES.ofRole('member').includes(name))).toEqual([]);
    expect(member).not.toContain('events:read');
  });
});

describe('the metadata of an app', () => {
  const uris = ['https://app.example/back'];
  test('its name has no characters that are invisible or turn the text around it', () => {
    const name = ` Claude\u202e\u0000\u200b  by\nAcme `;
    expect(readMetadata({ redirect_uris: uris, client_name: name }).name).toBe('Claude by Acme');
    expect(readMetadata({ redirect_uris: uris, client_name: '🙂'.repeat(200) }).name).toBe('🙂'.repeat(100));
    expect(readMetadata({ redirect_uris: uris }).name).toBe('app.example');
    expect(readMetadata({ redirect_uris: uris, client_name: '\ud800' }).name).toBe('app.example');
  });

  test.each<[object | string | null, string]>([
    [{}, 'invalid_redirect_uri'],
    [{ redirect_uris: [] }, 'invalid_redirect_uri'],
    [{ redirect_uris: 'https://app.example' }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://app.example'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: Array.from({ length: 11 }, () => uris[0]) }, 'invalid_redirect_uri'],
    [{ redirect_uris: uris, client_name: 5 }, 'invalid_client_metadata'],
    [{ redirect_uris: uris, grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [{ redirect_uris: uris, response_types: ['token'] }, 'invalid_client_metadata'],
    [null, 'invalid_client_metadata'],
    ['text', 'invalid_client_metadata'],
  ])('%j is refused: %s', (metadata, code) => {
    let refused: unknown;
    try {
      readMetadata(metadata);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(OAuthError);
    expect((refused as OAuthError).code).toBe(code);
  });
});
