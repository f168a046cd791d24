import { Anchor, Code } from '@mantine/core';

/** Where something is documented: a link, or the name of a page in the folder `docs` of Fairlead. */
export function DocsLink({ docs }: { docs: string }) {
  if (!docs.startsWith('https://')) return <Code>{docs}</Code>;
  return (
    <Anchor href={docs} target="_blank" rel="noopener noreferrer" inherit>
      {new URL(docs).host}
    </Anchor>
  );
}
