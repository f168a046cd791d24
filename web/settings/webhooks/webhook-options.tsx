import { Accordion, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import type { FieldError } from '../../api/client.ts';
import type { Webhook, WebhookChange } from '../../api/webhook-queries.ts';
import type { WebhookFormat } from '../../api/webhook-format-queries.ts';
import { refusal } from '../../api/client.ts';
import { durationsSummary, durationsText, readDurations } from './durations.ts';
import { conditionCount, draftOf, filterOf, type FilterDraft } from './filter-draft.ts';
import { FilterEditor } from './filter-editor.tsx';
import type { FilterField } from './filter-fields.ts';
import type { Header } from './header-fields.tsx';
import { PaceOptions, paceOf, paceSummary, sentPace, type Pace } from './pace-options.tsx';
import { RequestOptions } from './request-options.tsx';
import { RetryOptions } from './retry-options.tsx';
import { SECRET_CHOICES, SecretField, type SecretChoice } from './secret-field.tsx';

/** What is seldom changed. An empty field: as the format has it. */
export interface Options extends Pace {
  method: NonNullable<WebhookChange['method']>;
  content_type: NonNullable<WebhookChange['content_type']>;
  timeout_s: number | '';
  headers: Header[];
  payload: Webhook['payload'] | '';
  retry: {
    /** Retries after the first attempt. */
    max: number | '';
    /** As people write them: `1 min, 5 min`. */
    intervals_s: string;
  };
  disable_after: number | '';
  disable_on_410: boolean;
  filter: FilterDraft;
  /** Of a webhook that is being made. */
  secret: string;
  secret_choice: SecretChoice;
}

/** The options of a webhook as a form has them; what is as its format has it is empty. */
export function optionsOf(webhook: Webhook | null, format: WebhookFormat | undefined): Options {
  const own = <T,>(value: T | undefined, usual: T | undefined): T | '' =>
    value === undefined || String(value) === String(usual) ? '' : value;
  const intervals = own(webhook?.retry.intervals_s, format?.retry.intervals_s);
  return {
    // The API gives back no others than it takes.
    method: (webhook?.method ?? 'POST') as Options['method'],
    content_type: (webhook?.content_type ?? 'application/json') as Options['content_type'],
    timeout_s: own(webhook?.timeout_s, format?.timeout_s),
    headers: Object.entries(webhook?.headers ?? {}).map(([name, value]) => ({ name, value })),
    payload: own(webhook?.payload, format?.payload),
    retry: {
      max: own(webhook?.retry.max, format?.retry.max),
      intervals_s: intervals === '' ? '' : durationsText(intervals),
    },
    disable_after: webhook?.disable_after ?? '',
    disable_on_410: webhook?.disable_on_410 ?? false,
    ...paceOf(webhook),
    filter: draftOf(webhook?.filter ?? null),
    secret: '',
    secret_choice: 'made',
  };
}

/**
 * The options as the API takes them.
 * @throws ApiError as the API would refuse it, where a text can not be read
 */
export function sentOptions(options: Options, format: WebhookFormat): WebhookChange {
  const { retry, disable_after: after } = options;
  return {
    method: options.method,
    content_type: options.content_type,
    timeout_s: options.timeout_s === '' ? format.timeout_s : options.timeout_s,
    headers: Object.fromEntries(
      options.headers.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
    ),
    payload: options.payload === '' ? format.payload : options.payload,
    retry: {
      max: retry.max === '' ? format.retry.max : retry.max,
      intervals_s:
        retry.intervals_s.trim() === '' ? format.retry.intervals_s : intervalsOf(retry.intervals_s),
    },
    disable_after: after === '' ? null : after,
    ...(!format.disables_on_410 && { disable_on_410: options.disable_on_410 }),
    ...sentPace(options),
  };
}

function intervalsOf(text: string): number[] {
  const read = readDurations(text);
  if (typeof read === 'string') throw refusal('retry.intervals_s', read);
  return read;
}

/** @throws ApiError where the text is no JSON */
export function sentFilter(
  draft: FilterDraft,
  fields: readonly FilterField[],
): Record<string, unknown> | null {
  if (draft.view === 'rows') return filterOf(draft.root, kindIn(fields)).filter;
  if (draft.text.trim() === '') return null;
  try {
    return JSON.parse(draft.text) as Record<string, unknown>;
  } catch (error) {
    throw refusal('filter', `is not JSON: ${(error as Error).message}`);
  }
}

function kindIn(fields: readonly FilterField[]) {
  return (name: string) => fields.find((field) => field.name === name)?.kind;
}

/** The parts of the options, with the fields that each has. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  filter: ['filter'],
  request: ['method', 'content_type', 'timeout_s', 'headers', 'payload'],
  retries: ['retry', 'disable_after', 'disable_on_410'],
  pace: ['max_in_flight', 'rate_limit', 'ordering'],
  secret: ['secret'],
};

interface WebhookOptionsProps<Values extends Options> {
  form: UseFormReturnType<Values>;
  format: WebhookFormat;
  fields: readonly FilterField[];
  refused: readonly FieldError[];
  isNew: boolean;
}

/** The options, folded: each fold says what holds. One with something wrong in it stands open. */
export function WebhookOptions<Values extends Options>(props: WebhookOptionsProps<Values>) {
  const { form, format, fields, refused, isNew } = props;
  const [opened, open] = useState<string[]>([]);
  const wrong = Object.entries(PARTS)
    .filter(([, names]) => names.some((name) => Boolean(form.errors[name])))
    .map(([part]) => part);
  const { values } = form;
  return (
    <Accordion
      variant="contained"
      chevronPosition="left"
      multiple
      value={[...new Set([...opened, ...wrong])]}
      onChange={open}
    >
      <Fold part="filter" title="Filter" says={filterSummary(values.filter)}>
        <FilterEditor
          draft={values.filter}
          onChange={form.getInputProps('filter').onChange}
          fields={fields}
          refused={
            form.errors['filter']
              ? refused.filter(({ field }) => field === 'filter' || field.startsWith('filter.'))
              : []
          }
        />
      </Fold>
      <Fold part="request" title="Request" says={requestSummary(values, format)}>
        <RequestOptions form={form} format={format} />
      </Fold>
      <Fold part="retries" title="Retries" says={retrySummary(values, format)}>
        <RetryOptions form={form} format={format} />
      </Fold>
      <Fold part="pace" title="Pace and order" says={paceSummary(values)}>
        <PaceOptions form={form} />
      </Fold>
      {isNew && (
        <Fold part="secret" title="Signing secret" says={SECRET_CHOICES[values.secret_choice]}>
          <SecretField form={form} format={format} />
        </Fold>
      )}
    </Accordion>
  );
}

function Fold({
  part,
  title,
  says,
  children,
}: {
  part: string;
  title: string;
  says: string;
  children: React.ReactNode;
}) {
  return (
    <Accordion.Item value={part}>
      <Accordion.Control>
        {title}
        <Text size="xs" c="dimmed">
          {says}
        </Text>
      </Accordion.Control>
      <Accordion.Panel>{children}</Accordion.Panel>
    </Accordion.Item>
  );
}

function filterSummary({ view, root, text }: FilterDraft): string {
  if (view === 'json') return text.trim() === '' ? 'None: all chosen events' : 'Written as JSON';
  const count = conditionCount(root);
  if (count === 0) return 'None: all chosen events';
  return count === 1 ? 'One condition' : `${count} conditions`;
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
  return `${max}${times}${after === '' ? '' : ` · disabled after ${after} failures`}`;
}
