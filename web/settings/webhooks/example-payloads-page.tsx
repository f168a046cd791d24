import { Accordion, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { eventTypeQuery, eventTypesQuery } from '../../api/event-type-queries.ts';
import { webhookFormatsQuery, type WebhookFormat } from '../../api/webhook-format-queries.ts';
import { paths } from '../../paths.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { fieldLabel } from '../../ui/field-label.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import classes from './example-payloads-page.module.css';
import { defaultFormat, FormatSelect } from './format-select.tsx';

/** Example deliveries of all event types, in all formats. */
export function ExamplePayloadsPage() {
  const { data: formats, error, refetch } = useQuery(webhookFormatsQuery);
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return formats && <ExamplePayloads formats={formats} />;
}

function ExamplePayloads({ formats }: { formats: readonly WebhookFormat[] }) {
  const { data: types, error, refetch } = useQuery(eventTypesQuery);
  const [format, choose] = useState(defaultFormat(formats).name);

  return (
    <>
      <PageHeader
        breadcrumb={<TextLink {...paths.webhooks()}>Webhooks</TextLink>}
        intro="Placeholder values only, except for the samples of your custom event types."
        actions={
          <FormatSelect aria-label="Format" w="12rem" formats={formats} value={format} onChange={choose} />
        }
      />
      <div className={classes.body}>
        {error && <ErrorPanel error={error} retry={() => void refetch()} />}
        {!types && !error && <Skeleton height={200} />}
        {types &&
          Array.from(
            Map.groupBy(types, ({ object }) => object),
            ([object, group]) => (
              <section key={object} className={classes.group}>
                <Title order={2} mb="xs">
                  {fieldLabel(object)}
                </Title>
                <Accordion variant="contained" chevronPosition="left" keepMounted={false}>
                  {group.map((type) => (
                    <Accordion.Item key={type.name} value={type.name}>
                      <Accordion.Control>
                        <span className="mono">{type.names[format] ?? type.name}</span>
                        <Text size="xs" c="dimmed">
                          {type.description}
                        </Text>
                      </Accordion.Control>
                      <Accordion.Panel>
                        <Shapes name={type.name} format={format} />
                      </Accordion.Panel>
                    </Accordion.Item>
                  ))}
                </Accordion>
              </section>
            ),
          )}
      </div>
    </>
  );
}

/** @param name the name of the event type */
function Shapes({ name, format }: { name: string; format: string }) {
  const { data, error, refetch } = useQuery(eventTypeQuery(name));
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={80} />;
  const example = data.examples[format];
  if (!example) return null;
  const headers = Object.entries(example.headers ?? {}).map(([header, value]) => `${header}: ${value}`);
  return (
    <Stack gap="sm">
      <CodeBlock label="Headers" code={headers.join('\n')} />
      <CodeBlock label="Body" code={JSON.stringify(example.body, null, 2)} />
    </Stack>
  );
}
