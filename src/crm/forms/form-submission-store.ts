import type { Idempotency, StoredAnswer } from '../../account/idempotency.ts';
import { AlreadyAnswered } from '../../account/idempotency.ts';
import { isoTime } from '../../base/clock.ts';
import { folded } from '../../base/fold.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { FormFields } from '../../http/form-body.ts';
import type { PageSession } from '../../http/public/page-session.ts';
import type { SpamReason } from '../../http/public/spam-check.ts';
import type { Plan, Writer } from '../../record/record-plan.ts';
import {
  makeRecordService,
  type Draft,
  type EnrichStep,
  type ServiceParts,
} from '../../record/record-service.ts';
import { makeRecordStore } from '../../record/record-store.ts';
import type { LeadInput } from '../leads/lead-input.ts';
import { formInsertGate } from './form-insert-gate.ts';
import { formLead, type FormContext } from './form-lead.ts';
import { makeFormQuarantine } from './form-quarantine.ts';
import type { FormSubmission, ReceivedSubmission } from './form-submission.ts';
import { leadOf, type FormValue } from './form-values.ts';
import { publicId, type Form } from './form.ts';

/** Submissions of forms: those that became leads, and those in quarantine. */
export interface FormSubmissions {
  /**
   * Stores a submission: lead, submission, event and queue rows in one statement, or in quarantine if there are reasons.
   * Repeated submissions of one session are stored once.
   */
  take(
    visited: { workspaceId: Uuid; form: Form },
    session: PageSession,
    sent: Omit<ReceivedSubmission, 'id' | 'received_at'>,
    reasons: SpamReason[],
  ): Promise<void>;
  /** Newest first; only ids smaller than `after`. */
  list(
    workspaceId: Uuid,
    formId: Uuid,
    requested: { spam: boolean; limit: number; after: Uuid | null },
  ): Promise<FormSubmission[]>;
  /** The number of all of a form: in quarantine, or those that became leads. */
  count(workspaceId: Uuid, formId: Uuid, spam: boolean): Promise<number>;
  /**
   * Creates the lead of a quarantined submission, and fires form.submitted. Throws `AlreadyAnswered`, and `not_found`,
   * also if it was accepted before.
   */
  accept(
    writer: Writer,
    form: Form,
    id: Uuid,
    answer: (submission: FormSubmission) => StoredAnswer,
  ): Promise<StoredAnswer>;
  /** Deletes a quarantined submission. Throws `not_found`. */
  remove(workspaceId: Uuid, formId: Uuid, id: Uuid): Promise<void>;
}

const LIST_LEADS = {
  name: 'lead_submission.of-form',
  text: `select s.id, s.lead_id, s.received_at, s.payload as values, s.consent, '{}'::text[] as reasons, s.address,
                s.referrer, s.utm
         from lead_submission s
         join lead l on l.workspace_id = s.workspace_id and l.id = s.lead_id and l.deleted_at is null
         where s.workspace_id = $1 and s.form_id = $2 and ($3::uuid is null or s.id < $3)
         order by s.id desc limit $4`,
};

const COUNT_LEADS = {
  name: 'lead_submission.count-of-form',
  text: `select count(*)::int as count
         from lead_submission s
         join lead l on l.workspace_id = s.workspace_id and l.id = s.lead_id and l.deleted_at is null
         where s.workspace_id = $1 and s.form_id = $2`,
};

export interface SubmissionParts extends ServiceParts {
  idempotency: Idempotency;
  /** Puts the workspace's own spelling of options into a lead. */
  matchLeadOptions: EnrichStep;
}

export function makeFormSubmissions(parts: SubmissionParts): FormSubmissions {
  const { db, clock, newId } = parts;
  const leads = makeRecordService(formLead, makeRecordStore(formLead, parts, formInsertGate), parts);
  const quarantine = makeFormQuarantine(parts);
  const planOf = leadPlanner(parts, leads.planEnriched.bind(leads));

  return {
    async take({ workspaceId, form }, session, sent, reasons) {
      const claim = {
        workspaceId,
        identity: form.id,
        key: session.nonce,
        requestHash: sha256(session.nonce).toString('hex'),
      };
      const submission = { ...sent, id: newId(), received_at: isoTime(clock.now()) };
      if (reasons.length > 0) return quarantine.add(claim, form.id, submission, reasons);
      const writer = { workspaceId, actor: `form:${form.id}`, claim };
      try {
        const plan = await planOf(writer, form, submission, null);
        await leads.store.create(writer, [plan], { status: 201, body: 'received' });
      } catch (error) {
        if (!(error instanceof AlreadyAnswered)) throw error;
      }
    },

    list: (workspaceId, formId, { spam, ...page }) =>
      spam
        ? quarantine.list(workspaceId, formId, page)
        : db.read<FormSubmission>(LIST_LEADS, [workspaceId, formId, page.after, page.limit]),

    async count(workspaceId, formId, spam) {
      if (spam) return quarantine.count(workspaceId, formId);
      const [row] = await db.read<{ count: number }>(COUNT_LEADS, [workspaceId, formId]);
      return row!.count;
    },

    async accept(writer, form, id, answer) {
      const found = await quarantine.get(writer.workspaceId, form.id, id);
      const { lead_id: _none, reasons: _why, values: all, ...rest } = found;
      const [values, others] = splitValues(form, all);
      const plan = await planOf(writer, form, { ...rest, values, others }, id);
      return leads.store.create(writer, [plan], answer({ ...found, lead_id: plan.id, reasons: [] }));
    },

    remove: quarantine.remove,
  };
}

/** @returns a function that plans the lead of a submission; its last argument is the submission's id in quarantine */
function leadPlanner(
  { references, matchLeadOptions }: SubmissionParts,
  planEnriched: (writer: Writer, input: LeadInput, more: Partial<Draft>) => Plan,
) {
  return async function planOf(
    writer: Writer,
    form: Form,
    { values, others, consent, id, ...origin }: ReceivedSubmission,
    quarantinedId: Uuid | null,
  ): Promise<Plan> {
    const missing = await references.missing(writer.workspaceId, { owner_id: 'member' }, form);
    const context: FormContext = {
      form_id: publicId(form.id),
      form_name: form.name,
      submission_id: id,
      fields: values,
      consent,
    };
    const sent = { ...others, ...values };
    const draft: Draft = {
      writer,
      kind: 'create',
      source: { sent, sentText: () => JSON.stringify(sent), client: { address: '', referrer: undefined } },
      input: {
        ...leadOf(form, values),
        source: form.source,
        // An owner who has left the workspace is ignored: the lead is assigned as if the form had none.
        owner_id: missing.length > 0 ? null : form.owner_id,
      },
      resolved: {},
    };
    await matchLeadOptions(draft);
    const { new_source: newSource, ...resolved } = draft.resolved;
    return planEnriched(writer, draft.input, {
      resolved: { ...resolved, ...context },
      related: {
        form_id: form.id,
        quarantined_id: quarantinedId,
        submission: { id, ...origin, payload: draft.source.sentText() },
        origin: form.source === null ? '' : folded(form.source),
        ...(newSource !== undefined && { source: newSource }),
      },
    });
  };
}

/** Splits values into answers to the form's fields and other fields. */
function splitValues(
  form: Form,
  all: FormSubmission['values'],
): [answers: Record<string, FormValue>, others: FormFields] {
  const keys = new Set(form.fields.map(({ key }) => key));
  const entries = Object.entries(all);
  // A field that was since removed from the form left an answer of its type; other fields are always text.
  const isAnswer = (name: string, value: unknown) => keys.has(name) || !isText(value);
  return [
    Object.fromEntries(entries.filter(([name, value]) => isAnswer(name, value))) as Record<string, FormValue>,
    Object.fromEntries(entries.filter(([name, value]) => !isAnswer(name, value))) as FormFields,
  ];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}
