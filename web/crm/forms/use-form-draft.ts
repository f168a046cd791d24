import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isConflict } from '../../api/client.ts';
import { formQuery, useCreateForm, useUpdateForm, type Form } from '../../api/form-queries.ts';
import { useApiForm, type ApiForm } from '../../ui/use-api-form.ts';
import { changedFields, toDraft, toFormValues, withLabels, type DraftValues } from './form-draft.ts';

export interface FormDraftApi extends ApiForm<DraftValues> {
  /** The version of the form that the draft is based on; null for a new one. */
  base: Form | null;
  /** Set when another user changed the form. `load` merges their version and keeps the local edits. */
  conflict: { load: () => void } | null;
}

/**
 * The draft of a new or existing form. An update sends only the changed fields, with the version that was loaded, so that
 * it cannot overwrite changes of another user.
 */
export function useFormDraft(opened: Form | null, onSaved: (form: Form) => Promise<void>): FormDraftApi {
  const client = useQueryClient();
  const { mutateAsync: create } = useCreateForm();
  const { mutateAsync: update } = useUpdateForm();
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);

  const save = async (values: DraftValues): Promise<Form> => {
    if (base === null) return create(toDraft(values));
    const change = changedFields(values, toFormValues(base));
    return Object.keys(change).length === 0 ? base : update({ ...base, change });
  };
  const api = useApiForm(toFormValues(opened), async (values) => {
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
    const changed = Object.keys(changedFields(values, toFormValues(base))) as (keyof DraftValues)[];
    const ours = Object.fromEntries(changed.map((name) => [name, values[name]]));
    api.form.setInitialValues(toFormValues(theirs));
    api.form.setValues({ ...toFormValues(theirs), ...ours });
    setBase(theirs);
    setConflict(false);
  };
  return { ...api, base, conflict: conflict ? { load: () => void load() } : null };
}
