/** The table of autodetection: every rule, in the order in which they are tried. The first that matches decides. */
import type { DetectionRule } from '../detection-rules.js';
import { goRule } from './go.js';
import { frameworkRules, scriptRule } from './node.js';
import { procfileRule } from './procfile.js';
import { pythonRules } from './python.js';
import { railsRule } from './rails.js';
import { rustRule } from './rust.js';

/** What knows an application for certain comes before what only knows how to start one. */
export const detectionRules: readonly DetectionRule[] = [...pythonRules, railsRule, ...frameworkRules, procfileRule, scriptRule, goRule, rustRule];
