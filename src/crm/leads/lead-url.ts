/** A lead in the dashboard (RX5). @param baseUrl the public URL of this installation */
export function leadUrl(baseUrl: () => string, id: string): string {
  return `${baseUrl()}/leads/${id}`;
}
