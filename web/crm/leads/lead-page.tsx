import { useQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { leadByNumberQuery } from '../../api/lead-queries.ts';
import type { ObjectType } from '../../api/object-queries.ts';
import { paths } from '../../paths.ts';
import { RecordPage } from '../../record/record-page.tsx';

/** Opens a lead by its id, as in `lead_url`, or by its number. */
export function LeadPage({ object, id }: { object: ObjectType; id: string }) {
  return /^\d{1,9}$/.test(id) ? (
    <LeadByNumber object={object} number={id} />
  ) : (
    <RecordPage object={object} id={id} />
  );
}

function LeadByNumber({ object, number }: { object: ObjectType; number: string }) {
  const { data: lead, isPending } = useQuery(leadByNumberQuery(number));
  if (isPending) return null;
  // Without a match, the page shows the API's 404 for this number.
  return lead ? (
    <Navigate {...paths.record(object.plural, lead.id)} replace />
  ) : (
    <RecordPage object={object} id={number} />
  );
}
