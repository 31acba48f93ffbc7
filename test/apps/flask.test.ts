import { describeGenerated } from './generated/describe-generated.js';
import { flaskApp } from './generated/python-apps.js';

describeGenerated(flaskApp);
