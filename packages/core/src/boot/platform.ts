import { EnvctlError } from '../contract/index.js';

/** @throws EnvctlError ENVCTL_E_PLATFORM_UNSUPPORTED on Windows outside WSL, which calls itself linux. */
export function refuseUnsupportedPlatform(platform: NodeJS.Platform): void {
  if (platform !== 'win32') return;
  throw new EnvctlError('ENVCTL_E_PLATFORM_UNSUPPORTED', 'envctl runs on Linux and macOS; on Windows it runs inside WSL.', {
    kind: 'environment',
    hints: ['wsl --install', 'then install and run envctl in the WSL shell'],
  });
}
