import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../base/errors.ts';
import { addBodyReader } from './body.ts';
import { charsetOf } from './charset.ts';
import { parseJson } from './json-parser.ts';
import { JSON_TYPE, parameterOf } from './media-type.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's text, exactly as it came, where it is JSON. */
    jsonText: string | null;
  }
}

/** JSON bodies, on every path. */
export function readJson(app: FastifyInstance): void {
  const parse = jsonParser(app);
  addBodyReader(app, JSON_TYPE, (request, bytes) => {
    request.rawBody = bytes;
    if (bytes.length === 0) return undefined;
    request.jsonText = jsonText(bytes, request.headers['content-type']!);
    const { maxFields } = request.routeOptions.config;
    const { value, isSuspect } = parseJson(request.jsonText, parse, maxFields);
    request.isSuspect = isSuspect;
    return value;
  });
}

/** JSON text to its value. Throws `validation_error`. */
type JsonParser = (text: string) => unknown;

/** Fastify's own parser refuses what would reach an object's prototype. */
function jsonParser(app: FastifyInstance): JsonParser {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (text) => {
    let value: unknown;
    // It calls back before it returns, and looks at the text alone.
    void parse(undefined as never, text, (error, parsed) => {
      if (error) throw new ApiError('validation_error', `The body is not valid JSON: ${jsonProblem(error)}`);
      value = parsed;
    });
    return value;
  };
}

/** Where the JSON breaks, without repeating what it says. */
function jsonProblem(error: Error): string {
  if (error.message.includes('forbidden prototype'))
    return 'a field is called __proto__, or constructor with a prototype.';
  const position = /position \d+( \(line \d+ column \d+\))?/.exec(error.message)?.[0];
  return position ? `it breaks at ${position}.` : 'it cannot be parsed.';
}

/** The usual Content-Types, which need no closer look. */
const PLAIN_TYPES = new Set(['application/json', 'application/json; charset=utf-8']);

/**
 * The text of a JSON body. JSON is UTF-8 whatever charset is declared (RFC 8259); bytes that are not are read by the
 * charset, where one is declared. Throws `validation_error`, or `unsupported_media_type` for an unknown charset.
 */
function jsonText(bytes: Buffer, contentType: string): string {
  const text =
    PLAIN_TYPES.has(contentType) && isUtf8(bytes) ? bytes.toString('utf8') : decoded(bytes, contentType);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function decoded(bytes: Buffer, contentType: string): string {
  const label = parameterOf(contentType, 'charset');
  // JSON holds no NUL as it is: with one it is UTF-16, though the bytes are valid UTF-8 where all is ASCII.
  if (isUtf8(bytes) && (label === undefined || !bytes.includes(0))) return bytes.toString('utf8');
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const charset = charsetOf(label === undefined ? 'utf-8' : isBigEndian ? 'utf-16be' : label);
  const text = charset.decode(bytes);
  if (text !== null) return text;
  throw new ApiError('validation_error', `The body is not valid ${charset.name.toUpperCase()}.`);
}
