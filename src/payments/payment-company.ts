import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { EnrichStep } from '../record/record-service.ts';

const COMPANY_OF_CONTACT = {
  name: 'payment.company-of-contact',
  text: `select company_id from contact where workspace_id = $1 and id = $2`,
};

/** Gives what a contact pays to the contact's company too, unless another one is sent. */
export function fillCompany(db: Database): EnrichStep {
  return async ({ writer, input }) => {
    const { contact_id: contactId, company_id: companyId } = input;
    if (typeof contactId !== 'string' || companyId !== undefined) return;
    const [row] = await db.read<{ company_id: Uuid | null }>(COMPANY_OF_CONTACT, [
      writer.workspaceId,
      contactId,
    ]);
    if (row?.company_id) input['company_id'] = row.company_id;
  };
}
