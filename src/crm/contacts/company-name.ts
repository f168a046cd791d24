import type { Database } from '../../db/pool.ts';
import type { Enrich } from '../../record/record-routes.ts';

interface Employment {
  company_id?: string | null;
  company?: string | null;
}

const NAME = {
  name: 'contact.employer',
  text: 'select name from company where workspace_id = $1 and id = $2 and deleted_at is null',
};

/** Contacts linked to a company without saying its name get the name it has now. */
export function employerName(db: Database): Enrich {
  return async ({ workspaceId }, input) => {
    const { company_id: id, company } = input as Employment;
    if (!id || company !== undefined) return input;
    const [found] = await db.read<{ name: string }>(NAME, [workspaceId, id]);
    return found ? { ...input, company: found.name } : input;
  };
}
