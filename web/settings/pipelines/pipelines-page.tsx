import { Button, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { pipelinesQuery } from '../../api/pipeline-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { NewPipeline } from './new-pipeline.tsx';
import { PipelineSection } from './pipeline-section.tsx';
import classes from './pipelines-page.module.css';

/** The pipelines with their stages: the boards of deals and their columns. */
export function PipelinesPage() {
  const { data: pipelines, error, refetch } = useQuery({ ...pipelinesQuery, staleTime: 0 });
  const mayWrite = useHasScope('pipelines:write');
  const [adding, add] = useDisclosure();
  return (
    <>
      <PageHeader
        intro="A deal moves through the stages of a pipeline. The probability of a stage weights the value of its deals in forecasts."
        actions={
          mayWrite && (
            <Button leftSection={<IconPlus size={16} />} onClick={add.open} disabled={!pipelines}>
              New pipeline
            </Button>
          )
        }
      />
      <div className={classes.body}>
        {error && !pipelines && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!pipelines && !error && <Skeleton height={240} />}
        {pipelines?.map((pipeline) => (
          <PipelineSection key={pipeline.id} pipeline={pipeline} pipelines={pipelines} />
        ))}
      </div>
      {adding && pipelines && <NewPipeline pipelines={pipelines} onClose={add.close} />}
    </>
  );
}
