import { Button, Group, Modal, Radio, Stack } from '@mantine/core';
import { useSetReaders, type MailSource } from '../api/inbound-mail-queries.ts';
import { PersonPicker } from '../record/person.tsx';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { useApiForm } from '../ui/use-api-form.ts';

/** Chooses whether the team reads the mails of a source, or one member alone. */
export function MailReaders({ source, onClose }: { source: MailSource; onClose: () => void }) {
  const { mutateAsync: save } = useSetReaders(source.connection_id);
  const { visibility, owner } = source;
  const { form, error, busy, onSubmit } = useApiForm({ visibility, owner }, async (values) => {
    await save(values);
    notifyDone('Saved for new emails');
    onClose();
  });
  const isPrivate = form.values.visibility === 'private';
  return (
    <Modal opened onClose={onClose} title={`Who reads the emails of ${source.name}`}>
      <form onSubmit={onSubmit}>
        <Stack>
          <Radio.Group label="Readers" {...form.getInputProps('visibility')}>
            <Stack gap="xs" mt="xs">
              <Radio value="team" label="The team" description="Everyone who may read emails." />
              <Radio
                value="private"
                label="Only its member"
                description="Colleagues see that there is an email, and not what it says."
              />
            </Stack>
          </Radio.Group>
          <PersonPicker label="Member" required={isPrivate} {...form.getInputProps('owner')} />
          {error && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={busy} disabled={isPrivate && form.values.owner === null}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
