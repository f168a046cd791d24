import { LOGO_TYPES, MAX_LOGO_BYTES, type WorkspaceLogos } from '../../account/workspace-logo.ts';
import { invalid } from '../../base/errors.ts';
import type { FileUrls } from '../../files/file-url.ts';
import type { RecordChange } from '../../http/record-change.ts';
import { route, type Route } from '../../http/route.ts';
import { fileShape, showFile } from '../files/file-schema.ts';

export interface WorkspaceLogoParts {
  logos: WorkspaceLogos;
  fileUrls: FileUrls;
  baseUrl(): string;
  recordChange: RecordChange;
}

/** Routes of the workspace's logo; `GET /me` shows it. */
export function workspaceLogoRoutes({
  logos,
  fileUrls: urls,
  baseUrl,
  recordChange,
}: WorkspaceLogoParts): Route[] {
  const common = { path: '/api/v1/workspace/logo', scope: 'workspace:manage', tag: 'workspace' };
  const auditEntry = (action: string, workspaceId: string, details: object) => ({
    action,
    objectType: 'workspace',
    objectId: workspaceId,
    details: { ...details },
  });

  return [
    route({
      ...common,
      method: 'PUT',
      summary: "Set the workspace's logo",
      description:
        'A PNG, JPEG, WebP or GIF of at most 1 MB and 4,096 pixels a side: its bytes as the body, or a form with one file. The dashboard and public form pages show it.',
      takesFile: { maxBytes: MAX_LOGO_BYTES, types: LOGO_TYPES },
      answers: {
        200: fileShape,
        400: 'The body is not such an image.',
        403: '`limit_reached`: the files of the workspace have reached their limit.',
        413: 'The file is too large.',
      },
      async handle(ctx) {
        const { caller, upload } = ctx;
        if (!upload || upload.length === 0) throw invalid('file', 'is required');
        const saved = await logos.set(caller, upload, (trx, file, { width, height }) => {
          const { id, content_type: type, size, sha256 } = file;
          const details = {
            file_id: id,
            content_type: type,
            size,
            width,
            height,
            sha256: sha256.toString('hex'),
          };
          return recordChange(trx, ctx, auditEntry('workspace.logo_set', caller.workspaceId, details), {
            status: 200,
            body: '',
          });
        });
        return { status: 200, body: showFile(saved, { urls, baseUrl }) };
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      summary: "Delete the workspace's logo",
      answers: { 204: 'Deleted.', 404: 'The workspace has no logo.' },
      async handle(ctx) {
        const { workspaceId } = ctx.caller;
        await logos.remove(workspaceId, (trx, { id }) =>
          recordChange(trx, ctx, auditEntry('workspace.logo_deleted', workspaceId, { file_id: id }), {
            status: 204,
            body: '',
          }),
        );
        return { status: 204, body: null };
      },
    }),
  ];
}
