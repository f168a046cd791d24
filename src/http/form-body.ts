import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, invalid } from '../base/errors.ts';
import { addBodyReader } from './body.ts';
import { charsetOf, UTF_8, type Charset } from './charset.ts';
import type { RawField } from './form-field.ts';
import { parameterOf } from './media-type.ts';
import { multipartFields } from './multipart-body.ts';
import { unsupportedMediaType } from './fastify-error.ts';
import { urlencodedFields } from './urlencoded-body.ts';

/** The fields of a form as sent; a list for a name that occurs several times or ends in `[]`. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

declare module 'fastify' {
  interface FastifyRequest {
    /** The parsed body if it is a form. */
    form: FormFields | null;
  }
}

/** Parses forms on the paths that accept them. */
export function readForms(app: FastifyInstance): void {
  addBodyReader(app, /^application\/x-www-form-urlencoded\s*(;|$)/i, (request, bytes) => {
    checkTakesForms(request);
    request.rawBody = bytes;
    return take(request, urlencodedFields(bytes));
  });
  addBodyReader(app, /^multipart\/form-data\s*(;|$)/i, (request, bytes) => {
    checkTakesForms(request);
    const fields = take(request, multipartFields(bytes, request.headers['content-type']!));
    request.rawBody = Buffer.from(JSON.stringify(fields));
    return fields;
  });
}

function checkTakesForms(request: FastifyRequest): void {
  if (!request.routeOptions.config.takesForms) throw unsupportedMediaType(request);
}

function take(request: FastifyRequest, raw: readonly RawField[]): FormFields {
  request.form = fieldsOf(raw, request.headers['content-type']!);
  return request.form;
}

/**
 * Decodes each field by its own charset, else `_charset_` (set by browsers), else the Content-Type, else UTF-8.
 * Throws `validation_error` for text that cannot be decoded.
 */
function fieldsOf(raw: readonly RawField[], contentType: string): FormFields {
  const named = raw.find(({ name }) => name.toString('latin1') === '_charset_')?.value.toString('latin1');
  const label = named || parameterOf(contentType, 'charset');
  const charset = label === undefined ? UTF_8 : formCharset(label);
  const fields = Object.create(null) as Record<string, string | string[]>;
  for (const field of raw) {
    const name = charset.decode(field.name);
    if (name === null) throw notText(field.name.toString('utf8'), charset);
    const own = field.charset === undefined ? charset : formCharset(field.charset);
    const value = own.decode(field.value);
    if (value === null) throw notText(name, own);
    const before = fields[name];
    if (Array.isArray(before)) before.push(value);
    else if (before !== undefined) fields[name] = [before, value];
    else fields[name] = name.endsWith('[]') ? [value] : value;
  }
  return fields;
}

/** Forms need an ASCII-compatible charset, which UTF-16 is not. */
function formCharset(label: string): Charset {
  const charset = charsetOf(label);
  if (!charset.name.startsWith('utf-16')) return charset;
  throw new ApiError('unsupported_media_type', 'Forms in UTF-16 are not accepted; send UTF-8.');
}

function notText(name: string, { name: charset }: Charset): ApiError {
  const message = `is not valid ${charset.toUpperCase()}; send UTF-8, or declare the charset in Content-Type`;
  return invalid(name.slice(0, 200), message);
}
