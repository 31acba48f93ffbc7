import { describeGenerated } from './generated/describe-generated.js';
import { djangoApp } from './generated/python-apps.js';

describeGenerated(djangoApp);
