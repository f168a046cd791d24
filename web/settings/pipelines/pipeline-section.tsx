import { ActionIcon, Badge, Button, Group, Menu, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots, IconPencil, IconStar, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { dealCountsQuery } from '../../api/deal-queries.ts';
import {
  useAddStage,
  useChangePipeline,
  useRemovePipeline,
  type Pipeline,
} from '../../api/pipeline-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyDone, notifyError } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';
import classes from './pipelines-page.module.css';
import { RemovalDialog } from './removal-dialog.tsx';
import { StageList } from './stage-list.tsx';

/** A pipeline with its stages in order. */
export function PipelineSection({
  pipeline,
  pipelines,
}: {
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
}) {
  const mayWrite = useHasScope('pipelines:write');
  const mayCount = useHasScope('deals:read');
  const { data: counts } = useQuery({ ...dealCountsQuery(pipeline.id), enabled: mayCount });
  const title = `pipeline-${pipeline.id}`;
  return (
    <section aria-labelledby={title}>
      <Group gap="xs" wrap="nowrap">
        <Title order={2} id={title} className={classes.title}>
          {pipeline.name}
        </Title>
        {pipeline.is_default && pipelines.length > 1 && <Badge variant="light">Default</Badge>}
        {mayWrite && <PipelineMenu pipeline={pipeline} pipelines={pipelines} counts={counts} />}
      </Group>
      <StageList
        pipeline={pipeline}
        pipelines={pipelines}
        counts={counts}
        mayWrite={mayWrite}
        labelledBy={title}
      />
      {mayWrite && <AddStage pipeline={pipeline} />}
    </section>
  );
}

function AddStage({ pipeline }: { pipeline: Pipeline }) {
  const { mutateAsync: add } = useAddStage(pipeline.id);
  const api = useApiForm({ name: '' }, async ({ name }, form) => {
    await add({ name });
    form.reset();
  });
  return (
    <form onSubmit={api.onSubmit} className={classes.add}>
      <TextInput
        className={classes.field}
        aria-label={`New stage of ${pipeline.name}`}
        placeholder="New stage"
        required
        maxLength={100}
        {...api.form.getInputProps('name')}
        error={api.form.errors['name'] ?? api.error?.message}
      />
      <Button type="submit" variant="default" loading={api.busy}>
        Add
      </Button>
    </form>
  );
}

function PipelineMenu({
  pipeline,
  pipelines,
  counts,
}: {
  pipeline: Pipeline;
  pipelines: readonly Pipeline[];
  counts: ReadonlyMap<string, number> | undefined;
}) {
  const { mutate: change } = useChangePipeline();
  const { mutateAsync: remove } = useRemovePipeline();
  const [renaming, rename] = useDisclosure();
  const [removing, removal] = useDisclosure();
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${pipeline.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={rename.open}>
            Rename
          </Menu.Item>
          {!pipeline.is_default && (
            <>
              <Menu.Item
                leftSection={<IconStar size={15} />}
                onClick={() => change({ pipeline, change: { is_default: true } }, { onError: notifyError })}
              >
                Make default
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={removal.open}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {renaming && <RenameForm pipeline={pipeline} onClose={rename.close} />}
      {removing && (
        <RemovalDialog
          title={`Delete the pipeline ${pipeline.name}?`}
          action="Delete pipeline"
          deals={counts && [...counts.values()].reduce((sum, count) => sum + count, 0)}
          pipelines={pipelines.filter((item) => item !== pipeline)}
          onRemove={async (moveDealsTo) => {
            await remove({ id: pipeline.id, moveDealsTo });
            notifyDone(`${pipeline.name} deleted`);
          }}
          onClose={removal.close}
        />
      )}
    </>
  );
}

function RenameForm({ pipeline, onClose }: { pipeline: Pipeline; onClose: () => void }) {
  const { mutateAsync: change } = useChangePipeline();
  const api = useApiForm({ name: pipeline.name }, async ({ name }) => {
    await change({ pipeline, change: { name } });
    onClose();
  });
  return (
    <FormDrawer title={`Rename ${pipeline.name}`} action="Save" api={api} onClose={onClose}>
      <TextInput label="Name" required maxLength={100} data-autofocus {...api.form.getInputProps('name')} />
    </FormDrawer>
  );
}
