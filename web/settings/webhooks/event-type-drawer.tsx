import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil, IconSend, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useRemoveCustomType, type CustomType } from '../../api/custom-type-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { Moment } from '../../ui/relative-time.tsx';
import { notifyWhenDone, notifyDone } from '../../ui/notify.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { EventDrawer } from './event-drawer.tsx';
import { EventTypeForm, jsonText } from './event-type-form.tsx';
import { PublishEvent } from './publish-event.tsx';

/** A custom event type and its actions. */
export function EventTypeDrawer({ type, onClose }: { type: CustomType; onClose: () => void }) {
  const mayManage = useHasScope('webhooks:manage');
  const mayPublish = useHasScope('events:write');
  const mayRead = useHasScope('events:read');
  const [editing, edit] = useDisclosure();
  const [publishing, publish] = useDisclosure();
  const [published, setPublished] = useState<string | null>(null);
  if (editing) return <EventTypeForm type={type} onClose={edit.close} onSaved={edit.close} />;
  if (published !== null) return <EventDrawer id={published} onClose={() => setPublished(null)} />;

  return (
    <Drawer
      opened
      onClose={onClose}
      size="34rem"
      title={<span className="mono">{type.name}</span>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="lg">
        {type.description !== '' && <Text size="sm">{type.description}</Text>}
        <Group gap="xs">
          {mayPublish && (
            <Button leftSection={<IconSend size={15} />} onClick={publish.open}>
              Publish event
            </Button>
          )}
          {mayManage && (
            <>
              <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
                Edit
              </Button>
              <DeleteButton type={type} onDeleted={onClose} />
            </>
          )}
        </Group>
        <PropertyList label="Event type">
          <Property name="Created">
            <Moment at={type.created_at} />
          </Property>
          <Property name="Updated">
            <Moment at={type.updated_at} />
          </Property>
        </PropertyList>
        <CodeBlock label="Schema" code={jsonText(type.schema)} />
        <CodeBlock label="Sample" code={jsonText(type.sample)} />
      </Stack>
      {publishing && (
        <PublishEvent
          type={type}
          onClose={publish.close}
          onPublished={({ id }) => {
            publish.close();
            notifyDone(`${type.name} published`);
            if (mayRead) setPublished(id);
          }}
        />
      )}
    </Drawer>
  );
}

function DeleteButton({ type, onDeleted }: { type: CustomType; onDeleted: () => void }) {
  const { mutateAsync: remove } = useRemoveCustomType(type.name);
  const confirmAction = () =>
    confirm({
      title: `Delete ${type.name}?`,
      text: 'Events of this type can no longer be published. Past events stay readable and can be resent. Webhooks that subscribe to it are kept.',
      action: 'Delete event type',
      onConfirm: () =>
        notifyWhenDone(remove(), () => {
          notifyDone(`${type.name} deleted`);
          onDeleted();
        }),
    });
  return (
    <Button variant="default" c="red" leftSection={<IconTrash size={15} />} onClick={confirmAction}>
      Delete
    </Button>
  );
}
