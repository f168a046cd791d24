import { ApiError, type FieldError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { campaignOf, shortenedAddress, storableText } from '../../base/values/submission-origin.ts';
import type { FormFields } from '../../http/form-body.ts';
import type { PageSession } from '../../http/public/page-session.ts';
import type { PageVisits } from '../../http/public/page-visits.ts';
import { CONTROLS } from '../../http/public/public-page.ts';
import type { FormSubmissions } from './form-submission-store.ts';
import { honeypotName, readAnswers, type Answers } from './form-values.ts';
import type { Form } from './form.ts';

export interface SubmissionHandlerParts {
  submissions: FormSubmissions;
  visits: PageVisits;
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
  session: PageSession | null;
}

/**
 * Handles a visitor's submission: verifies its token, validates its values and checks it for spam. It is then stored as a
 * lead or in quarantine; the visitor's answer is the same.
 */
export function makeSubmissionHandler({ submissions, visits }: SubmissionHandlerParts) {
  return {
    /** @returns undefined if it was stored; throws `rate_limited` */
    async take(
      visited: { workspaceId: Uuid; form: Form },
      { fields, others = {}, address, referrer }: Sent,
    ): Promise<Refusal | undefined> {
      const { workspaceId, form } = visited;
      const session = visits.sessionOf(form.id, fields);
      const answers = readAnswers(form, fields);
      if (session === null) {
        const message = 'has expired or belongs to another form; get a new one from the session of the form';
        return { errors: [{ field: CONTROLS.token, message }], session };
      }
      if (Array.isArray(answers)) return { errors: answers, session };

      const reasons = await visits.check({
        workspaceId,
        pageId: form.id,
        session,
        fields,
        address,
        honeypot: fields[honeypotName(form)],
        emails: emailsOf(form, answers.values),
        requiresProof: form.proof_of_work === 'required',
      });
      const page = storableText(fields[CONTROLS.page]) ?? storableText(referrer);
      const origin = { address: shortenedAddress(address), referrer: page, utm: campaignOf(fields, page) };
      await submissions.take(visited, session, { ...answers, others, ...origin }, reasons);
      return undefined;
    },
  };
}

export type SubmissionHandler = ReturnType<typeof makeSubmissionHandler>;

function emailsOf({ fields }: Form, values: Answers['values']): string[] {
  return fields.flatMap(({ key, type }) => (type === 'email' ? [String(values[key] ?? '')] : []));
}

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
