let common: Promise<ReadonlySet<string>> | undefined;

/**
 * Whether a password is among the 49,000 passwords that leaked most often, ignoring case.
 * @param minLength shorter passwords are rejected anyway and not kept in memory
 */
export async function isCommonPassword(lower: string, minLength: number): Promise<boolean> {
  common ??= load(minLength);
  return (await common).has(lower);
}

/** The list takes 30 ms and 14 MB to unpack, so it is loaded on first use. */
async function load(minLength: number): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((password) => password.length >= minLength));
}
