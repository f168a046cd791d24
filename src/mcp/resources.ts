import { ResourceTemplate, type McpServer, type ReadResourceResult } from '@modelcontextprotocol/server';
import { fitted, NOTICE } from './tool-result.ts';
import type { Body } from './api-caller.ts';
import type { ToolContext } from './tool.ts';

const JSON_TYPE = 'application/json';

/** Resources: the fields of every object, and single records by `fairlead://contact/<id>`. */
export function addResources(server: McpServer, { api, nouns }: ToolContext): void {
  const readable = nouns.filter(({ plural }) => api.may('GET', `${plural}/:id`));
  for (const { name, label } of readable) {
    server.registerResource(
      `schema-${name}`,
      `fairlead://schema/${name}`,
      { title: `Fields of ${label.toLowerCase()}`, mimeType: JSON_TYPE },
      async (uri) => contentsOf(uri, await api.call('GET', 'objects/:key', { params: { key: name } })),
    );
    server.registerResource(
      name,
      new ResourceTemplate(`fairlead://${name}/{id}`, { list: undefined }),
      { title: label, description: `${label} by id`, mimeType: JSON_TYPE },
      async (uri, { id }) => {
        const { plural } = readable.find((noun) => noun.name === name)!;
        return contentsOf(uri, await api.call('GET', `${plural}/:id`, { params: { id: String(id) } }));
      },
    );
  }
}

function contentsOf({ href }: URL, data: Body): ReadResourceResult {
  const text = JSON.stringify({ notice: NOTICE, ...fitted(data) });
  return { contents: [{ uri: href, mimeType: JSON_TYPE, text }] };
}
