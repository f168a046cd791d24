/** Types that a browser shows as an image and nothing else. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/**
 * The headers of a stored file. Members and visitors choose its bytes: as a page of this origin, HTML, SVG or XML could
 * act as the user who opens it. So every file is an attachment in a sandbox, and only images keep their type; `<img>`
 * shows an attachment too.
 */
export function fileHeaders(file: { name: string; content_type: string }): Record<string, string> {
  const ascii = file.name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return {
    'content-type': IMAGES.has(file.content_type) ? file.content_type : 'application/octet-stream',
    'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  };
}
