import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMessage, IconPhone } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { memberPhonesQuery, phoneNumbersQuery, useClickToCall } from '../api/message-queries.ts';
import { useScopeCheck, useSession } from '../api/session-queries.ts';
import { notifyDone, notifyWhenDone } from '../ui/notify.tsx';

/** Loaded on demand: most visits of a page neither write nor call. */
const ConversationDrawer = lazy(async () => ({
  default: (await import('./conversation-drawer.tsx')).ConversationDrawer,
}));
const OwnPhone = lazy(async () => ({ default: (await import('./own-phone.tsx')).OwnPhone }));

/** Writes to a number and calls it: through a phone connection, else by the device. */
export function PhoneActions({
  number,
  contactId,
  hasMessages = true,
}: {
  number: string;
  contactId: string | null;
  hasMessages?: boolean;
}) {
  const may = useScopeCheck();
  const { data: numbers = [] } = useQuery({ ...phoneNumbersQuery, enabled: may('messages:read') });
  const [isOpen, thread] = useDisclosure();
  const canCall = numbers.some(({ has_calls: hasCalls }) => hasCalls) && may('calls:write');
  return (
    <>
      {hasMessages && numbers.length > 0 && may('messages:send') && (
        <Button variant="default" leftSection={<IconMessage size={15} />} onClick={thread.open}>
          Text
        </Button>
      )}
      {canCall ? (
        <CallButton number={number} contactId={contactId} />
      ) : (
        <Button
          variant="default"
          component="a"
          href={`tel:${number.replaceAll(/[?#%]/g, encodeURIComponent)}`}
          leftSection={<IconPhone size={15} />}
        >
          Call
        </Button>
      )}
      {isOpen && (
        <Suspense>
          <ConversationDrawer number={number} contactId={contactId} onClose={thread.close} />
        </Suspense>
      )}
    </>
  );
}

function CallButton({ number, contactId }: { number: string; contactId: string | null }) {
  const { user } = useSession();
  const { data: phones } = useQuery(memberPhonesQuery);
  const { mutateAsync: call, isPending } = useClickToCall();
  const [isAsking, ask] = useDisclosure();
  const own = phones?.find(({ user_id: id }) => id === user.id);
  const start = () =>
    notifyWhenDone(call({ to: number, ...(contactId !== null && { contact_id: contactId }) }), () =>
      notifyDone('Your phone rings now. Once you answer, they are called.'),
    );
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPhone size={15} />}
        loading={isPending}
        onClick={() => (own ? start() : ask.open())}
      >
        Call
      </Button>
      {isAsking && (
        <Suspense>
          <OwnPhone
            userId={user.id}
            onClose={ask.close}
            onSaved={() => {
              ask.close();
              start();
            }}
          />
        </Suspense>
      )}
    </>
  );
}
