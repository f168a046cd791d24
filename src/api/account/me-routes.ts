import { z } from 'zod';
import type { Workspaces } from '../../account/workspace.ts';
import { route, type Route } from '../../http/route.ts';

const meShape = z.object({
  workspace: z.object({
    id: z.uuid(),
    name: z.string(),
    plan: z.string(),
    number: z.int().meta({
      description: 'The workspace number, in webhook formats that identify a workspace by a number.',
    }),
  }),
  api_key: z.object({ id: z.uuid(), name: z.string() }).optional().meta({ description: 'For an API key.' }),
  user: z
    .object({ id: z.uuid(), name: z.string(), email: z.string() })
    .optional()
    .meta({ description: 'For a signed-in user.' }),
  scopes: z.array(z.string()),
});

/** The caller's workspace, identity and scopes (AX4). */
export function meRoutes(workspaces: Pick<Workspaces, 'clientNumber'>): Route[] {
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
            name: caller.workspaceName,
            plan: caller.plan,
            number: await workspaces.clientNumber(caller.workspaceId),
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
