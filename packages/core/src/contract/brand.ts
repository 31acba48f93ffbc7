/**
 * Brands survive two copies of core in one process: they are registered symbols, so a value made by
 * one copy is recognised by the other. `instanceof` is never used across a package boundary.
 */
export const brandKey: unique symbol = Symbol.for('envctl/brand') as never;

export type BrandName = 'error' | 'extension' | 'secret';

/** True when `value` carries the given brand, whichever copy of core made it. */
export function hasBrand(value: unknown, brand: BrandName): boolean {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brandKey] === brand;
}
