import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { coreSignals } from '../../dist/events/index.js';

const sources = fileURLToPath(new URL('../../src', import.meta.url));

interface Emission {
  readonly place: string;
  readonly event: string;
  readonly fields: readonly string[];
}

describe('events that core emits', () => {
  const fields = new Map(coreSignals.map((signal) => [signal.event, new Set(Object.keys(signal.fields))]));
  const emissions = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap(emissionsIn);

  it('are found in the sources', () => {
    expect(emissions.map((emission) => emission.event)).to.include.members(['port.lock.acquire', 'port.reservation.failed']);
  });

  it('are all declared, with all their fields', () => {
    const undeclared = emissions.flatMap(({ place, event, fields: used }) => {
      const declared = fields.get(event);
      if (declared === undefined) return [`${place}: ${event}`];
      return used.filter((field) => !declared.has(field)).map((field) => `${place}: ${event}.${field}`);
    });
    expect(undeclared).to.deep.equal([]);
  });
});

function emissionsIn(name: string): Emission[] {
  const file = ts.createSourceFile(name, readFileSync(join(sources, name), 'utf8'), ts.ScriptTarget.ES2023, true);
  const found: Emission[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'emit') {
      const [event, payload] = node.arguments;
      if (event !== undefined && (ts.isStringLiteral(event) || ts.isConditionalExpression(event))) {
        const place = `${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
        for (const literal of literalsOf(event)) found.push({ place, event: literal, fields: fieldsOf(payload) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function literalsOf(event: ts.Expression): string[] {
  if (ts.isStringLiteral(event)) return [event.text];
  return ts.isConditionalExpression(event) ? [...literalsOf(event.whenTrue), ...literalsOf(event.whenFalse)] : [];
}

function fieldsOf(payload: ts.Expression | undefined): string[] {
  if (payload === undefined || !ts.isObjectLiteralExpression(payload)) return [];
  return payload.properties.flatMap((property) => (property.name !== undefined && ts.isIdentifier(property.name) ? [property.name.text] : []));
}
