import { useForm, type UseFormReturnType } from '@mantine/form';
import { useState, type FormEvent } from 'react';
import { ApiError, type FieldError } from '../api/client.ts';
import { capitalised } from './capitalised.ts';

export interface ApiForm<Values extends object> {
  form: UseFormReturnType<Values>;
  /** The error, unless the fields show all of it. */
  error: Error | null;
  /** The field errors of the last response, by path. */
  fieldErrors: readonly FieldError[];
  busy: boolean;
  onSubmit: (event?: FormEvent<HTMLFormElement>) => void;
}

/**
 * A form that is validated by the API: the field errors of a 400 show at their fields, other errors in `error`.
 * @param submit rejects with the error of the API
 */
export function useApiForm<Values extends object>(
  initialValues: Values,
  submit: (values: Values, form: UseFormReturnType<Values>) => Promise<unknown>,
): ApiForm<Values> {
  const form = useForm<Values>({ initialValues });
  const [error, setError] = useState<Error | null>(null);
  const [fieldErrors, setFieldErrors] = useState<readonly FieldError[]>([]);
  const [busy, setBusy] = useState(false);

  const send = async (values: Values) => {
    setBusy(true);
    setError(null);
    try {
      await submit(values, form);
    } catch (caught) {
      const failed = caught as Error;
      const shown = topLevelErrors(failed, Object.keys(values));
      form.setErrors({ ...nestedErrors(failed), ...shown });
      setFieldErrors(failed instanceof ApiError ? failed.fields : []);
      form.getInputNode(Object.keys(shown)[0] ?? '')?.focus();
      if (!isAllShown(failed, shown)) setError(failed);
    } finally {
      setBusy(false);
    }
  };
  return { form, error, fieldErrors, busy, onSubmit: form.onSubmit((values) => void send(values)) };
}

/** Messages by form field; `events.0` belongs to the field `events`. */
function topLevelErrors(error: Error, names: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const shown: Record<string, string> = {};
  for (const { field, message } of error.fields) {
    const name = names.find((item) => item === field || field.startsWith(`${item}.`));
    if (name !== undefined) shown[name] ??= sentence(message);
  }
  return shown;
}

/** Messages by full path: `retry.max` has its own input. */
function nestedErrors(error: Error): Record<string, string> {
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
