import { serviceDefaults } from './run-state-document.js';
import type { ServiceRecord } from './run-state-schema.js';

/** A service record; what is not given has its default (status `unknown`, critical, a listener expected). */
export function createService(fields: Pick<ServiceRecord, 'name' | 'type' | 'cwd'> & Partial<Omit<ServiceRecord, 'name'>>): ServiceRecord {
  return { ...serviceDefaults, ...fields } as ServiceRecord;
}
