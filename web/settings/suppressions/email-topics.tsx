import { ActionIcon, Button, Group, Text, TextInput, Title } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useAddEmailTopic, useRemoveEmailTopic, type EmailTopic } from '../../api/suppression-queries.ts';
import { confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './suppressions-page.module.css';

/** What recipients can unsubscribe from without unsubscribing from everything. */
export function EmailTopics({ topics, mayManage }: { topics: readonly EmailTopic[]; mayManage: boolean }) {
  return (
    <section aria-labelledby="email-topics-title" className={classes.topics}>
      <Title order={2} id="email-topics-title">
        Topics
      </Title>
      <Text size="sm" c="dimmed">
        Recipients choose among them on their preference page, as Newsletter.
      </Text>
      {topics.length > 0 && (
        <ul>
          {topics.map((topic) => (
            <li key={topic.id}>
              {topic.name}
              {mayManage && <RemoveTopic topic={topic} />}
            </li>
          ))}
        </ul>
      )}
      {mayManage && <NewTopic />}
    </section>
  );
}

function RemoveTopic({ topic: { id, name } }: { topic: EmailTopic }) {
  const { mutateAsync: remove, isPending } = useRemoveEmailTopic();
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Delete the topic ${name}`}
      loading={isPending}
      onClick={() =>
        confirm({
          title: `Delete the topic ${name}?`,
          text: 'Recipients who unsubscribed from it stay subscribed to other emails.',
          action: 'Delete topic',
          onConfirm: () => notifyWhenDone(remove(id), () => notifyDone(`${name} deleted`)),
        })
      }
    >
      <IconTrash size={16} />
    </ActionIcon>
  );
}

function NewTopic() {
  const { mutateAsync: add } = useAddEmailTopic();
  const api = useApiForm({ name: '' }, async ({ name }, form) => {
    await add(name);
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit} aria-label="New topic">
      <Group align="flex-start" gap="xs" wrap="nowrap" mt="xs">
        <TextInput
          flex={1}
          aria-label="New topic"
          placeholder="New topic"
          maxLength={100}
          required
          {...api.form.getInputProps('name')}
          error={api.form.errors['name'] ?? api.error?.message}
        />
        <Button type="submit" variant="default" loading={api.busy}>
          Add
        </Button>
      </Group>
    </form>
  );
}
