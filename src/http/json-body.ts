import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../base/errors.ts';
import { addBodyReader } from './body.ts';
import { charsetOf } from './charset.ts';
import { parseJson } from './json-parser.ts';
import { JSON_TYPE, parameterOf } from './media-type.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of a JSON body, exactly as sent. */
    jsonText: string | null;
  }
}

/** Parses JSON bodies, on every path. */
export function readJson(app: FastifyInstance): void {
  addBodyReader(app, JSON_TYPE, jsonReader(app));
}

/** Parses JSON that is called text/plain too, in a scope whose senders do that. */
export function readPlainJson(scope: FastifyInstance): void {
  addBodyReader(scope, /^text\/plain\s*(;|$)/i, jsonReader(scope));
}

function jsonReader(app: FastifyInstance) {
  const parse = jsonParser(app);
  return (request: FastifyRequest, bytes: Buffer) => {
    request.rawBody = bytes;
    if (bytes.length === 0) return undefined;
    request.jsonText = jsonText(bytes, request.headers['content-type']!);
    const { maxFields } = request.routeOptions.config;
    const { value, isSuspect } = parseJson(request.jsonText, parse, maxFields);
    request.isSuspect = isSuspect;
    return value;
  };
}

/** Parses JSON text. Throws `validation_error`. */
export type JsonParser = (text: string) => unknown;

/** Fastify's own parser, which rejects keys that would change an object's prototype. */
export function jsonParser(app: FastifyInstance): JsonParser {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (text) => {
    let value: unknown;
    // The parser calls back synchronously and reads only the text.
    void parse(undefined as never, text, (error, parsed) => {
      if (error) throw new ApiError('validation_error', `The body is not valid JSON: ${jsonProblem(text)}`);
      value = parsed;
    });
    return value;
  };
}

/** The position of the syntax error, without repeating the content. Fastify's own error does not say it. */
function jsonProblem(text: string): string {
  try {
    JSON.parse(text);
    return 'a field is called __proto__, or constructor with a prototype.';
  } catch (error) {
    const { message } = error as Error;
    const position = /position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0];
    if (position) return `syntax error at ${position}.`;
    return message.includes('end of JSON') ? 'it ends too early.' : 'it cannot be parsed.';
  }
}

/** The usual Content-Types, for a fast check. */
const PLAIN_TYPES = new Set(['application/json', 'application/json; charset=utf-8']);

/**
 * The text of a JSON body. JSON is UTF-8 whatever charset is declared (RFC 8259); bytes that are not UTF-8 are
 * decoded by the declared charset, if any. Throws `validation_error`, or `unsupported_media_type` for an unknown
 * charset.
 */
function jsonText(bytes: Buffer, contentType: string): string {
  const text =
    PLAIN_TYPES.has(contentType) && isUtf8(bytes) ? bytes.toString('utf8') : decoded(bytes, contentType);
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function decoded(bytes: Buffer, contentType: string): string {
  const label = parameterOf(contentType, 'charset');
  // JSON never contains a raw NUL. A NUL byte means UTF-16, although ASCII in UTF-16 is also valid UTF-8.
  if (isUtf8(bytes) && (label === undefined || !bytes.includes(0))) return bytes.toString('utf8');
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const charset = charsetOf(label === undefined ? 'utf-8' : isBigEndian ? 'utf-16be' : label);
  const text = charset.decode(bytes);
  if (text !== null) return text;
  throw new ApiError('validation_error', `The body is not valid ${charset.name.toUpperCase()}.`);
}
