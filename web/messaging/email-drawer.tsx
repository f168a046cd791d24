import { Drawer } from '@mantine/core';
import type { Email, PreviewRecords } from '../api/email-queries.ts';
import { EmailEditForm, EmailForm } from './email-form.tsx';
import type { AnsweredEmail } from './use-email-submission.ts';

/** Writes an email in a drawer, or changes one that is not sent yet. */
export function EmailDrawer({
  links,
  answered,
  edited,
  onClose,
  onSent,
}: {
  links?: PreviewRecords;
  answered?: AnsweredEmail;
  edited?: Email;
  onClose: () => void;
  onSent: (id: string) => void;
}) {
  return (
    <Drawer
      opened
      onClose={onClose}
      title={edited ? 'Edit email' : answered ? 'Reply' : 'New email'}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {edited ? (
        <EmailEditForm email={edited} onSaved={() => onSent(edited.id)} />
      ) : (
        <EmailForm
          {...(links && { links })}
          {...(answered && { answered })}
          onSent={(id) => {
            onClose();
            onSent(id);
          }}
        />
      )}
    </Drawer>
  );
}
