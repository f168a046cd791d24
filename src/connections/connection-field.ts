import { z } from 'zod';
import type { ConnectionKind } from './connection-kind.ts';

/** A setting or a secret of a kind, for a form. */
export interface ConnectionField {
  name: string;
  label: string;
  description: string | null;
  kind: 'text' | 'number' | 'boolean' | 'select';
  /** The values of a `select`. */
  options: readonly string[];
  required: boolean;
  default: unknown;
  secret: boolean;
  /** Left out, it is generated. */
  generated: boolean;
}

interface Property {
  type?: string;
  title?: string;
  description?: string;
  enum?: string[];
  default?: unknown;
}

/** The fields of a kind, settings first. Throws if one has no `title`. */
export function connectionFields(kind: ConnectionKind): ConnectionField[] {
  return [...fieldsOf(kind, 'settings'), ...fieldsOf(kind, 'secrets')];
}

function fieldsOf(kind: ConnectionKind, part: 'settings' | 'secrets'): ConnectionField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(kind[part], { io: 'input' });
  return Object.entries(properties as Record<string, Property>).map(([name, property]) => {
    if (property.title === undefined) throw new Error(`${kind.name}: ${part}.${name} has no title`);
    const generated = part === 'secrets' && Object.hasOwn(kind.generate, name);
    return {
      name,
      label: property.title,
      description: property.description ?? null,
      kind: widgetOf(property),
      options: property.enum ?? [],
      required: required.includes(name) && !generated,
      default: property.default ?? null,
      secret: part === 'secrets',
      generated,
    };
  });
}

function widgetOf({ type, enum: options }: Property): ConnectionField['kind'] {
  if (options) return 'select';
  if (type === 'boolean') return 'boolean';
  return type === 'number' || type === 'integer' ? 'number' : 'text';
}
