import { Accordion, Text, type AccordionProps } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import type { FieldError } from '../../api/client.ts';
import type { Webhook, WebhookChange } from '../../api/webhook-queries.ts';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { validationError } from '../../api/client.ts';
import { DeveloperFold } from '../../ui/developer-fold.tsx';
import { durationsSummary, durationsText, readDurations } from './durations.ts';
import { conditionCount, toFilterDraft, toFilter, type FilterDraft } from './filter-draft.ts';
import { FilterEditor } from './filter-editor.tsx';
import type { FilterField } from './filter-fields.ts';
import type { Header } from './header-fields.tsx';
import { PaceOptions, toPace, paceSummary, toPaceInput, type Pace } from './pace-options.tsx';
import { RequestOptions } from './request-options.tsx';
import { RetryOptions } from './retry-options.tsx';
import { SECRET_CHOICES, SecretField, type SecretChoice } from './secret-field.tsx';

/** Advanced options. An empty field means the default of the format. */
export interface Options extends Pace {
  method: NonNullable<WebhookChange['method']>;
  content_type: NonNullable<WebhookChange['content_type']>;
  timeout_s: number | '';
  headers: Header[];
  payload: Webhook['payload'] | '';
  /** Only of formats with a choice of names. */
  names: string;
  retry: {
    /** Retries after the first attempt. */
    max: number | '';
    /** As in `1 min, 5 min`. */
    intervals_s: string;
  };
  disable_after: number | '';
  disable_on_410: boolean;
  filter: FilterDraft;
  /** For a new webhook. */
  secret: string;
  secret_choice: SecretChoice;
}

/** The form values of a webhook; defaults of the format are empty. */
export function toOptions(webhook: Webhook | null, format: WebhookFormat | undefined): Options {
  const ifCustom = <T,>(value: T | undefined, defaultValue: T | undefined): T | '' =>
    value === undefined || String(value) === String(defaultValue) ? '' : value;
  const intervals = ifCustom(webhook?.retry.intervals_s, format?.retry.intervals_s);
  return {
    // The API returns only the values that it accepts.
    method: (webhook?.method ?? 'POST') as Options['method'],
    content_type: (webhook?.content_type ?? 'application/json') as Options['content_type'],
    timeout_s: ifCustom(webhook?.timeout_s, format?.timeout_s),
    headers: Object.entries(webhook?.headers ?? {}).map(([name, value]) => ({ name, value })),
    payload: ifCustom(webhook?.payload, format?.payload),
    names: ifCustom(webhook?.names ?? undefined, format?.names[0]),
    retry: {
      max: ifCustom(webhook?.retry.max, format?.retry.max),
      intervals_s: intervals === '' ? '' : durationsText(intervals),
    },
    disable_after: webhook?.disable_after ?? '',
    disable_on_410: webhook?.disable_on_410 ?? false,
    ...toPace(webhook),
    filter: toFilterDraft(webhook?.filter ?? null),
    secret: '',
    secret_choice: 'generated',
  };
}

/**
 * Converts the options to API input.
 * @throws ApiError a validation error for an invalid text
 */
export function toOptionsInput(options: Options, format: WebhookFormat): WebhookChange {
  const { retry, disable_after: after } = options;
  return {
    method: options.method,
    content_type: options.content_type,
    timeout_s: options.timeout_s === '' ? format.timeout_s : options.timeout_s,
    headers: Object.fromEntries(
      options.headers.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
    ),
    payload: options.payload === '' ? format.payload : options.payload,
    ...(format.names.length > 0 && { names: options.names === '' ? format.names[0] : options.names }),
    retry: {
      max: retry.max === '' ? format.retry.max : retry.max,
      intervals_s:
        retry.intervals_s.trim() === '' ? format.retry.intervals_s : intervalsOf(retry.intervals_s),
    },
    disable_after: after === '' ? null : after,
    ...(!format.disables_on_410 && { disable_on_410: options.disable_on_410 }),
    ...toPaceInput(options),
  };
}

function intervalsOf(text: string): number[] {
  const read = readDurations(text);
  if (typeof read === 'string') throw validationError('retry.intervals_s', read);
  return read;
}

/** @throws ApiError a validation error for invalid JSON */
export function toFilterInput(
  draft: FilterDraft,
  fields: readonly FilterField[],
): Record<string, unknown> | null {
  if (draft.view === 'rows') return toFilter(draft.root, kindIn(fields)).filter;
  if (draft.text.trim() === '') return null;
  try {
    return JSON.parse(draft.text) as Record<string, unknown>;
  } catch (error) {
    throw validationError('filter', `is not valid JSON: ${(error as Error).message}`);
  }
}

function kindIn(fields: readonly FilterField[]) {
  return (name: string) => fields.find((field) => field.name === name)?.kind;
}

/** The sections of the options, with their fields. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  filter: ['filter'],
  request: ['method', 'content_type', 'timeout_s', 'headers', 'payload', 'names'],
  retries: ['retry', 'disable_after', 'disable_on_410'],
  pace: ['max_in_flight', 'rate_limit', 'ordering'],
  secret: ['secret'],
};

interface WebhookOptionsProps<Values extends Options> {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
  fields: readonly FilterField[];
  fieldErrors: readonly FieldError[];
  isNew: boolean;
}

/** The options in collapsible sections with summaries. A section with an error is open. All but the filter are for developers. */
export function WebhookOptions<Values extends Options>(props: WebhookOptionsProps<Values>) {
  const { form, fields, fieldErrors } = props;
  const [opened, open] = useState<string[]>([]);
  const wrong = Object.entries(PARTS)
    .filter(([, names]) => names.some((name) => Boolean(form.errors[name])))
    .map(([part]) => part);
  const look = {
    variant: 'contained',
    chevronPosition: 'left' as const,
    multiple: true as const,
    value: [...new Set([...opened, ...wrong])],
    onChange: open,
  } satisfies AccordionProps<true>;
  return (
    <>
      <Accordion {...look}>
        <OptionSection part="filter" title="Filter" summary={filterSummary(form.values.filter)}>
          <FilterEditor
            draft={form.values.filter}
            onChange={form.getInputProps('filter').onChange}
            fields={fields}
            fieldErrors={
              form.errors['filter']
                ? fieldErrors.filter(({ field }) => field === 'filter' || field.startsWith('filter.'))
                : []
            }
          />
        </OptionSection>
      </Accordion>
      <DeveloperFold isOpened={wrong.some((part) => part !== 'filter')}>
        <Accordion {...look}>
          <DeveloperSections {...props} />
        </Accordion>
      </DeveloperFold>
    </>
  );
}

function DeveloperSections<Values extends Options>({ form, format, isNew }: WebhookOptionsProps<Values>) {
  const { values } = form;
  return (
    <>
      <OptionSection part="request" title="Request" summary={requestSummary(values, format)}>
        <RequestOptions form={form} format={format} />
      </OptionSection>
      <OptionSection part="retries" title="Retries" summary={retrySummary(values, format)}>
        <RetryOptions form={form} format={format} />
      </OptionSection>
      <OptionSection part="pace" title="Rate and order" summary={paceSummary(values)}>
        <PaceOptions form={form} />
      </OptionSection>
      {isNew && (
        <OptionSection part="secret" title="Signing secret" summary={SECRET_CHOICES[values.secret_choice]}>
          <SecretField form={form} format={format} />
        </OptionSection>
      )}
    </>
  );
}

function OptionSection({
  part,
  title,
  summary,
  children,
}: {
  part: string;
  title: string;
  summary: string;
  children: React.ReactNode;
}) {
  return (
    <Accordion.Item value={part}>
      <Accordion.Control>
        {title}
        <Text size="xs" c="dimmed">
          {summary}
        </Text>
      </Accordion.Control>
      <Accordion.Panel>{children}</Accordion.Panel>
    </Accordion.Item>
  );
}

function filterSummary({ view, root, text }: FilterDraft): string {
  if (view === 'json') return text.trim() === '' ? 'None: all selected events' : 'JSON';
  const count = conditionCount(root);
  if (count === 0) return 'None: all selected events';
  return count === 1 ? '1 condition' : `${count} conditions`;
}

function requestSummary(
  { method, content_type: type, timeout_s: timeout, headers, payload }: Options,
  format: WebhookFormat,
) {
  const count = headers.filter(({ name }) => name !== '').length;
  return [
    `${method}, ${type === 'application/json' ? 'JSON' : 'form'}`,
    `${payload || format.payload} payload`,
    `${timeout || format.timeout_s} s`,
    ...(count > 0 ? [`${count} ${count === 1 ? 'header' : 'headers'}`] : []),
  ].join(' · ');
}

function retrySummary({ retry, disable_after: after }: Options, format: WebhookFormat): string {
  const max = retry.max === '' ? format.retry.max : retry.max;
  const read = retry.intervals_s.trim() === '' ? format.retry.intervals_s : readDurations(retry.intervals_s);
  const times = typeof read === 'string' || max === 0 ? '' : `: ${durationsSummary(read.slice(0, max))}`;
  return `${max}${times}${after === '' ? '' : ` · disable after ${after} failures`}`;
}
