import { ApiError, invalid } from '../base/errors.ts';
import { MAX_FIELDS, tooManyFields, type RawField } from './form-field.ts';
import { parameterOf } from './media-type.ts';

/** Maximum size of one part's headers, in bytes; browsers send about 100. */
const MAX_HEADERS_BYTES = 4096;

const LINE_END = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');

/**
 * The fields of a `multipart/form-data` body (RFC 7578) that is within the path's limit. Existing parsers replace
 * invalid UTF-8; this one returns names and values as bytes. Throws `validation_error`, also for files, which
 * cannot be stored. An empty file input is skipped.
 */
export function multipartFields(body: Buffer, contentType: string): RawField[] {
  return partsOf(body, contentType).flatMap((part) => {
    if (part.file === '' && part.field.value.length === 0) return [];
    if (part.file !== undefined) throw invalid(shownName(part.field), 'is a file; files are not accepted');
    return part.field;
  });
}

/**
 * The bytes of the one file in a `multipart/form-data` body; other fields are ignored. Throws `validation_error` if there
 * is none or several.
 */
export function multipartFile(body: Buffer, contentType: string): Buffer {
  const [first, ...others] = partsOf(body, contentType).filter(({ file }) => file !== undefined);
  if (!first) throw invalid('file', 'is required: send one part with a filename');
  if (others.length > 0) throw invalid(shownName(others[0]!.field), 'is a second file; send one');
  return first.field.value;
}

interface Part {
  field: RawField;
  /** The file's name; undefined if it is no file. */
  file: string | undefined;
}

function partsOf(body: Buffer, contentType: string): Part[] {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined || boundary.length > 200)
    throw new ApiError('validation_error', 'Content-Type: multipart/form-data must name its boundary.');
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const found: Part[] = [];
  let at = afterFirst(body, delimiter);
  while (!isClosed(body, at)) {
    if (found.length === MAX_FIELDS) throw tooManyFields();
    const start = body.indexOf(LINE_END, at);
    const end = start < 0 ? -1 : body.indexOf(delimiter, start);
    if (end < 0 || body.toString('latin1', at, start).trim() !== '') throw broken();
    found.push(partOf(body.subarray(start, end)));
    at = end + delimiter.length;
  }
  return found;
}

/** The position after the first delimiter, which may be at the very start. */
function afterFirst(body: Buffer, delimiter: Buffer): number {
  const atStart = delimiter.subarray(2);
  if (body.subarray(0, atStart.length).equals(atStart)) return atStart.length;
  const found = body.indexOf(delimiter);
  if (found < 0) throw broken();
  return found + delimiter.length;
}

/** Two hyphens follow the last delimiter. */
function isClosed(body: Buffer, at: number): boolean {
  return body[at] === 0x2d && body[at + 1] === 0x2d;
}

/** @param part from the line break before its headers to its last byte */
function partOf(part: Buffer): Part {
  const headersEnd = part.subarray(0, MAX_HEADERS_BYTES).indexOf(HEADERS_END);
  if (headersEnd < 0) throw broken();
  const headers = headersOf(part.toString('latin1', 0, headersEnd));
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'name');
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw broken();
  const field = { name: Buffer.from(unescaped(name), 'latin1'), value: part.subarray(headersEnd + 4) };
  const file = parameterOf(disposition, 'filename') ?? parameterOf(disposition, 'filename*');
  const coding = headers.get('content-transfer-encoding') ?? '8bit';
  if (!/^(7bit|8bit|binary)$/i.test(coding))
    throw invalid(shownName(field), 'must be sent without Content-Transfer-Encoding');
  return { field: { ...field, charset: parameterOf(headers.get('content-type') ?? '', 'charset') }, file };
}

function shownName({ name }: RawField): string {
  return name.toString('utf8').slice(0, 200);
}

function headersOf(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

/** Decodes quotes and line breaks in a name, as browsers encode them (HTML Standard). */
function unescaped(name: string): string {
  return name.replace(/%22|%0d|%0a/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
}

function broken(): ApiError {
  return new ApiError('validation_error', 'The body is not valid multipart/form-data.');
}
