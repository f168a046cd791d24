import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_LIMITS, MAX_WRITES_PER_HOUR } from '../account/agent-limits.ts';
import type { Caller } from '../account/caller.ts';
import type { Sessions } from '../account/session.ts';
import type { Users } from '../account/user.ts';
import { ApiError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import { isUuid } from '../base/id.ts';
import { MAX_FIELDS } from '../http/form-field.ts';
import type { TokenSigner } from '../http/public/signed-token.ts';
import { checkQuery } from '../http/query.ts';
import { checkOrigin, sessionToken } from '../http/session-cookie.ts';
import {
  readRequest,
  refusalUri,
  RefusedRequest,
  sentParameters,
  type AuthorizationRequest,
  type RequestReaderParts,
} from './authorization-request.ts';
import { authorizeApp, type Consent, type ConsentParts } from './consent.ts';
import { consentHeaders, consentPage, FIELDS, refusalPage } from './consent-page.ts';
import { OAuthError } from './oauth-error.ts';
import { OAUTH_PATHS, type UrlsOf } from './oauth-metadata.ts';
import { isScope } from './oauth-scope.ts';
import { withParameters } from './redirect-uri.ts';

export interface ConsentSiteParts extends ConsentParts, RequestReaderParts {
  sessions: Sessions;
  users: Users;
  /** Signs what protects the form from other sites. */
  signer: TokenSigner;
  /** The configured public URL, or ''. */
  publicUrl: string;
  urlsOf: UrlsOf;
  /** Counts documents that are fetched for a network. Throws `rate_limited`. */
  countFetch(address: string): Promise<unknown>;
}

type SentFields = Readonly<Record<string, string | readonly string[] | undefined>>;
type SignedInUser = Extract<Caller['via'], { kind: 'session' }>;

/** How long a page may be open, in milliseconds. */
const LIFETIME_MS = 3_600_000;
const STALE = 'This page was open for a long time, or you signed in again since. Please check it once more.';

/** Mounts the page on which people consent. It always asks: also for an app that was allowed before. */
export function mountConsentSite(app: FastifyInstance, parts: ConsentSiteParts): void {
  const site = new ConsentSite(parts);
  app.get(OAUTH_PATHS.authorize, (request, reply) => site.answer(reply, () => site.open(request, reply)));
  app.post(OAUTH_PATHS.authorize, { config: { takesForms: true, maxFields: MAX_FIELDS } }, (request, reply) =>
    site.answer(reply, () => site.decide(request, reply)),
  );
}

class ConsentSite {
  readonly #parts: ConsentSiteParts;
  /** The types of records that rights are given for. */
  readonly #objects: readonly { name: string; label: string }[];

  constructor(parts: ConsentSiteParts) {
    this.#parts = parts;
    const groups = parts.scopes.list.flatMap(({ action, group }) => (action && group ? [group] : []));
    this.#objects = [...new Map(groups.map((group) => [group.name, group])).values()];
  }

  /** Errors are pages: a person sees them. */
  async answer(reply: FastifyReply, handler: () => Promise<unknown>): Promise<unknown> {
    try {
      return await handler();
    } catch (error) {
      if (!(error instanceof OAuthError) && !(error instanceof ApiError)) throw error;
      const back = error instanceof RefusedRequest ? error.back : null;
      const status = error instanceof OAuthError ? 400 : error.status;
      const headers = error instanceof ApiError ? error.headers : {};
      return reply
        .code(status)
        .headers({ ...headers, ...consentHeaders(null) })
        .send(refusalPage(error.message, back));
    }
  }

  async open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    checkQuery(request.query);
    const signedIn = await this.#signedIn(request);
    // Nothing of the app is read before: nobody makes this server fetch documents without an account.
    if (!signedIn) return reply.redirect(signInPath(request.url), 302);
    const wanted = await this.#read(request, request.query as SentFields);
    return this.#show(reply, 200, wanted, signedIn, null);
  }

  async decide(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    checkOrigin(request, this.#parts.publicUrl, 'required');
    const fields: SentFields = request.form ?? {};
    const signedIn = await this.#signedIn(request);
    if (!signedIn) {
      const query = new URLSearchParams(sentParameters(fields)).toString();
      return reply.redirect(signInPath(`${OAUTH_PATHS.authorize}?${query}`), 303);
    }
    const wanted = await this.#read(request, fields);
    if (!this.#isOwnForm(fields[FIELDS.token], signedIn, wanted))
      return this.#show(reply, 400, wanted, signedIn, STALE);
    const { issuer } = this.#parts.urlsOf(request);
    const { state } = wanted.sent;
    if (fields[FIELDS.decision] !== 'allow') {
      const denied = new OAuthError('access_denied', 'The person did not allow it.');
      return reply.redirect(refusalUri(wanted.redirectUri, denied, { state, issuer }), 303);
    }
    const consent = this.#consentOf(fields, signedIn);
    if (typeof consent === 'string') return this.#show(reply, 400, wanted, signedIn, consent);
    const code = await authorizeApp(this.#parts, wanted, consent);
    const answer = { code, ...(state !== undefined && { state }), iss: issuer };
    return reply.redirect(withParameters(wanted.redirectUri, answer), 303);
  }

  #read(request: FastifyRequest, sent: SentFields): Promise<AuthorizationRequest> {
    const { countFetch, urlsOf } = this.#parts;
    const onFetch = async () => void (await countFetch(request.ip));
    return readRequest(this.#parts, sent, { ...urlsOf(request), onFetch });
  }

  async #signedIn({ headers }: FastifyRequest): Promise<(SignedInUser & { workspaceId: string }) | null> {
    const token = sessionToken(headers.cookie);
    if (token === null) return null;
    try {
      const { via, workspaceId } = await this.#parts.sessions.authenticate(token);
      return via.kind === 'session' ? { ...via, workspaceId } : null;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthorized') return null;
      throw error;
    }
  }

  async #show(
    reply: FastifyReply,
    status: number,
    request: AuthorizationRequest,
    signedIn: SignedInUser & { workspaceId: string },
    problem: string | null,
  ): Promise<FastifyReply> {
    const { users, signer, clock } = this.#parts;
    const subject = subjectOf(signedIn, request);
    const page = consentPage({
      request,
      user: signedIn.user,
      memberships: await users.memberships(signedIn.user.id),
      workspaceId: signedIn.workspaceId,
      writesPerHour: DEFAULT_LIMITS.writes_per_hour,
      objects: this.#objects,
      token: signer.sign(subject, clock.now().toString(36)),
      problem,
    });
    return reply.code(status).headers(consentHeaders(request.redirectUri)).send(page);
  }

  /** Whether the form was shown to this session, for this request, and not long ago. */
  #isOwnForm(sent: unknown, signedIn: SignedInUser, request: AuthorizationRequest): boolean {
    const { signer, clock } = this.#parts;
    const shownAt = signer.read(subjectOf(signedIn, request), sent);
    return shownAt !== null && clock.now() - parseInt(shownAt, 36) < LIFETIME_MS;
  }

  /** What the person chose; a text says what is wrong with it. */
  #consentOf(fields: SentFields, { user }: SignedInUser): Consent | string {
    const writesPerHour = Number(fields[FIELDS.writes]);
    if (!Number.isInteger(writesPerHour) || writesPerHour < 1 || writesPerHour > MAX_WRITES_PER_HOUR)
      return `Records in an hour: enter a number from 1 to ${MAX_WRITES_PER_HOUR}.`;
    const chosen = new Set([fields[FIELDS.objects] ?? []].flat());
    const objects = this.#objects.map(({ name }) => name).filter((name) => chosen.has(name));
    if (objects.length === 0) return 'Choose at least one type of records.';
    const workspaceId = String(fields[FIELDS.workspace]);
    if (!isUuid(workspaceId)) return 'Choose a workspace.';
    return {
      userId: user.id,
      workspaceId,
      scope: [fields[FIELDS.scope] ?? []].flat().filter(isScope),
      writesPerHour,
      objects: objects.length === this.#objects.length ? null : objects,
    };
  }
}

/** What the token of a form is valid for. */
function subjectOf({ id }: SignedInUser, { sent }: AuthorizationRequest): string {
  const parameters = Object.entries(sent).map((parameter) => JSON.stringify(parameter));
  return `${id}\n${sha256(parameters.toSorted().join('\n')).toString('base64')}`;
}

function signInPath(next: string): string {
  return `/sign-in?${new URLSearchParams({ next }).toString()}`;
}
