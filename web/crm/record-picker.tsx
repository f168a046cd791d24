import { Select, type SelectProps } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { companies, type Company } from '../api/company-queries.ts';
import { contacts } from '../api/contact-queries.ts';
import { deals, type Deal } from '../api/deal-queries.ts';
import type { BaseRecord, RecordQueries } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { contactName } from './contacts/contact-name.ts';

/** The maximum page size of the API. */
const MAX_OPTIONS = 200;

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

/** Selects a record by name, from the newest 200 and the current one. */
function RecordPicker<R extends BaseRecord, Input extends object>({
  queries,
  nameOf,
  value,
  ...props
}: PickerProps & { queries: RecordQueries<R, Input>; nameOf: (record: R) => string }) {
  const may = useHasScope(`${queries.plural}:read`);
  const { data: newest = [] } = useInfiniteQuery({ ...queries.list({ limit: MAX_OPTIONS }), enabled: may });
  const { data: chosen } = useQuery({ ...queries.detail(value ?? ''), enabled: may && Boolean(value) });
  const options = chosen && newest.every(({ id }) => id !== chosen.id) ? [chosen, ...newest] : newest;
  return (
    <Select
      {...props}
      value={value ?? null}
      data={options.map((record) => ({ value: record.id, label: nameOf(record) }))}
      placeholder="None"
      nothingFoundMessage="No matches in the newest 200"
      disabled={!may}
      searchable
      clearable
      limit={50}
    />
  );
}
