import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { ApiError } from '../api/client.ts';
import { useRecordRefund, type Payment } from '../api/payment-queries.ts';
import { amountProblem } from '../fields/currency.tsx';
import { DecimalInput } from '../ui/decimal-input.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { amountText, decimalsOf } from '../ui/format.ts';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';

/** Records a refund of a manual payment. */
export function RefundForm({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { id, currency, amount_received: received, amount_refunded: refunded } = payment;
  const { mutateAsync: record } = useRecordRefund(id);
  const left = Number((received - refunded).toFixed(decimalsOf(currency)));
  const api = useApiForm<{ amount: number | string; reason: string }>(
    { amount: left, reason: '' },
    async ({ amount, reason }) => {
      const problem = typeof amount === 'number' ? amountProblem(amount, currency) : 'Enter an amount.';
      if (problem !== null) throw invalidAmount(problem);
      const refund = await record({ amount: Number(amount), reason: reason.trim() || null });
      notifyDone(`Refund of ${amountText(refund.amount, currency)} recorded`);
      onClose();
    },
  );
  return (
    <Modal opened onClose={onClose} title="Record a refund" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={api.onSubmit}>
        <Stack>
          {api.error && <ErrorPanel error={api.error} />}
          <Text size="sm" c="dimmed">
            Send the money back by your bank or in cash. This only records it.
          </Text>
          <DecimalInput
            label={`Amount, ${currency}`}
            description={
              refunded > 0
                ? `${amountText(left, currency)} of ${amountText(received, currency)} is left.`
                : `At most ${amountText(left, currency)}.`
            }
            decimals={decimalsOf(currency)}
            required
            data-autofocus
            {...api.form.getInputProps('amount')}
          />
          <TextInput
            label="Reason"
            description="Optional."
            maxLength={200}
            {...api.form.getInputProps('reason')}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={api.busy}>
              Record refund
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function invalidAmount(message: string): ApiError {
  return new ApiError({
    status: 400,
    code: 'validation_error',
    message,
    fields: [{ field: 'amount', message }],
  });
}
