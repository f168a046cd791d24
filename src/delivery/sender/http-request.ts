const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Visible characters, spaces and tabs, of Latin-1 (RFC 9110, 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Headers that belong to HTTP itself: set here, or not supported. */
const RESERVED =
  /^(?:host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect)$/i;

/**
 * A request as bytes for the wire, in one piece.
 * @param path path and query, as a URL has them
 * @param host with the port if it is not the default
 * @returns null if a header would break HTTP
 */
export function requestBytes(
  method: string,
  path: string,
  host: string,
  headers: Record<string, string>,
  body: string | Buffer,
): Buffer | null {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (!NAME.test(name) || RESERVED.test(name) || !VALUE.test(value)) return null;
    head += `${name}: ${value}\r\n`;
  }
  const length = Buffer.byteLength(body);
  head += `content-length: ${length}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + length);
  bytes.write(head, 0, 'latin1');
  if (typeof body === 'string') bytes.write(body, head.length);
  else body.copy(bytes, head.length);
  return bytes;
}
