import type { SignalDeclaration } from '../contract/index.js';
import { requirementsSignals } from './catalogue-requirements.js';
import { servicesSignals } from './catalogue-services.js';
import { startupSignals } from './catalogue-startup.js';
import { stateSignals } from './catalogue-state.js';

/** Every event core may emit, with the rule of each field; sorted by name in {@link describeSignals}. */
export const coreSignals: readonly SignalDeclaration[] = [...startupSignals, ...requirementsSignals, ...servicesSignals, ...stateSignals];

/** The catalogue as plain sorted data, for the generated event contract. */
export function describeSignals(signals: readonly SignalDeclaration[] = coreSignals): readonly SignalDeclaration[] {
  return [...signals]
    .sort((a, b) => (a.event < b.event ? -1 : a.event > b.event ? 1 : 0))
    .map((signal) => ({
      event: signal.event,
      phase: signal.phase,
      fields: Object.fromEntries(Object.entries(signal.fields).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(signal.description === undefined ? {} : { description: signal.description }),
    }));
}
