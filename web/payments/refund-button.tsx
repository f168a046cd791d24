import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconReceiptRefund } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { MANUAL, type Payment } from '../api/payment-queries.ts';

/** Loaded on demand: most visits of a page only read it. */
const RefundForm = lazy(async () => ({ default: (await import('./refund-form.tsx')).RefundForm }));

/** Records a refund of a manual payment; payments of providers are refunded there. */
export function RefundButton({ payment }: { payment: Payment }) {
  const [isOpen, form] = useDisclosure();
  const { provider, amount_received: received, amount_refunded: refunded } = payment;
  if (provider !== MANUAL || received - refunded <= 0) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconReceiptRefund size={15} />} onClick={form.open}>
        Record a refund
      </Button>
      <Suspense>{isOpen && <RefundForm payment={payment} onClose={form.close} />}</Suspense>
    </>
  );
}
