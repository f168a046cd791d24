import { useQuery } from '@tanstack/react-query';
import type { Deal } from '../../api/deal-queries.ts';
import { pipelinesQuery } from '../../api/pipeline-queries.ts';
import { useMay } from '../../api/session-queries.ts';

/** All pipelines with their stages; none where the session may not read them. */
export function usePipelines() {
  const may = useMay('pipelines:read');
  const { data = [] } = useQuery({ ...pipelinesQuery, enabled: may });
  return data;
}

export function StageName({ deal }: { deal: Pick<Deal, 'pipeline_id' | 'stage_id'> }) {
  const pipeline = usePipelines().find(({ id }) => id === deal.pipeline_id);
  return pipeline?.stages.find(({ id }) => id === deal.stage_id)?.name ?? '';
}

export function PipelineName({ id }: { id: string }) {
  return usePipelines().find((pipeline) => pipeline.id === id)?.name ?? '';
}
