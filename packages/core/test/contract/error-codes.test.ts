import { expect } from 'chai';
import { errorCodes } from '../../dist/contract/index.js';

describe('errorCodes', () => {
  it('names every code ENVCTL_E_<AREA>_<REASON> and ends every meaning with a full stop', () => {
    for (const [code, meaning] of Object.entries(errorCodes)) {
      expect(code).to.match(/^ENVCTL_E_[A-Z]+(_[A-Z]+)*$/);
      expect(meaning).to.match(/^[A-Z].*\.$/);
    }
  });
});
