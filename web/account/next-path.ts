/** The path to open after sign-in: only paths of this site, `/` otherwise. */
export function nextPath(next: string | undefined): string {
  return next !== undefined && /^\/(?!\/)[^\\\s]*$/.test(next) ? next : '/';
}

/** Whether the server makes the page of a path, such as the one on which an app is authorised. */
export function isServerPage(path: string): boolean {
  return path.startsWith('/oauth/');
}
