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

/** Something that a visitor sent. */
export interface Sent {
  fields: Record<string, unknown>;
  /** Fields that the form does not ask for, as they came. */
  others?: FormFields;
  /** An IP address. */
  address: string;
  /** The page where the form stands, as far as the request says so; `_page` goes before it. */
  referrer: string | undefined;
}

/** What was sent will not do; nothing was kept. */
export interface Refusal {
  errors: FieldError[];
  /** Of the page that was sent; null where its token was none of ours, or too old. */
  session: FormSession | null;
}

/**
 * The way that what a visitor sends takes: is it from a page of ours, does it answer the questions, does it look like
 * spam; then it is kept, as a lead or aside, and the visitor can not tell which.
 */
export function makeSubmissionHandler({
  submissions,
  tokens,
  proofs,
  visitors,
  clock,
}: SubmissionHandlerParts) {
  return {
    /** @returns undefined where it was kept; throws `rate_limited` */
    async take(
      visited: { workspaceId: Uuid; form: Form },
      { fields, others = {}, address, referrer }: Sent,
    ): Promise<Refusal | undefined> {
      const { workspaceId, form } = visited;
      const session = tokens.read(form.id, fields[CONTROLS.token]);
      const answers = readAnswers(form, fields);
      if (session === null) {
        const message = 'is too old, or not of this form; the session of the form gives a new one';
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

    /** What a page needs to be sent: a token, and the proof of work of its session. */
    async open(formId: Uuid, session?: FormSession, token?: string) {
      const made = session && token ? { session, token } : tokens.make(formId);
      return { token: made.token, challenge: await proofs.challenge(made.session) };
    },
  };
}

export type SubmissionHandler = ReturnType<typeof makeSubmissionHandler>;

/** What a form tells who has sent it: where to go, or what to read. */
export function receiptOf({ redirect_url: url, thanks_text: message }: Form) {
  return { status: 'received', ...(url === null ? { message } : { redirect_url: url }) };
}

/** A refusal as the JSON endpoint answers it. */
export function refusalError({ errors }: Refusal): ApiError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new ApiError('validation_error', `${first!.field}: ${first!.message}${more}`, { fields: errors });
}
