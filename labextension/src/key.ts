/*
 * Idempotency keys: 128 random bits. `crypto.randomUUID` is missing on plain http addresses other
 * than localhost, where a department's server may well be; `getRandomValues` is there.
 */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
