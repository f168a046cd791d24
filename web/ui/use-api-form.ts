import { useForm, type UseFormReturnType } from '@mantine/form';
import { useState, type FormEvent } from 'react';
import { ApiError, type FieldError } from '../api/client.ts';
import { capitalised } from './capitalised.ts';

export interface ApiForm<Values extends object> {
  form: UseFormReturnType<Values>;
  /** What went wrong, as far as no field shows it. */
  error: Error | null;
  /** What the API refused when it was last sent, place by place. */
  refused: readonly FieldError[];
  busy: boolean;
  onSubmit: (event?: FormEvent<HTMLFormElement>) => void;
}

/**
 * A form whose last word the API has: the fields that a 400 names get its messages, anything else stands in `error`.
 * @param submit rejects with what the API said
 */
export function useApiForm<Values extends object>(
  initialValues: Values,
  submit: (values: Values, form: UseFormReturnType<Values>) => Promise<unknown>,
): ApiForm<Values> {
  const form = useForm<Values>({ initialValues });
  const [error, setError] = useState<Error | null>(null);
  const [refused, setRefused] = useState<readonly FieldError[]>([]);
  const [busy, setBusy] = useState(false);

  const send = async (values: Values) => {
    setBusy(true);
    setError(null);
    try {
      await submit(values, form);
    } catch (caught) {
      const failed = caught as Error;
      const shown = fieldErrors(failed, Object.keys(values));
      form.setErrors({ ...placeErrors(failed), ...shown });
      setRefused(failed instanceof ApiError ? failed.fields : []);
      form.getInputNode(Object.keys(shown)[0] ?? '')?.focus();
      if (!isAllShown(failed, shown)) setError(failed);
    } finally {
      setBusy(false);
    }
  };
  return { form, error, refused, busy, onSubmit: form.onSubmit((values) => void send(values)) };
}

/** Messages by field of the form; `events.0` belongs to the field `events`. */
function fieldErrors(error: Error, names: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const shown: Record<string, string> = {};
  for (const { field, message } of error.fields) {
    const name = names.find((item) => item === field || field.startsWith(`${item}.`));
    if (name !== undefined) shown[name] ??= sentence(message);
  }
  return shown;
}

/** The same for what lies inside a field: `retry.max` has an input of its own. */
function placeErrors(error: Error): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.fields.toReversed().flatMap(({ field, message }) => {
      const parts = field.split('.');
      return parts.map((_part, at) => [parts.slice(0, at + 1).join('.'), sentence(message)]);
    }),
  );
}

function isAllShown(error: Error, shown: Record<string, string>): boolean {
  return (
    error instanceof ApiError && error.fields.length > 0 && error.fields.length <= Object.keys(shown).length
  );
}

/** `must not be empty` to `Must not be empty.` */
function sentence(message: string): string {
  return capitalised(message) + (/[.!?]$/.test(message) ? '' : '.');
}
