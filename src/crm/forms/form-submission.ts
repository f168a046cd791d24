import type { Uuid } from '../../base/id.ts';
import type { FormFields } from '../../http/form-body.ts';
import type { SpamReason } from '../../http/public/spam-check.ts';
import type { Answers, FormValue } from './form-values.ts';

/** What is stored about where a submission came from. */
export interface Origin {
  /** Shortened IP address. */
  address: string | null;
  referrer: string | null;
  utm: Record<string, string>;
}

/** A submission of a form: with its lead or, where it is quarantined, with the reasons. */
export interface FormSubmission extends Origin, Omit<Answers, 'values'> {
  id: Uuid;
  /** All values that were filled in, by name. */
  values: Record<string, FormValue | readonly string[]>;
  lead_id: Uuid | null;
  received_at: string;
  reasons: SpamReason[];
}

/** A submission that is yet to be written. */
export type ReceivedSubmission = Answers &
  Origin & {
    id: Uuid;
    received_at: string;
    /** Fields that the form does not have; stored with its answers. */
    others: FormFields;
  };
