import type { Challenge } from 'altcha-lib';
import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { PageSession, PageTokens } from './page-session.ts';
import type { ProofsOfWork } from './proof-of-work.ts';
import { CONTROLS } from './public-page.ts';
import { checkSpam, type SpamReason, type SpamSignals } from './spam-check.ts';
import type { VisitorLimit } from './visitor-limit.ts';

export interface PageVisitParts {
  tokens: PageTokens;
  proofs: ProofsOfWork;
  limit: VisitorLimit;
  clock: Clock;
}

/** A submission of a page, for the spam check. */
export interface PageSubmission extends Pick<SpamSignals, 'honeypot' | 'emails' | 'requiresProof'> {
  workspaceId: Uuid;
  pageId: Uuid;
  session: PageSession;
  /** All fields as sent. */
  fields: Readonly<Record<string, unknown>>;
  /** An IP address. */
  address: string;
}

/** Visits of one kind of page: from opening it to sending it. */
export interface PageVisits {
  /**
   * What a page needs for sending: a token, and the proof-of-work challenge of its session.
   * @param again the session of a page that is shown again, with its token
   */
  open(
    pageId: Uuid,
    again?: { session: PageSession; token: string },
  ): Promise<{ token: string; challenge: Challenge }>;
  /** The session that the fields were sent with; null if its token is invalid or too old. */
  sessionOf(pageId: Uuid, fields: Readonly<Record<string, unknown>>): PageSession | null;
  /** Counts a submission and checks it for spam. Throws `rate_limited`. */
  check(submission: PageSubmission): Promise<SpamReason[]>;
}

export function makePageVisits({ tokens, proofs, limit, clock }: PageVisitParts): PageVisits {
  return {
    async open(pageId, again) {
      const { token, session } = again ?? tokens.make(pageId);
      return { token, challenge: await proofs.challenge(session) };
    },

    sessionOf: (pageId, fields) => tokens.read(pageId, fields[CONTROLS.token]),

    async check({ workspaceId, pageId, session, fields, address, ...signals }) {
      const tookMs = clock.now() - session.openedAt;
      const [fromNetwork, proof] = await Promise.all([
        limit.count(workspaceId, pageId, address),
        proofs.check(session, fields[CONTROLS.proof]),
      ]);
      return checkSpam({ ...signals, tookMs, fromNetwork, proof });
    },
  };
}
