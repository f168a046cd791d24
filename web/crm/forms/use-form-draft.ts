import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isConflict } from '../../api/client.ts';
import { formQuery, useCreateForm, useUpdateForm, type Form } from '../../api/form-queries.ts';
import { useApiForm, type ApiForm } from '../../ui/use-api-form.ts';
import { changedIn, draftOf, valuesOf, withLabels, type DraftValues } from './form-draft.ts';

export interface FormDraftApi extends ApiForm<DraftValues> {
  /** The form as the draft began with it; null for a new one. */
  base: Form | null;
  /** Somebody else changed the form meanwhile; `load` takes their changes in, and keeps what was changed here. */
  conflict: { load: () => void } | null;
}

/**
 * The draft of a form, new or opened: then it sends only what differs, and only on top of the version that was seen, so
 * that nobody's change is overwritten unread.
 */
export function useFormDraft(opened: Form | null, onSaved: (form: Form) => Promise<void>): FormDraftApi {
  const client = useQueryClient();
  const { mutateAsync: create } = useCreateForm();
  const { mutateAsync: update } = useUpdateForm();
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);

  const save = async (values: DraftValues): Promise<Form> => {
    if (base === null) return create(draftOf(values));
    const change = changedIn(values, valuesOf(base));
    return Object.keys(change).length === 0 ? base : update({ ...base, change });
  };
  const api = useApiForm(valuesOf(opened), async (values) => {
    try {
      await onSaved(await save(values));
    } catch (error) {
      if (!isConflict(error as Error)) throw withLabels(error, values.fields);
      setConflict(true);
    }
  });

  const load = async () => {
    if (base === null) return;
    const theirs = await client.fetchQuery({ ...formQuery(base.id), staleTime: 0 });
    const values = api.form.getValues();
    const changed = Object.keys(changedIn(values, valuesOf(base))) as (keyof DraftValues)[];
    const ours = Object.fromEntries(changed.map((name) => [name, values[name]]));
    api.form.setInitialValues(valuesOf(theirs));
    api.form.setValues({ ...valuesOf(theirs), ...ours });
    setBase(theirs);
    setConflict(false);
  };
  return { ...api, base, conflict: conflict ? { load: () => void load() } : null };
}
