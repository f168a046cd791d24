import { isSame } from '../../base/values/same.ts';
import { currencyCode } from '../../record/fields/currency-code.ts';
import { currency } from '../../record/fields/currency.ts';
import { date } from '../../record/fields/date.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { longText } from '../../record/fields/long-text.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { tags } from '../../record/fields/tags.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { defineNoun, type InputOfNoun, type RecordOfNoun } from '../../record/noun.ts';
import { STAGE_CHANGE_CONTEXT, stageChangeOutput, stageChangeSample } from './stage-changed-context.ts';

const CLOSED_AT = '2026-06-02T09:00:00.000Z';

/** Fields that a stage change, a win or a loss sets: they alone do not fire `deal.updated`. */
const FOLLOWING = new Set(['pipeline_id', 'stage_id', 'status', 'closed_at', 'lost_reason']);

/** Fields that differ between any two versions. */
const UNCOMPARED = new Set(['version', 'updated_at']);

/** A sale that moves through the stages of a pipeline until it is won or lost. */
export const deal = defineNoun({
  name: 'deal',
  plural: 'deals',
  label: 'Deal',
  pluralLabel: 'Deals',
  title: ['name'],
  listed: ['value', 'stage_id', 'status', 'company_id', 'contact_id', 'expected_close_date', 'owner_id'],
  subtitle: ['company_id', 'contact_id', 'status'],
  fields: {
    name: text({
      label: 'Name',
      max: 200,
      required: true,
      sample: 'Acme: Q3 contract',
      filter: { by: 'folded' },
      search: true,
    }),
    value: currency({
      label: 'Value',
      description: 'In units of `currency`',
      sample: 5000,
      summary: 'presence',
    }),
    currency: currencyCode({ label: 'Currency', sample: 'GBP', summary: 'value' }),
    status: select({
      label: 'Status',
      options: { open: 'Open', won: 'Won', lost: 'Lost' },
      default: 'open',
      filter: true,
      summary: 'value',
    }),
    pipeline_id: record({
      label: 'Pipeline',
      description: 'Pipeline id; default: the pipeline of the stage, else the default pipeline',
      to: 'pipeline',
      assigned: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c61',
      filter: true,
    }),
    stage_id: record({
      label: 'Stage',
      description: "Stage id; default: the pipeline's first stage",
      to: 'stage',
      assigned: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c62',
      filter: true,
    }),
    expected_close_date: date({ label: 'Expected close date', sample: '2026-09-30', summary: 'presence' }),
    closed_at: datetime({ label: 'Closed at', description: 'When it was won or lost', readOnly: true }),
    lost_reason: text({ label: 'Lost reason', max: 1000 }),
    notes: longText({ label: 'Notes', search: true }),
    contact_id: record({ label: 'Contact', to: 'contact', filter: true, summary: 'presence', search: true }),
    company_id: record({
      label: 'Company',
      to: 'company',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c31',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    owner_id: user({ label: 'Owner', filter: true, summary: 'presence' }),
    tags: tags({ label: 'Tags', filter: true }),
  },

  aliases: { title: 'name' },

  derive(next, before, { at, resolved }) {
    const { first_stage_id: firstStage } = resolved as ResolvedPlacement;
    const isMoved = before !== null && before.pipeline_id !== next.pipeline_id;
    const stage = isMoved && before.stage_id === next.stage_id && firstStage ? firstStage : next.stage_id;
    if (next.status === 'open') return { ...next, stage_id: stage, closed_at: null };
    const closedAt = next.status === before?.status ? before.closed_at : at;
    return { ...next, stage_id: stage, closed_at: closedAt };
  },

  descriptions: {
    updated:
      'At least one field of a deal other than its stage changed. Not fired when the deal is won or lost.',
  },
  events: {
    stage_changed: {
      description: 'A deal moved to another stage.',
      sample: { stage_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c63' },
      context: stageChangeSample,
      contextOutput: stageChangeOutput,
    },
    won: {
      description: 'The status of a deal became won.',
      sample: { status: 'won', closed_at: CLOSED_AT },
    },
    lost: {
      description: 'The status of a deal became lost.',
      sample: { status: 'lost', closed_at: CLOSED_AT },
    },
  },
  contexts: { 'deal.stage_changed': STAGE_CHANGE_CONTEXT },

  fires(before, after) {
    const events = before.stage_id === after.stage_id ? [] : ['deal.stage_changed'];
    const isReopened = before.status !== after.status && after.status === 'open';
    if (before.status !== after.status && !isReopened) return [...events, `deal.${after.status}`];
    const [was, is] = [before, after] as unknown as Record<string, unknown>[];
    const others = Object.keys(after).filter((name) => !FOLLOWING.has(name) && !UNCOMPARED.has(name));
    const isUpdated = others.some((name) => !isSame(was![name], is![name]));
    const isReason = before.lost_reason !== after.lost_reason;
    return events.length === 0 || isUpdated || isReopened || isReason ? [...events, 'deal.updated'] : events;
  },

  filters: {
    pipeline: {
      column: 'pipeline_id',
      lookUp: 'pipeline',
      description: 'Only deals in this pipeline, by its name or id.',
    },
    stage: {
      column: 'stage_id',
      lookUp: 'stage',
      description: 'Only deals in a stage with this name or id.',
    },
  },

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c51' },
});

/** Resolved when a deal is placed (pipelines/deal-placement.ts). */
export interface ResolvedPlacement {
  /** Its stage, if it moves to another pipeline and no stage is sent. */
  first_stage_id?: string;
}

export type Deal = RecordOfNoun<typeof deal>;
export type DealInput = InputOfNoun<typeof deal>;
