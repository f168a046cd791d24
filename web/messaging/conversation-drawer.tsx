import { Drawer } from '@mantine/core';
import { Conversation } from './conversation.tsx';

/** The messages with a number, next to the page of a record. */
export function ConversationDrawer({
  number,
  contactId,
  onClose,
}: {
  number: string;
  contactId: string | null;
  onClose: () => void;
}) {
  return (
    <Drawer opened onClose={onClose} position="right" title={`Messages with ${number}`} size="md">
      <Conversation number={number} contactId={contactId} />
    </Drawer>
  );
}
