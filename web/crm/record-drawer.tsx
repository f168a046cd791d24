import type { ReactNode } from 'react';
import { FormDrawer } from '../ui/form-drawer.tsx';
import { ConflictNotice } from './conflict-notice.tsx';
import type { RecordForm } from './use-record-form.ts';

/** The drawer with the form that creates or edits a record. */
export function RecordDrawer<Values extends object>({
  noun,
  isNew,
  api,
  onClose,
  children,
}: {
  noun: string;
  isNew: boolean;
  api: RecordForm<Values>;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <FormDrawer
      title={isNew ? `New ${noun}` : `Edit ${noun}`}
      action={isNew ? `Create ${noun}` : 'Save'}
      api={api}
      notice={api.conflict && <ConflictNotice noun={noun} load={api.conflict.load} />}
      onClose={onClose}
    >
      {children}
    </FormDrawer>
  );
}
