import { supportedApiVersions, type PluginManifest } from '../contract/index.js';

export interface ApiRange {
  readonly min: number;
  readonly max: number;
}

/** The range a manifest asks for. */
export function toApiRange(apiVersion: PluginManifest['apiVersion']): ApiRange {
  return typeof apiVersion === 'number' ? { min: apiVersion, max: apiVersion } : apiVersion;
}

/** The highest contract version both sides speak; undefined when there is none. */
export function negotiateApiVersion(plugin: ApiRange, host: ApiRange = supportedApiVersions): number | undefined {
  const highest = Math.min(plugin.max, host.max);
  return highest >= Math.max(plugin.min, host.min) ? highest : undefined;
}

/** `1` or `1 to 3`. */
export function describeApiRange(range: ApiRange): string {
  return range.min === range.max ? String(range.min) : `${range.min} to ${range.max}`;
}
