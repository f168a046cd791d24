import { Button, Drawer, Group, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMessage, IconPhone } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import {
  memberPhonesQuery,
  phoneNumbersQuery,
  useClickToCall,
  useSetMemberPhone,
} from '../api/message-queries.ts';
import { useScopeCheck, useSession } from '../api/session-queries.ts';
import { notifyDone, notifyWhenDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';
import { Conversation } from './conversation.tsx';

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
        <Drawer opened onClose={thread.close} position="right" title={`Messages with ${number}`} size="md">
          <Conversation number={number} contactId={contactId} />
        </Drawer>
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
        <OwnPhone
          userId={user.id}
          onClose={ask.close}
          onSaved={() => {
            ask.close();
            start();
          }}
        />
      )}
    </>
  );
}

/** Asked once: which phone of the member rings first. */
function OwnPhone({
  userId,
  onClose,
  onSaved,
}: {
  userId: string;
  onClose: () => void;
  onSaved: () => void;
}) {
  const { mutateAsync: save } = useSetMemberPhone();
  const api = useApiForm({ phone: '' }, async ({ phone }) => {
    await save({ userId, phone });
    onSaved();
  });
  return (
    <Modal opened onClose={onClose} title="Your phone">
      <form onSubmit={api.onSubmit}>
        <TextInput
          data-autofocus
          required
          type="tel"
          label="Your phone number"
          description="It rings first. Calls of your contacts ring there too."
          {...api.form.getInputProps('phone')}
          error={api.form.errors['phone'] ?? api.error?.message}
        />
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={api.busy}>
            Save and call
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
