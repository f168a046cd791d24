import { Select, Skeleton } from '@mantine/core';
import { IconSettings } from '@tabler/icons-react';
import type { DealTotal } from '../../../api/deal-queries.ts';
import type { Pipeline } from '../../../api/pipeline-queries.ts';
import { useHasScope } from '../../../api/session-queries.ts';
import { paths } from '../../../paths.ts';
import { ButtonLink } from '../../../ui/router-links.tsx';
import { numberText, sumText } from '../../../ui/format.ts';
import classes from './deal-board.module.css';

/** The pipeline on view, and what its open deals are worth. */
export function BoardSummary({
  pipeline,
  pipelines,
  totals,
  onPipeline,
}: {
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
  /** Undefined until they are loaded. */
  totals: ReadonlyMap<string, DealTotal> | undefined;
  onPipeline: (id: string) => void;
}) {
  const mayEdit = useHasScope('pipelines:write');
  return (
    <div className={classes.summary}>
      {pipelines.length > 1 && (
        <Select
          aria-label="Pipeline"
          className={classes.pipeline}
          data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
          value={pipeline.id}
          onChange={(id) => id && onPipeline(id)}
          allowDeselect={false}
          searchable={pipelines.length > 8}
        />
      )}
      {totals ? <Worth pipeline={pipeline} totals={totals} /> : <Skeleton height={10} width="14rem" />}
      {mayEdit && (
        <ButtonLink
          {...paths.pipelines()}
          className={classes.settings}
          aria-label="Edit stages"
          variant="subtle"
          color="gray"
          size="compact-sm"
          ml="auto"
          leftSection={<IconSettings size={15} stroke={1.6} />}
        >
          <span className={classes.edit}>Edit stages</span>
        </ButtonLink>
      )}
    </div>
  );
}

function Worth({ pipeline, totals }: { pipeline: Pipeline; totals: ReadonlyMap<string, DealTotal> }) {
  const count = [...totals.values()].reduce((sum, total) => sum + total.count, 0);
  const sums = sumsByCurrency(pipeline, totals);
  return (
    <p className={classes.worth}>
      <span>
        <strong>{numberText(count)}</strong> {count === 1 ? 'open deal' : 'open deals'}
      </span>
      {sums.map(({ currency, value, weighted }) => (
        <span key={currency}>
          <strong>{sumText(value, currency)}</strong>
          {weighted !== null && (
            <span className={classes.weighted}> ({sumText(weighted, currency)} weighted)</span>
          )}
        </span>
      ))}
    </p>
  );
}

interface CurrencySum {
  currency: string;
  value: number;
  /** The values times the probabilities of their stages; null if none of these is set. */
  weighted: number | null;
}

/** The currencies of the open deals, the most frequent first. */
function sumsByCurrency({ stages }: Pipeline, totals: ReadonlyMap<string, DealTotal>): CurrencySum[] {
  const isWeighted = stages.some(({ probability }) => probability !== null);
  const sums = new Map<string, CurrencySum>();
  for (const { id, probability } of stages) {
    for (const { currency, value } of totals.get(id)?.values ?? []) {
      const sum = sums.get(currency) ?? { currency, value: 0, weighted: isWeighted ? 0 : null };
      const weighted = sum.weighted === null ? null : sum.weighted + (value * (probability ?? 0)) / 100;
      sums.set(currency, { currency, value: sum.value + value, weighted });
    }
  }
  return [...sums.values()].filter(({ value }) => value !== 0).toSorted((a, b) => b.value - a.value);
}
