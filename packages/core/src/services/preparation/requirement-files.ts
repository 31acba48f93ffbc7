import path from 'node:path';
import type { DetectionFiles } from '../detection-files.js';

const deepest = 8;

/** A requirements file and those that it includes with `-r` and `-c`, the first one first. */
export function requirementFiles(files: Pick<DetectionFiles, 'readText'>, file: string, depth = 0): readonly string[] {
  const text = depth < deepest ? (files.readText(file) ?? '') : '';
  const included = [...text.matchAll(/^[ \t]*(?:-r|-c|--requirement|--constraint)[ \t=]+(\S+)/gm)].map((match) => path.resolve(path.dirname(file), match[1]!));
  return [...new Set([file, ...included.flatMap((name) => requirementFiles(files, name, depth + 1))])];
}
