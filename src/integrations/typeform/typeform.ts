import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { InboundSecrets } from '../../account/inbound-secret.ts';
import { ApiError } from '../../base/errors.ts';
import { sameBytes } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { InboundParts, Integration } from '../integration.ts';
import { typeformConnection } from './typeform-connection.ts';
import { takeResponse, typeformSignature } from './typeform-response.ts';

type Signers = Awaited<ReturnType<InboundSecrets['signers']>>;

/**
 * Each Typeform response creates a lead. Typeform sends no custom headers, and its signature does not identify the
 * sender. So the URL contains the visible prefix of an inbound secret, and Typeform signs with that secret.
 */
export const typeform: Integration = {
  name: 'typeform',
  label: 'Typeform',
  docs: 'docs/integrations/typeform.md',
  connection: typeformConnection,
  inbound: [
    {
      path: '/webhooks/typeform/:prefix',
      authentication:
        'The URL ends in the first 12 characters of an inbound secret, and Typeform signs with that secret.',
      mount: mountTypeform,
    },
  ],
};

function mountTypeform(app: FastifyInstance, path: string, { secrets, takeLead }: InboundParts): void {
  const mayBe = new WeakMap<FastifyRequest, Signers>();

  app.post<{ Params: { prefix: string } }>(path, {
    onRequest: async (request) => {
      const signers = await secrets.signers(request.params.prefix);
      if (signers.length === 0 || request.headers['typeform-signature'] === undefined) throw unauthorized();
      mayBe.set(request, signers);
    },
    handler: async (request, reply) => {
      const workspaceId = signerOf(request, mayBe.get(request)!);
      const { answer } = await takeResponse(takeLead, workspaceId, request.body, () => request.jsonText!);
      return reply
        .headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
        .type('application/json')
        .send(answer);
    },
  });
}

function signerOf({ headers, rawBody }: FastifyRequest, signers: Signers): Uuid {
  const sent = Buffer.from(String(headers['typeform-signature']));
  const signer = signers.find(({ raw }) =>
    sameBytes(sent, Buffer.from(typeformSignature(raw, rawBody ?? ''))),
  );
  if (!signer) throw unauthorized();
  return signer.workspaceId;
}

function unauthorized(): ApiError {
  return new ApiError(
    'unauthorized',
    'The URL must end in the first 12 characters of an inbound secret, and Typeform-Signature must be made with that secret.',
  );
}
