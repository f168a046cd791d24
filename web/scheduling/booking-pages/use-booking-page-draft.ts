import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  bookingPageQuery,
  useCreateBookingPage,
  useUpdateBookingPage,
  type BookingPage,
} from '../../api/booking-page-queries.ts';
import { isConflict } from '../../api/client.ts';
import { useSession } from '../../api/session-queries.ts';
import { useApiForm, type ApiForm } from '../../ui/use-api-form.ts';
import {
  changedSettings,
  toNewPage,
  toValues,
  withQuestionLabels,
  type DraftValues,
} from './booking-page-draft.ts';

export interface BookingPageDraftApi extends ApiForm<DraftValues> {
  /** The version of the page that the draft is based on; null for a new one. */
  base: BookingPage | null;
  /** Set when another user changed the page. `load` merges their version and keeps the local edits. */
  conflict: { load: () => void } | null;
}

/** The draft of a new or existing booking page. An update sends only the changed settings, with the loaded version. */
export function useBookingPageDraft(
  opened: BookingPage | null,
  onSaved: (page: BookingPage) => void | Promise<void>,
): BookingPageDraftApi {
  const client = useQueryClient();
  const { user } = useSession();
  const { mutateAsync: create } = useCreateBookingPage();
  const { mutateAsync: update } = useUpdateBookingPage();
  const [base, setBase] = useState(opened);
  const [conflict, setConflict] = useState(false);

  const save = async (values: DraftValues): Promise<BookingPage> => {
    if (base === null) return create(toNewPage(values));
    const change = changedSettings(values, toValues(base, user.id));
    return Object.keys(change).length === 0 ? base : update({ ...base, change });
  };
  /** Makes a version the base of the draft. @param ours the local edits, which stay */
  const take = (form: ApiForm<DraftValues>['form'], page: BookingPage, ours: Partial<DraftValues>) => {
    form.setInitialValues(toValues(page, user.id));
    form.setValues({ ...toValues(page, user.id), ...ours });
    setBase(page);
    setConflict(false);
  };
  const api = useApiForm(toValues(opened, user.id), async (values, form) => {
    try {
      const saved = await save(values);
      take(form, saved, {});
      await onSaved(saved);
    } catch (error) {
      if (!isConflict(error as Error)) throw withQuestionLabels(error, values.questions);
      setConflict(true);
    }
  });

  const load = async () => {
    if (base === null) return;
    const theirs = await client.fetchQuery({ ...bookingPageQuery(base.id), staleTime: 0 });
    const values = api.form.getValues();
    const changed = Object.keys(changedSettings(values, toValues(base, user.id))) as (keyof DraftValues)[];
    take(api.form, theirs, Object.fromEntries(changed.map((name) => [name, values[name]])));
  };
  return { ...api, base, conflict: conflict ? { load: () => void load() } : null };
}
