/** `My-Thing` → `MY_THING`, as ids appear in key names. */
export function constantCase(id: string): string {
  return id.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}
