import { Alert, Button } from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { payments, unassignedQuery, type Payment } from '../api/payment-queries.ts';
import { useObject, type ObjectType } from '../api/object-queries.ts';
import { matchesQuery, useUpdateRecord } from '../api/record-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { RecordLink } from '../record/record-link.tsx';
import { RecordPicker } from '../record/record-picker.tsx';
import { recordTitle } from '../record/record-title.ts';
import { numberText } from '../ui/format.ts';
import { notifyDone, notifyError } from '../ui/notify.tsx';
import classes from './payments.module.css';
import { useProviderName } from './provider-name.tsx';

/** Lets a person say who paid, where that is not certain. */
export function PayerChoice({ payment }: { payment: Payment }) {
  const contact = useObject('contact');
  if (payment.match_ambiguous) return <AmbiguousPayer payment={payment} contact={contact} />;
  if (payment.matched_by === 'unmatched') return <UnmatchedPayer payment={payment} contact={contact} />;
  return null;
}

interface PayerProps {
  payment: Payment;
  /** Undefined for those who may not read contacts. */
  contact: ObjectType | undefined;
}

function UnmatchedPayer({ payment, contact }: PayerProps) {
  const nameOf = useProviderName();
  const { data: others } = useQuery(unassignedQuery(payment));
  const earlier = (others?.count ?? 1) - 1;
  const payer = [payment.customer_name, payment.customer_email].filter(Boolean).join(', ');
  return (
    <Alert color="yellow" icon={<IconUserQuestion size={18} />} className={classes.notice} title="Who paid?">
      No contact matches this payment{payer && ` of ${payer}`} at {nameOf(payment.provider)}.
      {earlier > 0 &&
        ` ${numberText(earlier)} other ${earlier === 1 ? 'payment' : 'payments'} of this customer will move along.`}
      <ChoosePayer payment={payment} contact={contact} />
    </Alert>
  );
}

/** The contacts that have the address of the payer. */
function AmbiguousPayer({ payment, contact }: PayerProps) {
  const { customer_email: email, contact_id: chosen } = payment;
  const { data: found = [] } = useQuery({
    ...matchesQuery({ plural: 'contacts' }, email === null ? {} : { email }),
    enabled: contact !== undefined && email !== null,
  });
  const { assign, isPending, mayWrite } = useAssignment(payment);
  return (
    <Alert color="yellow" icon={<IconUserQuestion size={18} />} className={classes.notice} title="Who paid?">
      Several contacts could have made this payment{email !== null && ` of ${email}`}. The oldest one was
      taken
      {chosen !== null && (
        <>
          : <RecordLink objectKey="contact" id={chosen} />
        </>
      )}
      .
      {mayWrite && contact && (
        <div className={classes.choices}>
          <Button size="xs" variant="default" loading={isPending} onClick={() => assign(null)}>
            Keep this contact
          </Button>
          {found
            .filter(({ id }) => id !== chosen)
            .map((other) => (
              <Button
                key={other.id}
                size="xs"
                variant="default"
                loading={isPending}
                onClick={() => assign(other.id)}
              >
                Assign to {recordTitle(contact, other)}
              </Button>
            ))}
        </div>
      )}
      <ChoosePayer payment={payment} contact={contact} />
    </Alert>
  );
}

function ChoosePayer({ payment, contact }: PayerProps) {
  const [chosen, choose] = useState<string | null>(null);
  const { assign, isPending, mayWrite } = useAssignment(payment);
  if (!mayWrite || !contact) return null;
  return (
    <div className={classes.choices}>
      <RecordPicker
        object={contact}
        mayCreate
        aria-label="Who paid"
        placeholder="Choose a contact"
        className={classes.picker ?? ''}
        value={chosen}
        onChange={choose}
      />
      <Button
        disabled={chosen === null}
        loading={isPending}
        onClick={() => chosen !== null && assign(chosen)}
      >
        Assign contact
      </Button>
    </div>
  );
}

/** Assigns a contact; null confirms the one that was taken. */
function useAssignment({ id, version, contact_id: taken }: Payment) {
  const mayWrite = useHasScope('payments:write');
  const { mutate, isPending } = useUpdateRecord(payments);
  const assign = (contactId: string | null) =>
    mutate(
      {
        id,
        version,
        change: { contact_id: contactId ?? taken, ...(contactId === null && { match_ambiguous: false }) },
      },
      {
        onSuccess: () => notifyDone(contactId === null ? 'Contact confirmed' : 'Contact assigned'),
        onError: notifyError,
      },
    );
  return { assign, isPending, mayWrite };
}
