import type { Database } from '../../db/pool.ts';
import type { EnrichStep } from '../../record/record-service.ts';

interface Employment {
  company_id?: string | null;
  company?: string | null;
}

const NAME = {
  name: 'contact.company-name',
  text: 'select name from company where workspace_id = $1 and id = $2 and deleted_at is null',
};

/** Fills in the company name of a contact that is linked to a company, unless one is sent. */
export function fillCompanyName(db: Database): EnrichStep {
  return async ({ writer, input }) => {
    const { company_id: id, company } = input as Employment;
    if (!id || company !== undefined) return;
    const [found] = await db.read<{ name: string }>(NAME, [writer.workspaceId, id]);
    if (found) input['company'] = found.name;
  };
}
