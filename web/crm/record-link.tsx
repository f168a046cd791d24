import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { companies } from '../api/company-queries.ts';
import { contacts } from '../api/contact-queries.ts';
import { deals } from '../api/deal-queries.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';
import { contactName } from './contacts/contact-name.ts';

/** Links to related records, showing their names. */
export function ContactLink({ id }: { id: string }) {
  return (
    <RecordLink queries={contacts} id={id}>
      {(contact) => <TextLink {...paths.contact(id)}>{contactName(contact)}</TextLink>}
    </RecordLink>
  );
}

export function CompanyLink({ id }: { id: string }) {
  return (
    <RecordLink queries={companies} id={id}>
      {({ name }) => <TextLink {...paths.company(id)}>{name}</TextLink>}
    </RecordLink>
  );
}

export function DealLink({ id }: { id: string }) {
  return (
    <RecordLink queries={deals} id={id}>
      {({ name }) => <TextLink {...paths.deal(id)}>{name}</TextLink>}
    </RecordLink>
  );
}

/** The reference remains after its record is deleted. */
function RecordLink<R extends BaseRecord, Input extends object>({
  queries,
  id,
  children,
}: {
  queries: RecordQueries<R, Input>;
  id: string;
  children: (record: R) => ReactNode;
}) {
  const may = useHasScope(`${queries.plural}:read`);
  const { data, isLoading } = useQuery({ ...queries.detail(id), enabled: may });
  if (isLoading) return <Skeleton height={10} width={120} my={4} />;
  return data ? children(data) : 'Deleted or no access';
}
