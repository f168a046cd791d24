import { ApiError, type FieldError } from '../../base/errors.ts';
import type { Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { FormFields } from '../../http/form-body.ts';
import { shortened, textOf, utmOf } from '../leads/lead-enrich.ts';
import type { FormSubmissions } from './form-submission-store.ts';
import type { FormProofs } from './form-proof.ts';
import type { FormSession, FormTokens } from './form-token.ts';
import { CONTROLS, readAnswers } from './form-values.ts';
import { checkSpam } from './form-spam-check.ts';
import type { FormVisitors } from './form-visitor.ts';
import type { Form } from './form.ts';

export interface SubmissionHandlerParts {
  submissions: FormSubmissions;
  tokens: FormTokens;
  proofs: FormProofs;
  visitors: FormVisitors;
  clock: Clock;
}

/** A submission as a visitor sent it. */
export interface Sent {
  fields: Record<string, unknown>;
  /** Fields that the form does not have, as sent. */
  others?: FormFields;
  /** An IP address. */
  address: string;
  /** The page that holds the form, if the request says so; `_page` takes precedence. */
  referrer: string | undefined;
}

/** An invalid submission; nothing was stored. */
export interface Refusal {
  errors: FieldError[];
  /** The session of the page; null if its token is invalid or too old. */
  session: FormSession | null;
}

/**
 * Handles a visitor's submission: verifies its token, validates its values and checks it for spam. It is then stored as a
 * lead or in quarantine; the visitor's answer is the same.
 */
export function makeSubmissionHandler({
  submissions,
  tokens,
  proofs,
  visitors,
  clock,
}: SubmissionHandlerParts) {
  return {
    /** @returns undefined if it was stored; throws `rate_limited` */
    async take(
      visited: { workspaceId: Uuid; form: Form },
      { fields, others = {}, address, referrer }: Sent,
    ): Promise<Refusal | undefined> {
      const { workspaceId, form } = visited;
      const session = tokens.read(form.id, fields[CONTROLS.token]);
      const answers = readAnswers(form, fields);
      if (session === null) {
        const message = 'has expired or belongs to another form; get a new one from the session of the form';
        return { errors: [{ field: CONTROLS.token, message }], session };
      }
      if (Array.isArray(answers)) return { errors: answers, session };

      const tookMs = clock.now() - session.openedAt;
      const [fromNetwork, proof] = await Promise.all([
        visitors.count(workspaceId, form.id, address),
        proofs.check(session, fields[CONTROLS.proof]),
      ]);
      const reasons = checkSpam(form, { sent: fields, values: answers.values, tookMs, fromNetwork, proof });
      const page = textOf(fields[CONTROLS.page]) ?? textOf(referrer);
      const origin = { address: shortened(address), referrer: page, utm: utmOf(fields, page) };
      await submissions.take(visited, session, { ...answers, others, ...origin }, reasons);
      return undefined;
    },

    /** What a page needs for sending: a token, and the proof-of-work challenge of its session. */
    async open(formId: Uuid, session?: FormSession, token?: string) {
      const made = session && token ? { session, token } : tokens.make(formId);
      return { token: made.token, challenge: await proofs.challenge(made.session) };
    },
  };
}

export type SubmissionHandler = ReturnType<typeof makeSubmissionHandler>;

/** The answer to a submission: a redirect URL, or a message. */
export function receiptOf({ redirect_url: url, thanks_text: message }: Form) {
  return { status: 'received', ...(url === null ? { message } : { redirect_url: url }) };
}

/** The error of the JSON endpoint for a refusal. */
export function refusalError({ errors }: Refusal): ApiError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new ApiError('validation_error', `${first!.field}: ${first!.message}${more}`, { fields: errors });
}
