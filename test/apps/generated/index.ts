import type { GeneratedApp } from './generated-app.js';
import { goApp } from './go-app.js';
import { astroApp, expressApp, fastifyApp, nestApp, nextApp, svelteKitApp, viteApp, workspaceApp } from './node-apps.js';
import { djangoApp, fastapiApp, flaskApp, procfileApp } from './python-apps.js';

export const generatedApps: readonly GeneratedApp[] = [viteApp, nextApp, svelteKitApp, astroApp, nestApp, expressApp, fastifyApp, djangoApp, flaskApp, fastapiApp, procfileApp, goApp, workspaceApp];
