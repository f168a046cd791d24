import { Select, type SelectProps } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { companies, type Company } from '../api/company-queries.ts';
import { contacts } from '../api/contact-queries.ts';
import { deals, type Deal } from '../api/deal-queries.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useMay } from '../api/session-queries.ts';
import { contactName } from './contacts/contact-name.ts';

/** As many as the API gives at once. */
const OFFERED = 200;

type PickerProps = Omit<SelectProps, 'data'>;

export function ContactPicker(props: PickerProps) {
  return <RecordPicker label="Contact" {...props} queries={contacts} nameOf={contactName} />;
}

export function CompanyPicker(props: PickerProps) {
  return <RecordPicker label="Company" {...props} queries={companies} nameOf={({ name }: Company) => name} />;
}

export function DealPicker(props: PickerProps) {
  return <RecordPicker label="Deal" {...props} queries={deals} nameOf={({ name }: Deal) => name} />;
}

/** Picks a record by its name, out of the newest and the one that is chosen. */
function RecordPicker<R extends BaseRecord, Input extends object>({
  queries,
  nameOf,
  value,
  ...props
}: PickerProps & { queries: RecordQueries<R, Input>; nameOf: (record: R) => string }) {
  const may = useMay(`${queries.plural}:read`);
  const { data: newest = [] } = useInfiniteQuery({ ...queries.list({ limit: OFFERED }), enabled: may });
  const { data: chosen } = useQuery({ ...queries.one(value ?? ''), enabled: may && Boolean(value) });
  const offered = chosen && newest.every(({ id }) => id !== chosen.id) ? [chosen, ...newest] : newest;
  return (
    <Select
      {...props}
      value={value ?? null}
      data={offered.map((record) => ({ value: record.id, label: nameOf(record) }))}
      placeholder="None"
      nothingFoundMessage="Not among the newest 200"
      disabled={!may}
      searchable
      clearable
      limit={50}
    />
  );
}
