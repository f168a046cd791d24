import { Anchor, Select, TextInput, VisuallyHidden } from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import type { Payment } from '../api/payment-queries.ts';
import { inputProps, type FilterProps, type InputProps, type ShownProps } from '../fields/field-kind.ts';
import { record } from '../fields/record.tsx';
import { SelectFilter } from '../ui/filters.tsx';
import classes from './payments.module.css';

/** The statuses that a payment can be given by hand; the others follow from its refunds. */
const MANUAL_STATUSES = ['received', 'pending', 'failed', 'canceled'];

export function StatusInput(props: InputProps) {
  const { field } = props;
  const options = MANUAL_STATUSES.flatMap(
    (status) => field.options?.find(({ value }) => value === status) ?? [],
  );
  return <Select {...inputProps(props)} data={options} allowDeselect={false} />;
}

/** The reference of a manual payment, such as of a transfer. */
export function ReferenceInput(props: InputProps) {
  return <TextInput {...inputProps(props)} label="Reference" placeholder="Transfer or invoice number" />;
}

/** Any URL may be stored; only a safe one becomes a link. */
export function ReceiptLink({ value }: ShownProps<unknown>) {
  const address = String(value);
  if (!/^https:\/\//i.test(address)) return address;
  return (
    <Anchor href={address} target="_blank" rel="noopener noreferrer">
      Open receipt
    </Anchor>
  );
}

/** The contact of a payment in a list, and whether others could have paid it. */
export function PayerCell(props: ShownProps<Payment>) {
  const { Cell } = record;
  const { match_ambiguous: isAmbiguous } = props.record;
  return (
    <>
      <Cell {...props} record={props.record} />
      {isAmbiguous && (
        <>
          <IconUserQuestion size={15} stroke={1.6} className={classes.doubt} aria-hidden />
          <VisuallyHidden>Ambiguous match</VisuallyHidden>
        </>
      )}
    </>
  );
}

const AMBIGUOUS = 'ambiguous';

/** How the contact was found; what a person has to settle comes first. */
export function MatchFilter({ field, value, filters, onFilters }: FilterProps) {
  const others = (field.options ?? []).filter((option) => option.value !== 'unmatched');
  return (
    <SelectFilter
      label="Match"
      value={filters['match_ambiguous'] === 'true' ? AMBIGUOUS : value}
      onChange={(chosen) =>
        onFilters(
          chosen === AMBIGUOUS
            ? { matched_by: undefined, match_ambiguous: 'true' }
            : { matched_by: chosen, match_ambiguous: undefined },
        )
      }
      options={[
        { value: 'unmatched', label: 'Unmatched' },
        { value: AMBIGUOUS, label: 'Ambiguous' },
        ...others,
      ]}
    />
  );
}
