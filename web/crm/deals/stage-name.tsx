import { useQuery } from '@tanstack/react-query';
import { pipelinesQuery } from '../../api/pipeline-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';

/** All pipelines with their stages; empty if the session may not read them. */
export function usePipelines() {
  const may = useHasScope('pipelines:read');
  const { data = [] } = useQuery({ ...pipelinesQuery, enabled: may });
  return data;
}

export function StageName({ id }: { id: string }) {
  const stages = usePipelines().flatMap((pipeline) => pipeline.stages);
  return stages.find((stage) => stage.id === id)?.name ?? '';
}

export function PipelineName({ id }: { id: string }) {
  return usePipelines().find((pipeline) => pipeline.id === id)?.name ?? '';
}
