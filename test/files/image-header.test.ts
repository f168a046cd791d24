import { describe, expect, test } from 'vitest';
import { readImageHeader } from '../../src/files/image-header.ts';
import { GIF, jpegHead, pngImage, WEBP, WEBP_LOSSLESS } from '../kit/image.ts';

/** The first chunk of a WebP with alpha or animation: the canvas, less one. */
function extendedWebp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write('RIFF', 0);
  bytes.write('WEBPVP8X', 8);
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

test.each([
  ['PNG', pngImage(300, 120), { type: 'image/png', width: 300, height: 120 }],
  ['JPEG', jpegHead(640, 480), { type: 'image/jpeg', width: 640, height: 480 }],
  ['GIF', GIF, { type: 'image/gif', width: 1, height: 1 }],
  ['WebP', WEBP, { type: 'image/webp', width: 1, height: 1 }],
  ['lossless WebP', WEBP_LOSSLESS, { type: 'image/webp', width: 1, height: 1 }],
  ['extended WebP', extendedWebp(5000, 70_000), { type: 'image/webp', width: 5000, height: 70_000 }],
])('the kind and size of a %s are read from its bytes', (_kind, bytes, expected) => {
  expect(readImageHeader(bytes)).toEqual(expected);
});

describe('no image', () => {
  test.each([
    ['nothing', ''],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'],
    ['XML', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['PDF', '%PDF-1.7\n'],
    ['a WebP of an unknown kind', 'RIFF0000WEBPVP9 00000000000000000000'],
  ])('%s', (_name, text) => {
    expect(readImageHeader(Buffer.from(text))).toBeNull();
  });

  test('a PNG without a size', () => {
    const bytes = pngImage(1, 1);
    bytes.writeUInt32BE(0, 16);
    expect(readImageHeader(bytes)).toBeNull();
  });

  test('a JPEG that ends, or goes on with a scan, before its frame header', () => {
    expect(readImageHeader(Buffer.from('ffd8ffd9ffd9ffd9ffd9ffd9', 'hex'))).toBeNull();
    expect(readImageHeader(Buffer.from('ffd8ffda0008010100003f00ffc0', 'hex'))).toBeNull();
    expect(readImageHeader(Buffer.from('ffd8ffe00000ffe00000ffe00000', 'hex'))).toBeNull();
  });

  test.each([
    ['PNG', pngImage(3, 3), 33],
    ['JPEG', jpegHead(3, 3), 42],
    ['GIF', GIF, 13],
    ['WebP', WEBP, 30],
    ['lossless WebP', WEBP_LOSSLESS, 30],
  ])('the first bytes of a %s, however many are missing', (_kind, bytes, headerBytes) => {
    for (let length = 0; length < headerBytes; length += 1)
      expect(readImageHeader(bytes.subarray(0, length)), `${length} bytes`).toBeNull();
  });
});
