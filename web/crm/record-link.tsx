import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { companies } from '../api/company-queries.ts';
import { contacts } from '../api/contact-queries.ts';
import { deals } from '../api/deal-queries.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { contactName } from './contacts/contact-name.ts';

/** Records that another one names, as links by their names. */
export function ContactLink({ id }: { id: string }) {
  return (
    <Named queries={contacts} id={id}>
      {(contact) => <TextLink {...paths.contact(id)}>{contactName(contact)}</TextLink>}
    </Named>
  );
}

export function CompanyLink({ id }: { id: string }) {
  return (
    <Named queries={companies} id={id}>
      {({ name }) => <TextLink {...paths.company(id)}>{name}</TextLink>}
    </Named>
  );
}

export function DealLink({ id }: { id: string }) {
  return (
    <Named queries={deals} id={id}>
      {({ name }) => <TextLink {...paths.deal(id)}>{name}</TextLink>}
    </Named>
  );
}

/** The link stays when what it names is deleted. */
function Named<R extends BaseRecord, Input extends object>({
  queries,
  id,
  children,
}: {
  queries: RecordQueries<R, Input>;
  id: string;
  children: (record: R) => ReactNode;
}) {
  const may = useMay(`${queries.plural}:read`);
  const { data, isLoading } = useQuery({ ...queries.one(id), enabled: may });
  if (isLoading) return <Skeleton height={10} width={120} my={4} />;
  return data ? children(data) : 'Deleted, or not yours to see';
}
