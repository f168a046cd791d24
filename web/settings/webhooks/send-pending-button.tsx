import { Button } from '@mantine/core';
import { useSendPending } from '../../api/webhook-queries.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';

/** Sends all pending retries of all webhooks now. */
export function SendPendingButton() {
  const { mutate: send, isPending } = useSendPending();
  const onSuccess = ({ pending }: { pending: number }) =>
    notifyDone(
      pending === 0
        ? 'No pending deliveries'
        : `Sending ${pending} pending ${pending === 1 ? 'delivery' : 'deliveries'}`,
    );
  return (
    <Button
      variant="default"
      loading={isPending}
      onClick={() => send(undefined, { onSuccess, onError: notifyError })}
    >
      Send pending now
    </Button>
  );
}
