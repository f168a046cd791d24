import { Select } from '@mantine/core';
import { useSession } from '../api/session-queries.ts';
import { CURRENCIES } from '../ui/format.ts';
import { inputProps, type FieldKind, type InputProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  const { workspace } = useSession();
  return (
    <Select
      {...inputProps(props)}
      data={[...CURRENCIES]}
      placeholder={workspace.currency}
      nothingFoundMessage="No such currency"
      searchable
    />
  );
}

export const currencyCode: FieldKind = {
  Input,
  Cell: ShownText,
  Value: ShownText,
  Filter: ExactFilter,
  empty: null,
  isShort: true,
  column: { width: '6rem' },
};
