import type { Database } from '../../db/pool.ts';
import type { EnrichStep } from '../../record/record-service.ts';
import type { ResolvedEmployer } from './contact.ts';

interface Employment {
  company_id?: string | null;
  company?: string | null;
}

const NAME = {
  name: 'contact.company-name',
  text: 'select name from company where workspace_id = $1 and id = $2 and deleted_at is null',
};

/** Finds the name of the company that a contact is linked to, unless a name is sent. */
export function fillCompanyName(db: Database): EnrichStep {
  return async ({ writer, input, resolved }) => {
    const { company_id: id, company } = input as Employment;
    if (!id || company !== undefined) return;
    const [found] = await db.read<{ name: string }>(NAME, [writer.workspaceId, id]);
    // Whether the company changes is only known once the contact is read: contact.ts.
    if (found) (resolved as ResolvedEmployer).company_name = found.name;
  };
}
