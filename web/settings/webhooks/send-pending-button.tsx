import { Button } from '@mantine/core';
import { useSendPending } from '../../api/webhook-queries.ts';
import { notifyDone, notifyError } from '../../ui/notify.tsx';

/** Everything that waits for a retry, in all webhooks of the workspace, is tried now. */
export function SendPendingButton() {
  const { mutate: send, isPending } = useSendPending();
  const rendered = ({ pending }: { pending: number }) =>
    notifyDone(pending === 0 ? 'Nothing is waiting.' : `${pending} waiting: being sent now.`);
  return (
    <Button
      variant="default"
      loading={isPending}
      onClick={() => send(undefined, { onSuccess: rendered, onError: notifyError })}
    >
      Send pending now
    </Button>
  );
}
