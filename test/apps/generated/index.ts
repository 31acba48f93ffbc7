import type { GeneratedApp } from './generated-app.js';
import { goApp } from './go-app.js';
import { astroApp, astroByHandApp, expressApp, fastifyApp, nestApp, nextApp, nuxtByHandApp, svelteKitApp, viteApp, workspaceApp } from './node-apps.js';
import { djangoApp, fastapiApp, flaskApp, procfileApp } from './python-apps.js';

export const generatedApps: readonly GeneratedApp[] = [viteApp, nextApp, svelteKitApp, astroApp, astroByHandApp, nuxtByHandApp, nestApp, expressApp, fastifyApp, djangoApp, flaskApp, fastapiApp, procfileApp, goApp, workspaceApp];
