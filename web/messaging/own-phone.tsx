import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useSetMemberPhone } from '../api/message-queries.ts';
import { useApiForm } from '../ui/use-api-form.ts';

/** Asked once: which phone of the member rings first. */
export function OwnPhone({
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
