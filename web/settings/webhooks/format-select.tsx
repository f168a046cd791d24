import { Select, type SelectProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';

interface FormatSelectProps extends Omit<SelectProps, 'data' | 'onChange'> {
  formats: readonly WebhookFormat[];
  onChange?: (format: string) => void;
}

/** Selects a webhook format. */
export function FormatSelect({ formats, onChange, ...props }: FormatSelectProps) {
  return (
    <Select
      data={formats.map(({ name, label }) => ({ value: name, label }))}
      allowDeselect={false}
      {...props}
      onChange={(chosen) => chosen !== null && onChange?.(chosen)}
    />
  );
}

/** The display name of a webhook format. */
export function FormatName({ format }: { format: string }) {
  const { data: formats } = useQuery(webhookFormatsQuery);
  return formats?.find(({ name }) => name === format)?.label ?? format;
}

export function findFormat(formats: readonly WebhookFormat[], name: string): WebhookFormat {
  const found = formats.find((item) => item.name === name);
  if (!found) throw new Error(`Unknown webhook format ${name}. Reload the page.`);
  return found;
}

/** The format of a webhook for which none is chosen. */
export function defaultFormat(formats: readonly WebhookFormat[]): WebhookFormat {
  const found = formats.find((format) => format.default);
  if (!found) throw new Error('No webhook format is the default.');
  return found;
}
