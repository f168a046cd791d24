import { Select } from '@mantine/core';
import { defaultText, inputProps, type FieldKind, type InputProps } from './field-kind.ts';
import { ExactFilter, ShownText } from './text.tsx';

function Input(props: InputProps) {
  const { field } = props;
  return (
    <Select
      {...inputProps(props)}
      data={field.options ?? []}
      placeholder={defaultText(field)}
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
