import { escapeLiteral } from 'pg';

/**
 * SQL with its values, put together for one call. It is for statements whose conditions or columns vary, and for those
 * that return `*`; all others are a `Statement`.
 */
export class Sql {
  readonly #texts: readonly string[];
  readonly #values: readonly unknown[];

  /** @param texts the text before, between and after the values */
  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.#texts = texts;
    this.#values = values;
  }

  /** Puts parts between texts: `Sql` becomes part of it, and everything else is a value. */
  static from(texts: readonly string[], parts: readonly unknown[]): Sql {
    const all = [texts[0]!];
    const values: unknown[] = [];
    parts.forEach((part, at) => {
      const inner = part instanceof Sql ? part : new Sql(['', ''], [part]);
      all.push(all.pop()! + inner.#texts[0]!, ...inner.#texts.slice(1));
      all.push(all.pop()! + texts[at + 1]!);
      values.push(...inner.#values);
    });
    return new Sql(all, values);
  }

  /** As the driver takes it: values are parameters. */
  toQuery(): { text: string; values: unknown[] } {
    const text = this.#texts.reduce((before, after, at) => `${before}$${at}${after}`);
    return { text, values: [...this.#values] };
  }
}

/** Makes SQL from a template: interpolated values become parameters, interpolated `Sql` becomes part of it. */
export function sql(texts: TemplateStringsArray, ...parts: unknown[]): Sql {
  return Sql.from(texts, parts);
}

/** SQL that the program itself wrote. It is not escaped: never pass text from outside. */
sql.raw = (text: string): Sql => new Sql([text], []);

/** The quoted name of a table or column: `"id"`, or `"r"."id"` for `r.id`. */
sql.ref = (name: string): Sql =>
  sql.raw(
    name
      .split('.')
      .map((part) => `"${part.replaceAll('"', '""')}"`)
      .join('.'),
  );

/** A quoted text in the SQL itself, where a parameter would hide it from the planner. */
sql.lit = (text: string): Sql => sql.raw(escapeLiteral(text));

sql.join = (parts: readonly unknown[], separator: Sql = sql.raw(', ')): Sql =>
  Sql.from(
    ['', ...parts.map(() => '')],
    parts.map((part, at) => (at === 0 ? part : sql`${separator}${part}`)),
  );

/** The assignments of an `update`; columns that are undefined are left out. */
sql.set = (columns: Readonly<Record<string, unknown>>): Sql =>
  sql.join(defined(columns).map(([name, value]) => sql`${sql.ref(name)} = ${value}`));

/** The columns and values of an `insert`: `("a", "b") values ($1, $2)`; columns that are undefined are left out. */
sql.insert = (columns: Readonly<Record<string, unknown>>): Sql => {
  const entries = defined(columns);
  const names = entries.map(([name]) => sql.ref(name));
  return sql`(${sql.join(names)}) values (${sql.join(entries.map(([, value]) => value))})`;
};

function defined(columns: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(columns).filter(([, value]) => value !== undefined);
}
