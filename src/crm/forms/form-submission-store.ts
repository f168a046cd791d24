import { sql } from 'kysely';
import { AlreadyAnswered, type Idempotency, type StoredAnswer } from '../../account/idempotency.ts';
import { isoTime } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { folded } from '../../base/fold.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { FormFields } from '../../http/form-body.ts';
import type { LeadOptions } from '../leads/lead-option.ts';
import { makeRecordStore, type REPLAY, type StoreParts, type Writer } from '../../record/record-store.ts';
import { formInsertGate } from './form-insert-gate.ts';
import { formLead, type FormLeadInput } from './form-lead.ts';
import type { FormSession } from './form-token.ts';
import { leadOf, type Answers, type FormValue } from './form-values.ts';
import type { Reason } from './form-spam-check.ts';
import { publicId, type Form } from './form.ts';

/** What was taken for spam is kept so long, and of one form so many. */
const ASIDE_DAYS = 30;
const ASIDE_MOST = 5000;

/** Where a submission came from, as far as it is kept. */
export interface Origin {
  /** Shortened. */
  address: string | null;
  referrer: string | null;
  utm: Record<string, string>;
}

/** One sending of a form: of one that is in the leads, the lead; of one that is kept aside, why. */
export interface FormSubmission extends Origin, Omit<Answers, 'values'> {
  id: Uuid;
  /** All that was filled in, by name. */
  values: Record<string, FormValue | readonly string[]>;
  lead_id: Uuid | null;
  received_at: string;
  reasons: Reason[];
}

/** A submission that is yet to be written. */
type Arrived = Answers &
  Origin & {
    id: Uuid;
    received_at: string;
    /** Fields that the form does not ask for; kept with its answers. */
    others: FormFields;
  };

/** What came in by forms: the leads' submissions, and what is kept aside. */
export interface FormInbox {
  /**
   * Keeps what a visitor sent: lead, submission, event and queue rows in one statement, or, where there are reasons,
   * aside. What comes again in the same session is kept once.
   */
  take(
    visited: { workspaceId: Uuid; form: Form },
    session: FormSession,
    arrived: Omit<Arrived, 'id' | 'received_at'>,
    reasons: Reason[],
  ): Promise<void>;
  /** Newest first, after the id of the last page's last. */
  list(
    workspaceId: Uuid,
    formId: Uuid,
    requested: { spam: boolean; limit: number; after: Uuid | null },
  ): Promise<FormSubmission[]>;
  /** Makes the lead of what is kept aside, and fires form.submitted. Throws `not_found`, also where it was accepted. */
  accept(
    writer: Writer,
    form: Form,
    id: Uuid,
    answer: (submission: FormSubmission) => StoredAnswer,
  ): Promise<StoredAnswer | typeof REPLAY>;
  /** Deletes what is kept aside. Throws `not_found`. */
  remove(workspaceId: Uuid, formId: Uuid, id: Uuid): Promise<void>;
}

const ASIDE = `select id, null as lead_id, received_at, fields as values, consent, reasons, address, referrer, utm
               from form_aside where workspace_id = $1 and form_id = $2`;

const LIST_ASIDE = {
  name: 'form_aside.list',
  text: `${ASIDE} and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const GET_ASIDE = { name: 'form_aside.get', text: `${ASIDE} and id = $3` };
const REMOVE_ASIDE = {
  name: 'form_aside.remove',
  text: 'delete from form_aside where workspace_id = $1 and form_id = $2 and id = $3 returning id',
};
const LIST_LEADS = {
  name: 'lead_submission.of-form',
  text: `select s.id, s.lead_id, s.received_at, s.payload as values, s.consent, '{}'::text[] as reasons, s.address,
                s.referrer, s.utm
         from lead_submission s
         join lead l on l.workspace_id = s.workspace_id and l.id = s.lead_id and l.deleted_at is null
         where s.workspace_id = $1 and s.form_id = $2 and ($3::uuid is null or s.id < $3)
         order by s.id desc limit $4`,
};

export interface InboxParts extends StoreParts {
  idempotency: Idempotency;
  sources: LeadOptions;
  eventTypes: LeadOptions;
}

export function makeFormInbox(parts: InboxParts): FormInbox {
  const { db, clock, newId, idempotency } = parts;
  const store = makeRecordStore(formLead, parts, formInsertGate);

  async function inputOf(
    workspaceId: Uuid,
    form: Form,
    { values, others, consent, id, ...origin }: Arrived,
    asideId: Uuid | null,
  ): Promise<FormLeadInput> {
    const lead = leadOf(form, values);
    const [eventType, source, missing] = await Promise.all([
      lead.event_type ? parts.eventTypes.match(workspaceId, lead.event_type) : undefined,
      form.source === null ? undefined : parts.sources.match(workspaceId, form.source),
      parts.references.missing(workspaceId, { owner_id: 'member' }, form),
    ]);
    const isNew = form.source !== null && source === undefined;
    return {
      lead: {
        ...lead,
        event_type: eventType ?? null,
        source: source ?? form.source,
        // Whoever left the workspace since looks after nothing; it goes to whose turn it is, as where none is named.
        owner_id: missing.length > 0 ? null : form.owner_id,
      },
      told: {
        form_id: publicId(form.id),
        form_name: form.name,
        submission_id: id,
        fields: values,
        consent,
      },
      related: {
        form_id: form.id,
        aside_id: asideId,
        submission: { id, ...origin, payload: JSON.stringify({ ...others, ...values }) },
        origin: form.source === null ? '' : folded(form.source),
        ...(isNew && { source: { id: newId(), name: form.source, folded: folded(form.source!) } }),
      },
    };
  }

  return {
    async take({ workspaceId, form }, session, input, reasons) {
      const claim = {
        workspaceId,
        identity: form.id,
        key: session.nonce,
        requestHash: sha256(session.nonce).toString('hex'),
      };
      const answer = { status: 201, body: 'received' };
      const arrived = { ...input, id: newId(), received_at: isoTime(clock.now()) };
      if (reasons.length === 0) {
        const writer = { workspaceId, actor: `form:${form.id}` };
        const write = store.prepare(writer, await inputOf(workspaceId, form, arrived, null));
        await store.create({ ...writer, claim }, [write], answer);
        return;
      }
      try {
        await db.transaction(async (trx) => {
          await idempotency.store(trx, claim, answer, arrived.received_at);
          await sql`
            insert into form_aside
              (workspace_id, form_id, id, received_at, fields, consent, reasons, address, referrer, utm)
            values (${workspaceId}, ${form.id}, ${arrived.id}, ${arrived.received_at}, ${JSON.stringify({ ...arrived.others, ...arrived.values })},
                    ${arrived.consent && JSON.stringify(arrived.consent)}, ${reasons}, ${arrived.address},
                    ${arrived.referrer}, ${JSON.stringify(arrived.utm)})`.execute(trx);
          await sql`
            delete from form_aside where workspace_id = ${workspaceId} and form_id = ${form.id}
            and (received_at < ${arrived.received_at}::timestamptz - ${ASIDE_DAYS} * interval '1 day' or id <= (
              select id from form_aside where workspace_id = ${workspaceId} and form_id = ${form.id}
              order by id desc offset ${ASIDE_MOST} limit 1))`.execute(trx);
        });
      } catch (error) {
        if (!(error instanceof AlreadyAnswered)) throw error;
      }
    },

    list: (workspaceId, formId, { spam, limit, after }) =>
      db.read<FormSubmission>(spam ? LIST_ASIDE : LIST_LEADS, [workspaceId, formId, after, limit]),

    async accept(writer, form, id, answer) {
      const { workspaceId } = writer;
      const [kept] = await db.read<FormSubmission>(GET_ASIDE, [workspaceId, form.id, id]);
      if (!kept) throw noneAside();
      const { lead_id: _none, reasons: _why, values: all, ...arrived } = kept;
      const [values, others] = divided(form, all);
      const write = store.prepare(
        writer,
        await inputOf(workspaceId, form, { ...arrived, values, others }, id),
      );
      return store.create(writer, [write], answer({ ...kept, lead_id: write.id, reasons: [] }));
    },

    async remove(workspaceId, formId, id) {
      const removed = await db.read(REMOVE_ASIDE, [workspaceId, formId, id]);
      if (removed.length === 0) throw noneAside();
    },
  };
}

/** What was filled in: the answers to the form's questions, and the rest. */
function divided(
  form: Form,
  all: FormSubmission['values'],
): [answers: Record<string, FormValue>, others: FormFields] {
  const keys = new Set(form.fields.map(({ key }) => key));
  const entries = Object.entries(all);
  // A question that was taken out of the form since left an answer; every other field came as text.
  const isAnswer = (name: string, value: unknown) => keys.has(name) || !isText(value);
  return [
    Object.fromEntries(entries.filter(([name, value]) => isAnswer(name, value))) as Record<string, FormValue>,
    Object.fromEntries(entries.filter(([name, value]) => !isAnswer(name, value))) as FormFields,
  ];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

/** Of forms to which no more spam comes, too. */
export async function dropOldAside(db: Database): Promise<void> {
  await db.pool.query(`delete from form_aside where received_at < now() - interval '${ASIDE_DAYS} days'`);
}

function noneAside(): ApiError {
  return new ApiError('not_found', 'There is nothing kept aside with this id.');
}
