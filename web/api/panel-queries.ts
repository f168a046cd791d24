import { makeClient } from './client.ts';
import { listQuery, type Page } from './list-query.ts';

/** An entry of a panel: what its name may be, and whatever else its list has. */
export type PanelItem = Readonly<Record<string, unknown>> & { readonly id: string };

/** GET /objects names the paths of panels; openapi.json has them only if this version of the dashboard knew them. */
type PanelPaths = Record<
  `/api/v1/${string}`,
  {
    get: {
      parameters: { query: { limit: number; cursor?: string } };
      responses: { 200: { content: { 'application/json': Page<PanelItem> } } };
    };
  }
>;

const panels = makeClient<PanelPaths>();

/** @param path below the API's base, with its slash */
export const panelQuery = (path: string) =>
  listQuery(['panel', path], { limit: 20 }, (cursor, signal) =>
    panels.GET(`/api/v1/${path.slice(1)}`, { params: { query: { limit: 20, ...cursor } }, signal }),
  );
