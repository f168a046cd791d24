import { lazy, Suspense } from 'react';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconX } from '@tabler/icons-react';
import { deals, type Deal } from '../../api/deal-queries.ts';
import { useUpdateRecord } from '../../api/record-queries.ts';
import { notifyError } from '../../ui/notify.tsx';

const LostForm = lazy(async () => ({ default: (await import('./lost-form.tsx')).LostForm }));

/** Buttons that mark a deal as won or lost, or reopen it. */
export function DealOutcome({ deal }: { deal: Deal }) {
  const { mutate: update, mutateAsync: updateAsync, isPending } = useUpdateRecord(deals);
  const [losing, lose] = useDisclosure();
  /** The reason of an earlier loss no longer holds. */
  const setStatus = (status: 'open' | 'won') =>
    update(
      { id: deal.id, version: deal.version, change: { status, lost_reason: null } },
      { onError: notifyError },
    );
  const setLost = (reason: string | null) =>
    updateAsync({
      id: deal.id,
      version: deal.version,
      change: { status: 'lost', lost_reason: reason },
    });

  if (deal.status !== 'open') {
    return (
      <Button variant="default" loading={isPending} onClick={() => setStatus('open')}>
        Reopen
      </Button>
    );
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconCheck size={15} />}
        loading={isPending}
        onClick={() => setStatus('won')}
      >
        Won
      </Button>
      <Button variant="default" leftSection={<IconX size={15} />} onClick={lose.open}>
        Lost
      </Button>
      <Suspense>{losing && <LostForm deal={deal} onLost={setLost} onClose={lose.close} />}</Suspense>
    </>
  );
}
