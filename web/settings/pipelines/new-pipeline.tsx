import { Select, TextInput } from '@mantine/core';
import { useAddPipeline, type Pipeline } from '../../api/pipeline-queries.ts';
import { FormDrawer } from '../../ui/form-drawer.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { useApiForm } from '../../ui/use-api-form.ts';

/** Creates a pipeline, which starts with the stages of another one. */
export function NewPipeline({ pipelines, onClose }: { pipelines: readonly Pipeline[]; onClose: () => void }) {
  const { mutateAsync: add } = useAddPipeline();
  const main = pipelines.find((item) => item.is_default) ?? pipelines[0];
  const api = useApiForm({ name: '', like: main?.id ?? '' }, async ({ name, like }) => {
    const { stages } = pipelines.find(({ id }) => id === like)!;
    await add({
      name,
      stages: stages.map(({ name: stage, probability }) => ({ name: stage, probability })),
    });
    notifyDone(`${name} created`);
    onClose();
  });
  return (
    <FormDrawer title="New pipeline" action="Create pipeline" api={api} onClose={onClose}>
      <TextInput label="Name" required maxLength={100} data-autofocus {...api.form.getInputProps('name')} />
      <Select
        label="Start with the stages of"
        description="You can change them afterwards."
        data={pipelines.map(({ id, name }) => ({ value: id, label: name }))}
        allowDeselect={false}
        {...api.form.getInputProps('like')}
      />
    </FormDrawer>
  );
}
