import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { BaseRecord, Noun } from '../../record/noun.ts';
import type { Records } from '../../record/records.ts';
import type { MergeData } from './template-engine.ts';

/** The records that a mail is about; a record that is left out has empty fields. */
export interface MergeRecords {
  contactId: Uuid | null;
  companyId: Uuid | null;
  dealId: Uuid | null;
  leadId: Uuid | null;
  /** The sender. */
  userId: Uuid | null;
}

export const MERGED_OBJECTS = ['contact', 'company', 'deal', 'lead'] as const;

/** Fields of the sender and of the workspace. */
export const FURTHER_MERGE_FIELDS = {
  user: { name: 'Sender name', email: 'Sender email' },
  workspace: { name: 'Workspace name', currency: 'Currency', time_zone: 'Time zone' },
} as const;

const USER = {
  name: 'template.user',
  text: `select u.name, u.email from app_user u join member m on m.user_id = u.id
         where m.workspace_id = $1 and u.id = $2`,
};
const WORKSPACE = {
  name: 'template.workspace',
  text: 'select name, currency, time_zone from workspace where id = $1',
};

export interface MergeDataParts {
  db: Database;
  records: Pick<Records, 'named'>;
}

/** Reads the values of all merge fields: those of the records' fields, of the sender and of the workspace. */
export async function readMergeData(
  { db, records }: MergeDataParts,
  workspaceId: Uuid,
  { contactId, companyId, dealId, leadId, userId }: MergeRecords,
): Promise<MergeData> {
  const read = async (object: (typeof MERGED_OBJECTS)[number], id: Uuid | null) => {
    const { noun, store } = records.named(object);
    return mergedRecord(noun, id === null ? undefined : await store.find(workspaceId, id));
  };
  const contact = await read('contact', contactId);
  const [company, deal, lead, users, workspaces] = await Promise.all([
    read('company', companyId ?? (contact['company_id'] as Uuid | null)),
    read('deal', dealId),
    read('lead', leadId),
    userId === null ? [] : db.read<Record<string, string>>(USER, [workspaceId, userId]),
    db.read<Record<string, string>>(WORKSPACE, [workspaceId]),
  ]);
  const user = users[0] ?? blank(FURTHER_MERGE_FIELDS.user);
  return { contact, company, deal, lead, user: { ...user }, workspace: { ...workspaces[0] } };
}

/** All fields of a record, so that a field without a value is empty rather than unknown. */
function mergedRecord(noun: Noun, record: BaseRecord | undefined): Record<string, unknown> {
  const values = record as Readonly<Record<string, unknown>> | undefined;
  const fields = Object.keys(noun.fields).map((name) => [name, values?.[name] ?? null]);
  return {
    id: record?.id ?? null,
    ...Object.fromEntries(fields),
    custom_fields: record?.custom_fields ?? {},
  };
}

function blank(fields: Readonly<Record<string, string>>): Record<string, string | null> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
}
