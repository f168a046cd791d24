import { z } from 'zod';
import type { WorkspaceLogos } from '../../account/workspace-logo.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { Workspaces } from '../../account/workspace.ts';
import { route, type Route } from '../../http/route.ts';
import { workspaceFormats } from './workspace-routes.ts';

const meShape = z.object({
  workspace: z.object({
    id: z.uuid(),
    name: z.string(),
    plan: z.string(),
    number: z.int().meta({
      description: 'The workspace number, in webhook formats that identify a workspace by a number.',
    }),
    logo: z
      .object({ file_id: z.uuid(), url: z.url() })
      .nullable()
      .meta({ description: 'Its `url` needs no key, and is valid for at least a day.' }),
    ...workspaceFormats,
  }),
  api_key: z.object({ id: z.uuid(), name: z.string() }).optional().meta({ description: 'For an API key.' }),
  user: z
    .object({ id: z.uuid(), name: z.string(), email: z.string() })
    .optional()
    .meta({ description: 'For a signed-in user.' }),
  scopes: z.array(z.string()),
});

/** The caller's workspace, identity and scopes (AX4). */
export function meRoutes(parts: {
  workspaces: Pick<Workspaces, 'clientNumber'>;
  workspaceSettings: WorkspaceSettingsStore;
  logos: Pick<WorkspaceLogos, 'list'>;
  baseUrl(): string;
}): Route[] {
  const { workspaces, workspaceSettings, logos, baseUrl } = parts;
  const logoOf = async (workspaceId: string) => {
    const logo = (await logos.list([workspaceId])).get(workspaceId);
    return logo ? { file_id: logo.fileId, url: baseUrl() + logo.path } : null;
  };
  return [
    route({
      method: 'GET',
      path: '/api/v1/me',
      scope: null,
      tag: 'me',
      summary: 'Get the workspace, the caller and its scopes',
      answers: { 200: meShape },
      handle: async ({ caller }) => ({
        status: 200,
        body: {
          workspace: {
            id: caller.workspaceId,
            plan: caller.plan,
            ...(await workspaceSettings.get(caller.workspaceId)),
            number: await workspaces.clientNumber(caller.workspaceId),
            logo: await logoOf(caller.workspaceId),
          },
          ...(caller.via.kind === 'api_key'
            ? { api_key: { id: caller.via.id, name: caller.via.name } }
            : { user: caller.via.user }),
          scopes: caller.scopes,
        },
      }),
    }),
  ];
}
